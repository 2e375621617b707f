import JSON

/// Taints, and their effects, which tolerations name too.
enum TaintRules {
    static let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

    static func check(_ taints: [JSON], _ path: FieldPath, _ faults: inout Faults) {
        var seen: Set<String> = []
        for (index, taint) in taints.enumerated() {
            let path = path[index]
            let (key, value, effect) = (taint.text("key"), taint.text("value"), taint.text("effect"))
            faults.check(key, path["key"], Names.qualifiedName)
            let details = Names.labelValue(value)
            if !details.isEmpty {
                faults.invalid(path["value"], .string(value), details.joined(separator: ";"))
            }
            faults.checkChoice(taint, "effect", path, inOrder: effects)
            if !seen.insert("\(effect) \(key)").inserted {
                let shown: JSON = [
                    "Key": .string(key), "Value": .string(value), "Effect": .string(effect),
                    "TimeAdded": taint["timeAdded"],
                ]
                faults.add(
                    FieldError(.duplicate, path, value: shown.text, "taints must be unique by key and effect pair"))
            }
        }
    }
}
