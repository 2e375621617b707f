import JSON

/// Conditions of newer kinds' statuses (`metav1.Condition`).
enum ConditionFaults {
    /// In bytes; the API's own limit.
    private static let longestReason = 1_024
    /// In bytes; the API's own limit.
    private static let longestMessage = 32_768

    static func all(_ conditions: JSON, _ path: FieldPath) -> [FieldError] {
        let list = conditions.array ?? []
        let repeated = Set(SpecFaults.repeated(list.map { $0.text("type") }))
        return list.enumerated().flatMap { index, condition in
            let duplicate = FieldError.duplicate(path[index], .string(condition.text("type")))
            return (repeated.contains(index) ? [duplicate] : []) + one(condition, path[index])
        }
    }

    private static func one(_ condition: JSON, _ path: FieldPath) -> [FieldError] {
        let (type, reason) = (condition.text("type"), condition.text("reason"))
        var faults: [FieldError] = []
        if type.isEmpty {
            faults.append(.required(path["type"], "is required"))
        } else {
            faults += SpecFaults.named(path["type"], type, Names.qualifiedName(type))
        }
        faults += SpecFaults.missingOrUnsupported(condition, path, "status", ["False", "True", "Unknown"])
        if let generation = condition["observedGeneration"].int, generation < 0 {
            let detail = "must be greater than or equal to zero"
            faults.append(.invalid(path["observedGeneration"], .init(generation), detail))
        }
        faults += SpecFaults.missing(condition, path, "lastTransitionTime")
        if reason.isEmpty {
            faults.append(.required(path["reason"]))
        } else {
            faults += SpecFaults.named(path["reason"], reason, Names.conditionReason(reason))
            if reason.utf8.count > longestReason {
                faults.append(.tooLong(path["reason"], maxLength: longestReason))
            }
        }
        if condition.text("message").utf8.count > longestMessage {
            faults.append(.tooLong(path["message"], maxLength: longestMessage))
        }
        return faults
    }
}
