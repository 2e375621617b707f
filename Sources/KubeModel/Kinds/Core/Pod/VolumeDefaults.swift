import JSON

extension PodSpecRules {
    /// 0644, of files that come from the API.
    private static let fileMode: JSON = 420

    static func applyVolumeDefaults(_ volume: inout JSON) {
        // A volume that names no source is a folder of its own.
        if case .object(let members) = volume, !members.contains(where: { $0.key != "name" && $0.value != .null }) {
            volume["emptyDir"] = [:]
            return
        }
        for source in ["secret", "configMap"] { volume.edit(source) { $0.fillMissing("defaultMode", fileMode) } }
        volume.edit("hostPath") { $0.fillMissing("type", "") }
        volume.edit("downwardAPI") { source in
            source.fillMissing("defaultMode", fileMode)
            source.editEach("items", applyFieldDefaults)
        }
        volume.edit("projected") { projected in
            projected.fillMissing("defaultMode", fileMode)
            projected.editEach("sources") { source in
                source.edit("downwardAPI") { $0.editEach("items", applyFieldDefaults) }
                source.edit("serviceAccountToken") { $0.fillMissing("expirationSeconds", 3600) }
                source.edit("podCertificate") { $0.fillMissing("maxExpirationSeconds", 86400) }
            }
        }
        volume.edit("ephemeral") { source in
            source.edit("volumeClaimTemplate") { template in
                template.fillMissing("metadata", [:])
                template.edit("spec") { spec in
                    spec.fillMissing("resources", [:])
                    spec.fillMissing("volumeMode", "Filesystem")
                }
            }
        }
        volume.edit("image") { source in
            source.fillZero("pullPolicy", .string(ImagePullPolicy.standing(for: source.text("reference"))))
        }
        applyRemoteVolumeDefaults(&volume)
    }

    private static func applyFieldDefaults(_ item: inout JSON) {
        item.edit("fieldRef") { $0.fillZero("apiVersion", "v1") }
        item.edit("resourceFieldRef") { $0.fillMissing("divisor", "0") }
    }

    /// Those of sources that volumes and persistent volumes share.
    static func applyRemoteVolumeDefaults(_ volume: inout JSON) {
        volume.edit("iscsi") { $0.fillZero("iscsiInterface", "default") }
        volume.edit("rbd") { source in
            source.fillZero("pool", "rbd")
            source.fillZero("user", "admin")
            source.fillZero("keyring", "/etc/ceph/keyring")
        }
        volume.edit("azureDisk") { source in
            source.fillMissing("cachingMode", "ReadWrite")
            source.fillMissing("kind", "Shared")
            source.fillMissing("fsType", "ext4")
            source.fillMissing("readOnly", false)
        }
        volume.edit("scaleIO") { source in
            source.fillZero("storageMode", "ThinProvisioned")
            source.fillZero("fsType", "xfs")
        }
    }
}
