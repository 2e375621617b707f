/// Structs that the original embeds in others: their fields lie flat in JSON, and messages about a field of the wrong
/// type name the embedded struct on the way.
enum EmbeddedStructs {
    /// Names of structs between a struct and its field, the outer first; none for the struct's own fields.
    static func between(_ type: String, _ field: String) -> [String] {
        guard let layout = layouts[type] else { return [] }
        return layout.first { $0.has(field) }?.names ?? []
    }

    private struct Layout {
        let names: [String]
        let has: @Sendable (String) -> Bool
    }

    private static func only(_ fields: String..., by names: String...) -> Layout {
        Layout(names: names) { fields.contains($0) }
    }

    private static func all(but fields: String..., by names: String...) -> Layout {
        Layout(names: names) { !fields.contains($0) }
    }

    private static let reference = [only("name", by: "LocalObjectReference")]
    private static let device = [only("opaque", by: "DeviceConfiguration")]

    private static let layouts: [String: [Layout]] = [
        "Volume": [all(but: "name", by: "VolumeSource")],
        "PersistentVolumeSpec": [
            all(
                but: "accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity",
                "persistentVolumeReclaimPolicy", "storageClassName", "volumeAttributesClassName", "volumeMode",
                by: "PersistentVolumeSource")
        ],
        "Probe": [only("exec", "grpc", "httpGet", "tcpSocket", by: "ProbeHandler")],
        "EphemeralContainer": [all(but: "targetContainerName", by: "EphemeralContainerCommon")],
        "ConfigMapEnvSource": reference, "ConfigMapKeySelector": reference, "ConfigMapProjection": reference,
        "ConfigMapVolumeSource": reference, "SecretEnvSource": reference, "SecretKeySelector": reference,
        "SecretProjection": reference, "IngressRule": [only("http", by: "IngressRuleValue")],
        "RuleWithOperations": [all(but: "operations", by: "Rule")],
        "NamedRuleWithOperations": [
            only("operations", by: "RuleWithOperations"),
            all(but: "operations", "resourceNames", by: "RuleWithOperations", "Rule"),
        ],
        "DeviceClassConfiguration": device, "DeviceClaimConfiguration": device, "DeviceAllocationConfiguration": device,
    ]
}

extension StructuralDecoder {
    /// The path of names with the embedded structs that it leads through. Looked up for a fault alone.
    var namesWithEmbedded: [String] {
        var type: SchemaType? = root
        var out: [String] = []
        for name in names {
            while let outer = type, let inner = outer.elementType { type = inner }
            let holder = type?.name.split(separator: ".").last.map(String.init) ?? ""
            out += EmbeddedStructs.between(holder, name)
            out.append(name)
            type = type.flatMap { holder in holder.position(name).map { holder.fields[$0].type } }
        }
        return out
    }
}

extension SchemaType {
    /// Of a list's elements or a map's values.
    fileprivate var elementType: SchemaType? {
        switch shape {
        case .list(let element, _): element
        case .map(let value): value
        default: nil
        }
    }
}
