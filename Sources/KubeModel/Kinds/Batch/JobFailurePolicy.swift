import JSON

/// Checks of `podFailurePolicy`: what a failed pod means to its Job.
enum JobFailurePolicy {
    private typealias Limit = JobSpec.Limit
    private static let actions = ["Count", "FailIndex", "FailJob", "Ignore"]
    private static let operators = ["In", "NotIn"]
    private static let statuses = ["False", "True", "Unknown"]

    static func faults(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
        let (rules, path) = (spec["podFailurePolicy"].list("rules"), path["rules"])
        var faults: [FieldError] = []
        if rules.count > Limit.failureRules {
            faults.append(.tooMany(path, rules.count, max: Limit.failureRules))
        }
        let pod = spec["template"]["spec"]
        let names = Set((pod.list("containers") + pod.list("initContainers")).map { $0.text("name") })
        let perIndex = spec.has("backoffLimitPerIndex")
        return faults
            + rules.enumerated().flatMap { ruleFaults($1, path[$0], perIndex: perIndex, containers: names) }
    }

    private static func ruleFaults(
        _ rule: JSON, _ path: FieldPath, perIndex: Bool, containers: Set<String>
    ) -> [FieldError] {
        var faults: [FieldError] = []
        switch rule.text("action") {
        case "": faults.append(.required(path["action"], valid(actions)))
        case "FailIndex":
            if !perIndex {
                let detail = "requires the backoffLimitPerIndex to be set"
                faults.append(.invalid(path["action"], rule["action"], detail))
            }
        default: faults += SpecFaults.unsupported(rule, path, "action", actions)
        }
        let conditions = rule.list("onPodConditions")
        if rule.has("onExitCodes") {
            faults += exitCodeFaults(rule["onExitCodes"], path["onExitCodes"], containers)
        }
        if conditions.count > Limit.podConditions {
            faults.append(.tooMany(path["onPodConditions"], conditions.count, max: Limit.podConditions))
        }
        for (index, condition) in conditions.enumerated() {
            faults += conditionFaults(condition, path["onPodConditions"][index])
        }
        switch (rule.has("onExitCodes"), !conditions.isEmpty) {
        case (true, true):
            let detail = "specifying both OnExitCodes and OnPodConditions is not supported"
            faults.append(SpecFaults.invalid(path, detail))
        case (false, false):
            let detail = "specifying one of OnExitCodes and OnPodConditions is required"
            faults.append(SpecFaults.invalid(path, detail))
        default: break
        }
        return faults
    }

    private static func conditionFaults(_ condition: JSON, _ path: FieldPath) -> [FieldError] {
        let type = condition.text("type")
        let faults = SpecFaults.named(path["type"], type, Names.qualifiedName(type))
        if condition.text("status").isEmpty { return faults + [.required(path["status"], valid(statuses))] }
        return faults + SpecFaults.unsupported(condition, path, "status", statuses)
    }

    private static func exitCodeFaults(_ codes: JSON, _ path: FieldPath, _ containers: Set<String>) -> [FieldError] {
        var faults: [FieldError] = []
        if codes.text("operator").isEmpty {
            faults.append(.required(path["operator"], valid(operators)))
        } else {
            faults += SpecFaults.unsupported(codes, path, "operator", operators)
        }
        if codes.has("containerName"), !containers.contains(codes.text("containerName")) {
            faults.append(
                .invalid(
                    path["containerName"], codes["containerName"],
                    "must be one of the container or initContainer names in the pod template"))
        }
        let (values, path) = (codes.list("values"), path["values"])
        if values.isEmpty {
            faults.append(.invalid(path, .array(values), "at least one value is required"))
        } else if values.count > Limit.exitCodes {
            faults.append(.tooMany(path, values.count, max: Limit.exitCodes))
        }
        var seen: Set<Int> = []
        for (index, value) in values.enumerated() {
            if codes.text("operator") == "In", value.int == 0 {
                faults.append(.invalid(path[index], value, "must not be 0 for the In operator"))
            }
            if !seen.insert(value.int ?? 0).inserted { faults.append(.duplicate(path[index], value)) }
        }
        if zip(values, values.dropFirst()).contains(where: { $0.int ?? 0 > $1.int ?? 0 }) {
            faults.append(.invalid(path, codes["values"], "must be ordered"))
        }
        return faults
    }

    private static func valid(_ values: [String]) -> String {
        "valid values: \(GoText.list(values.map(GoText.quoted)))"
    }
}
