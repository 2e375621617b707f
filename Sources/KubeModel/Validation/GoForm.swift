import JSON

/// A value as the original prints its own struct of it, which has no names for JSON: members under Go's names in the
/// order of their declaration, and all of them, set or not.
enum GoForm {
    /// - Parameter type: the struct's name in v1, behind `io.k8s.api.`: `core.v1.Toleration`. A value of a type that
    ///   isn't known stays as it is.
    static func of(_ value: JSON, _ type: String) -> JSON {
        Schema.builtIn.type("io.k8s.api.\(type)").map { form(value, $0) } ?? value
    }

    private static func form(_ value: JSON, _ type: SchemaType) -> JSON {
        switch type.shape {
        // The original uses these as they are published, with their names for JSON.
        case .object where type.name.hasPrefix("io.k8s.apimachinery."): return value
        case .object(let fields):
            if value.isNull { return .null }
            return .object(
                JSONObject(fields.map { (goName($0.name), member(value[$0.name], $0)) }))
        case .map(let element):
            guard let members = value.object, !members.isEmpty else { return .null }
            return .object(JSONObject(members.sortedByKey().map { ($0.key, form($0.value, element)) }))
        case .list(let element, _): return value.array.map { .array($0.map { form($0, element) }) } ?? .null
        default: return value
        }
    }

    private static func member(_ value: JSON, _ field: SchemaField) -> JSON {
        guard value.isNull, field.presence != .whenSet else { return form(value, field.type) }
        switch field.type.shape {
        case .string(.plain): return ""
        case .integer, .number: return 0
        case .boolean: return false
        case .object: return form(.object(JSONObject()), field.type)
        default: return .null
        }
    }

    /// Words that Go's names have in capitals throughout.
    private static let initialisms: Set<String> = [
        "api", "uid", "ip", "pid", "ipc", "dns", "url", "tls", "tcp", "http", "grpc", "id", "ca", "fs", "gid", "csi",
        "nfs", "iscsi", "rbd", "gce", "aws", "fc", "tty", "qos", "cpu", "cidr", "os", "se",
    ]
    private static let ownNames = ["cephfs": "CephFS", "storageos": "StorageOS", "cidrs": "CIDRs", "ips": "IPs"]

    /// `podIP` is `PodIP`, `apiVersion` `APIVersion`.
    private static func goName(_ name: String) -> String {
        if let own = ownNames[name] { return own }
        let head = name.prefix { $0.isLowercase }
        let word =
            initialisms.contains(String(head)) ? head.uppercased() : head.prefix(1).uppercased() + head.dropFirst()
        return word + name.dropFirst(head.count)
    }
}
