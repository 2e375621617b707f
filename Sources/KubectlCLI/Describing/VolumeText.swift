import JSON
import KubeModel

/// A pod's volumes as `describe` shows them.
enum VolumeText {
    static func list(_ volumes: [JSON], _ space: String, _ text: inout DescribedText) {
        guard !volumes.isEmpty else { return text.line(0, "\(space)Volumes:\t<none>") }
        text.line(0, "\(space)Volumes:")
        for volume in volumes {
            text.line(1, "\(space.isEmpty ? "" : " ")\(volume["name"].plain):")
            source(volume, &text)
        }
    }

    /// The sources that are told by their members alone.
    private static let plain: [(member: String, title: String, fields: [(String, String)])] = [
        (
            "hostPath", "HostPath (bare host directory volume)",
            [("Path", "path"), ("HostPathType", "type")]
        ),
        (
            "secret", "Secret (a volume populated by a Secret)",
            [("SecretName", "secretName"), ("Optional", "optional")]
        ),
        ("configMap", "ConfigMap (a volume populated by a ConfigMap)", [("Name", "name"), ("Optional", "optional")]),
        (
            "nfs", "NFS (an NFS mount that lasts the lifetime of a pod)",
            [("Server", "server"), ("Path", "path"), ("ReadOnly", "readOnly")]
        ),
        (
            "persistentVolumeClaim",
            "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
            [("ClaimName", "claimName"), ("ReadOnly", "readOnly")]
        ),
        (
            "image", "Image (a container image or OCI artifact)",
            [("Reference", "reference"), ("PullPolicy", "pullPolicy")]
        ),
    ]
    private static let switches: Set<String> = ["optional", "readOnly"]

    private static func source(_ volume: JSON, _ text: inout DescribedText) {
        for known in plain where !volume[known.member].isNull {
            text.pair(2, "Type", known.title)
            for (label, member) in known.fields {
                let value = volume[known.member][member]
                if switches.contains(member) {
                    text.pair(2, label, "\(value.bool ?? false)")
                } else {
                    let none = label == "HostPathType"
                    text.pair(2, label, value.isNull && none ? "<none>" : value.plain)
                }
            }
            return
        }
        let empty = volume["emptyDir"]
        if !empty.isNull {
            text.pair(2, "Type", "EmptyDir (a temporary directory that shares a pod's lifetime)")
            text.pair(2, "Medium", empty["medium"].plain)
            let limit = Quantity(empty["sizeLimit"]).map { $0.sign > 0 } ?? false
            return text.pair(2, "SizeLimit", limit ? empty["sizeLimit"].plain : "<unset>")
        }
        if !volume["projected"].isNull { return projected(volume["projected"], &text) }
        if !volume["downwardAPI"].isNull { return downward(volume["downwardAPI"], &text) }
        if !volume["csi"].isNull { return storageInterface(volume["csi"], &text) }
        if !volume["ephemeral"].isNull {
            text.pair(
                2, "Type",
                "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)")
            return
        }
        text.line(1, "<unknown>")
    }

    private static func projected(_ projected: JSON, _ text: inout DescribedText) {
        text.pair(2, "Type", "Projected (a volume that contains injected data from multiple sources)")
        for source in projected["sources"].array ?? [] {
            let secret = source["secret"], map = source["configMap"], token = source["serviceAccountToken"]
            if !secret.isNull {
                text.pair(2, "SecretName", secret["name"].plain)
                text.pair(2, "Optional", "\(secret["optional"].bool ?? false)")
            } else if !source["downwardAPI"].isNull {
                text.pair(2, "DownwardAPI", "true")
            } else if !map.isNull {
                text.pair(2, "ConfigMapName", map["name"].plain)
                text.pair(2, "Optional", "\(map["optional"].bool ?? false)")
            } else if !token.isNull {
                text.pair(2, "TokenExpirationSeconds", "\(token["expirationSeconds"].int ?? 0)")
            }
        }
    }

    private static func downward(_ volume: JSON, _ text: inout DescribedText) {
        text.pair(2, "Type", "DownwardAPI (a volume populated by information about the pod)")
        text.line(2, "Items:")
        for item in volume["items"].array ?? [] {
            let source = item["fieldRef"].isNull ? item["resourceFieldRef"]["resource"] : item["fieldRef"]["fieldPath"]
            text.line(3, "\(source.plain) -> \(item["path"].plain)")
        }
    }

    private static func storageInterface(_ source: JSON, _ text: inout DescribedText) {
        text.pair(2, "Type", "CSI (a Container Storage Interface (CSI) volume source)")
        text.pair(2, "Driver", source["driver"].plain)
        text.pair(2, "FSType", source["fsType"].plain)
        text.pair(2, "ReadOnly", "\(source["readOnly"].bool ?? false)")
        text.write(2, "VolumeAttributes:\t")
        let entries = source["volumeAttributes"].stringMap.sorted { $0.key < $1.key }
        if entries.isEmpty { text.line(0, "<none>") }
        for (at, entry) in entries.enumerated() {
            text.line(0, (at == 0 ? "" : "    \t") + "\(entry.key)=\(entry.value)")
        }
    }
}
