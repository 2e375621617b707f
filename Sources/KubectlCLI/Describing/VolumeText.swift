import JSON
import KubeModel

/// A pod's volumes as `describe` shows them.
enum VolumeText {
    static func list(_ volumes: [JSON], _ space: String, _ text: inout DescribedText) {
        guard !volumes.isEmpty else { return text.line(0, "\(space)Volumes:\t<none>") }
        text.line(0, "\(space)Volumes:")
        for volume in volumes {
            text.line(1, "\(space.isEmpty ? "" : " ")\(volume["name"].plain):")
            source(volume, isPersistent: false, &text)
        }
    }

    /// - Parameter isPersistent: a PersistentVolume's, which says more of some.
    static func source(_ volume: JSON, isPersistent: Bool, _ text: inout DescribedText) {
        for known in VolumeTable.all where !volume[known.member].isNull {
            text.pair(2, "Type", known.title)
            for (label, member) in known.fields where isPersistent || !known.persistentOnly.contains(member) {
                let value = volume[known.member][member]
                text.pair(2, label, VolumeTable.value(label, member, value, isPersistent: isPersistent))
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
        if !volume["csi"].isNull { return storageInterface(volume["csi"], isPersistent, &text) }
        if !volume["iscsi"].isNull { return blockDevice(volume["iscsi"], isPersistent, &text) }
        if !volume["fc"].isNull { return fibreChannel(volume["fc"], &text) }
        if !volume["ephemeral"].isNull { return ephemeral(volume["ephemeral"]["volumeClaimTemplate"], &text) }
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

    private static func storageInterface(_ source: JSON, _ isPersistent: Bool, _ text: inout DescribedText) {
        text.pair(2, "Type", "CSI (a Container Storage Interface (CSI) volume source)")
        text.pair(2, "Driver", source["driver"].plain)
        text.pair(2, "FSType", source["fsType"].plain)
        if isPersistent { text.pair(2, "VolumeHandle", source["volumeHandle"].plain) }
        text.pair(2, "ReadOnly", "\(source["readOnly"].bool ?? false)")
        map("VolumeAttributes", source["volumeAttributes"], &text) { text in text.line(0, "<none>") }
    }

    /// The original indents each value as if it stood at the start of its line.
    private static func map(
        _ title: String, _ entries: JSON, _ text: inout DescribedText, between: String = "=",
        none: (inout DescribedText) -> Void
    ) {
        text.write(2, "\(title):\t")
        let entries = entries.stringMap.sorted { $0.key < $1.key }
        if entries.isEmpty { none(&text) }
        for (at, entry) in entries.enumerated() {
            if at > 0 {
                text.write(2, "")
                text.write(2, "\t")
            }
            text.line(2, "\(entry.key)\(between)\(entry.value)")
        }
    }

    private static func ephemeral(_ claim: JSON, _ text: inout DescribedText) {
        let metadata = claim["metadata"], spec = claim["spec"]
        text.pair(
            2, "Type",
            "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)")
        text.pair(2, "StorageClass", spec["storageClassName"].plain)
        text.pair(2, "Volume", spec["volumeName"].plain)
        map("Labels", metadata["labels"], &text) { text in text.line(2, "<none>") }
        map("Annotations", metadata["annotations"], &text, between: ": ") { text in text.line(2, "<none>") }
        // What a volume would have, which there isn't yet.
        text.pair(2, "Capacity", "")
        text.pair(2, "Access Modes", "")
        if !spec["volumeMode"].isNull { text.pair(2, "VolumeMode", spec["volumeMode"].plain) }
    }

    private static func blockDevice(_ source: JSON, _ isPersistent: Bool, _ text: inout DescribedText) {
        text.pair(
            2, "Type",
            "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)")
        text.pair(2, "TargetPortal", source["targetPortal"].plain)
        text.pair(2, "IQN", source["iqn"].plain)
        text.pair(2, "Lun", "\(source["lun"].int ?? 0)")
        text.line(2, "ISCSIInterface\t\(source["iscsiInterface"].plain)")
        text.pair(2, "FSType", source["fsType"].plain)
        text.pair(2, "ReadOnly", "\(source["readOnly"].bool ?? false)")
        text.pair(2, "Portals", "[\(source["portals"].strings.joined(separator: " "))]")
        text.pair(2, "DiscoveryCHAPAuth", "\(source["chapAuthDiscovery"].bool ?? false)")
        text.pair(2, "SessionCHAPAuth", "\(source["chapAuthSession"].bool ?? false)")
        text.pair(2, "SecretRef", VolumeTable.secret(source["secretRef"], isPersistent: isPersistent))
        text.pair(2, "InitiatorName", source["initiatorName"].plainOrNone)
    }

    private static func fibreChannel(_ source: JSON, _ text: inout DescribedText) {
        text.pair(2, "Type", "FC (a Fibre Channel disk)")
        text.pair(2, "TargetWWNs", source["targetWWNs"].strings.joined(separator: ", "))
        text.pair(2, "LUN", source["lun"].int.map { "\($0)" } ?? "<none>")
        text.pair(2, "FSType", source["fsType"].plain)
        text.pair(2, "ReadOnly", "\(source["readOnly"].bool ?? false)")
    }
}
