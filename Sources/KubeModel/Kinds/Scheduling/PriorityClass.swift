import JSON

/// `scheduling.k8s.io` PriorityClass: how important pods are.
enum PriorityClass {
    /// Users' classes stay below what the system's own have.
    private static let highestForUsers = 1_000_000_000
    /// The system's classes with their values; nobody else's name may begin with `system-`.
    private static let system = ["system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000]

    static let rules: KindRules = {
        var rules = KindRules(group: "scheduling.k8s.io", kind: "PriorityClass")
        rules.defaults = { $0.fillMissing("preemptionPolicy", "PreemptLowerPriority") }
        rules.countGeneration { _, _ in false }
        rules.validate = validate
        rules.validateUpdate = { new, old in
            var faults: [FieldError] = []
            if new["value"].int ?? 0 != old["value"].int ?? 0 {
                faults.append(.forbidden(FieldPath("value"), "may not be changed in an update."))
            }
            return faults + SpecFaults.changed(new, old, FieldPath(), "preemptionPolicy")
        }
        rules.table = table
        return rules
    }()

    @Sendable private static func validate(_ object: JSON) -> [FieldError] {
        let (name, value) = (object["metadata"].text("name"), object["value"].int ?? 0)
        var faults: [FieldError] = []
        if name.hasPrefix("system-") {
            if let problem = systemProblem(name, value, isDefault: object.flag("globalDefault")) {
                let detail =
                    "priority class names with 'system-' prefix are reserved for system use only. error: \(problem)"
                faults.append(.forbidden(FieldPath("metadata.name"), detail))
            }
        } else if value > highestForUsers {
            let detail = "maximum allowed value of a user defined priority is \(highestForUsers)"
            faults.append(.forbidden(FieldPath("value"), detail))
        }
        return faults
            + SpecFaults.missingOrUnsupported(
                object, FieldPath(), "preemptionPolicy", ["PreemptLowerPriority", "Never"])
    }

    private static func systemProblem(_ name: String, _ value: Int, isDefault: Bool) -> String? {
        guard let expected = system[name] else { return "\(name) is not a known system priority class" }
        if value != expected { return "value of \(name) PriorityClass must be \(expected)" }
        return isDefault ? "globalDefault of \(name) PriorityClass must be false" : nil
    }

    private static let table = KindTable([
        .objectName,
        .init("Value", type: "integer", "How important pods of the class are."),
        .init("Global-Default", type: "boolean", "Whether pods without a class are of it."),
        .objectAge,
        .init("PreemptionPolicy", "Whether pods of the class may push out less important ones."),
    ]) { object, now in
        [
            KindTable.Cell.name(object), KindTable.Cell.count(object["value"]),
            .bool(object.flag("globalDefault")), KindTable.Cell.age(object, now),
            .string(object.text("preemptionPolicy")),
        ]
    }
}
