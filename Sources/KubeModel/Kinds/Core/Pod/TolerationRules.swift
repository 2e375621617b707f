import JSON

/// Which taints of nodes a pod puts up with.
package enum TolerationRules {
    package static func check(_ tolerations: [JSON], _ list: FieldPath, _ faults: inout Faults) {
        for (index, toleration) in tolerations.enumerated() {
            let path = list[index]
            let (key, value) = (toleration.text("key"), toleration.text("value"))
            let (comparison, effect) = (toleration.text("operator"), toleration.text("effect"))
            if !key.isEmpty {
                faults.check(key, path["key"], Names.qualifiedName)
            } else if comparison != "Exists" {
                faults.invalid(
                    path["operator"], .string(comparison),
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\"")
            }
            if toleration.has("tolerationSeconds"), effect != "NoExecute" {
                faults.invalid(
                    path["effect"], .string(effect), "effect must be 'NoExecute' when `tolerationSeconds` is set")
            }
            checkValue(comparison, value, path["operator"], &faults)
            if !effect.isEmpty, !TaintRules.effects.contains(effect) {
                faults.notSupported(path["effect"], .string(effect), inOrder: TaintRules.effects)
            }
        }
    }

    private static func checkValue(
        _ comparison: String, _ value: String, _ path: FieldPath, _ faults: inout Faults
    ) {
        switch comparison {
        case "Equal", "":
            let details = Names.labelValue(value)
            if !details.isEmpty { faults.invalid(path, .string(value), details.joined(separator: ";")) }
        case "Exists":
            if !value.isEmpty {
                faults.invalid(path, .string(value), "value must be empty when `operator` is 'Exists'")
            }
        default: faults.notSupported(path, .string(comparison), ["Equal", "Exists"])
        }
    }

    /// What was tolerated stays so; only the time may change, and more may come.
    static func checkChange(_ new: [JSON], _ old: [JSON], _ path: FieldPath, _ faults: inout Faults) {
        func timeless(_ toleration: JSON) -> [String] {
            ["key", "operator", "value", "effect"].map { toleration.text($0) }
        }
        let now = Set(new.map(timeless))
        if !old.allSatisfy({ now.contains(timeless($0)) }) {
            return faults.forbidden(path, "existing toleration can not be modified except its tolerationSeconds")
        }
        check(new, path, &faults)
    }
}
