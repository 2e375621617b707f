import JSON

/// `v1` ConfigMap.
enum ConfigMapKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "ConfigMap")
        rules.validate = { faults($0).all }
        rules.validateUpdate = { new, old in
            var found = frozenFaults(new, old, parts: ["data", "binaryData"])
            found.add(faults(new).all)
            return found.all
        }
        rules.table = KindTable([.objectName, .init("Data"), .objectAge]) { object, now in
            let count = object.map("data").count + object.map("binaryData").count
            return [KindTable.Cell.name(object), .init(count), KindTable.Cell.age(object, now)]
        }
        return rules
    }()

    /// All values of a ConfigMap or a Secret together, in bytes: what one etcd value may sensibly hold.
    static let sizeLimit = 1 << 20

    private static func faults(_ object: JSON) -> Faults {
        var faults = Faults()
        let (data, binary) = (object.map("data"), object.map("binaryData"))
        var size = 0
        for (key, value) in data {
            faults.check(key, FieldPath("data")[key: key], Names.configMapKey)
            if binary[key] != nil {
                faults.invalid(
                    FieldPath("data")[key: key], .string(key), "duplicate of key present in binaryData")
            }
            size += value.string?.utf8.count ?? 0
        }
        for (key, value) in binary {
            faults.check(key, FieldPath("binaryData")[key: key], Names.configMapKey)
            size += decodedSize(value)
        }
        if size > sizeLimit { faults.add(.tooLong(FieldPath(), maxLength: sizeLimit)) }
        return faults
    }

    /// What base64 text stands for, in bytes, without decoding it.
    static func decodedSize(_ value: JSON) -> Int {
        guard let text = value.string?.utf8 else { return 0 }
        return text.count / 4 * 3 - text.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
    }

    /// What may not change once `immutable` is true: itself, and the parts named.
    static func frozenFaults(_ new: JSON, _ old: JSON, parts: [String]) -> Faults {
        var faults = Faults()
        guard old.flag("immutable") else { return faults }
        let why = "field is immutable when `immutable` is set"
        if !new.flag("immutable") { faults.forbidden(FieldPath("immutable"), why) }
        for part in parts where !new[part].isAlike(old[part]) { faults.forbidden(FieldPath(part), why) }
        return faults
    }
}
