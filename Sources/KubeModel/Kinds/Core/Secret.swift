import JSON

/// `v1` Secret.
enum SecretKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "Secret")
        rules.defaults = applyDefaults
        rules.prepareForUpdate = { new, old in
            if new.text("type").isEmpty { new["type"] = old["type"] }
        }
        rules.validate = { faults($0).all }
        rules.validateUpdate = { new, old in
            var found = Faults()
            found.checkUnchanged(new["type"], old["type"], FieldPath("type"))
            found.add(ConfigMapKind.frozenFaults(new, old, parts: ["data"]).all)
            found.add(faults(new).all)
            return found.all
        }
        rules.warnings = { new, _ in warnings(new) }
        rules.selectableFields = { ["type": $0.text("type")] }
        rules.table = KindTable([.objectName, .init("Type"), .init("Data"), .objectAge]) { object, now in
            [
                KindTable.Cell.name(object), object["type"], .init(object.map("data").count),
                KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()

    /// `stringData` is for writing only: it overrides `data` and is never stored.
    private static func applyDefaults(_ secret: inout JSON) {
        if case .object(let plain)? = secret.object?["stringData"], !plain.isEmpty {
            if !secret.has("data") { secret["data"] = [:] }
            secret.edit("data") { data in
                for (key, value) in plain {
                    data[key] = .string(encodeBase64(Array((value.string ?? "").utf8)))
                }
            }
        }
        secret.remove("stringData")
        secret.fillZero("type", "Opaque")
    }

    private static func faults(_ secret: JSON) -> Faults {
        var faults = Faults()
        let path = FieldPath("data")
        let data = secret.map("data")
        var size = 0
        for (key, value) in data {
            faults.check(key, path[key: key], Names.configMapKey)
            size += ConfigMapKind.decodedSize(value)
        }
        if size > ConfigMapKind.sizeLimit { faults.add(.tooLong(path, maxLength: ConfigMapKind.sizeLimit)) }

        switch secret.text("type") {
        case "kubernetes.io/service-account-token":
            let key = "kubernetes.io/service-account.name"
            if secret["metadata", "annotations"].text(key).isEmpty {
                faults.required(FieldPath("metadata.annotations")[key: key])
            }
        case "kubernetes.io/dockercfg": checkDocument(data, ".dockercfg", path, &faults)
        case "kubernetes.io/dockerconfigjson": checkDocument(data, ".dockerconfigjson", path, &faults)
        case "kubernetes.io/basic-auth":
            if data["username"] == nil, data["password"] == nil {
                faults.required(path[key: "username"])
                faults.required(path[key: "password"])
            }
        case "kubernetes.io/ssh-auth":
            if (data["ssh-privatekey"]?.string ?? "").isEmpty { faults.required(path[key: "ssh-privatekey"]) }
        case "kubernetes.io/tls":
            for key in ["tls.crt", "tls.key"] where data[key] == nil { faults.required(path[key: key]) }
        default: break
        }
        return faults
    }

    /// The value under `key` must be a JSON object; its content never shows in the fault.
    private static func checkDocument(_ data: JSONObject, _ key: String, _ path: FieldPath, _ faults: inout Faults) {
        guard let encoded = data[key] else { return faults.required(path[key: key]) }
        if let why = documentFault(decodeBase64(encoded.string ?? "") ?? []) {
            faults.invalid(path[key: key], "<secret contents redacted>", why)
        }
    }

    private static func documentFault(_ bytes: [UInt8]) -> String? {
        guard let document = try? JSON(parsing: bytes) else {
            return GoSyntaxError.describe(bytes) ?? "exceeded max depth"
        }
        if document.object != nil || document.isNull { return nil }
        return "json: cannot unmarshal \(GoText.kind(document)) into Go value of type map[string]interface {}"
    }

    private static func warnings(_ secret: JSON) -> [String] {
        guard secret.text("type") == "kubernetes.io/tls" else { return [] }
        for (key, words) in [("tls.crt", "certificate"), ("tls.key", "key")] {
            let text = String(decoding: decodeBase64(secret["data"].text(key)) ?? [], as: UTF8.self)
            if !text.contains("-----BEGIN ") { return ["tls: failed to find any PEM data in \(words) input"] }
        }
        return []
    }
}
