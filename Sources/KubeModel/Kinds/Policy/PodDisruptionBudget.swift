import JSON

/// `policy` PodDisruptionBudget: how many pods of a workload may be evicted at a time.
enum PodDisruptionBudget {
    static let rules: KindRules = {
        var rules = KindRules(group: "policy", kind: "PodDisruptionBudget")
        rules.nameRule = .pathSegment
        rules.keepStatusApart(empty: [
            "disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0,
        ])
        rules.countGeneration()
        rules.allowsUnconditionalUpdate = false
        rules.validate = { validateSpec($0["spec"]) }
        rules.validatesChangesLikeCreations()
        rules.validateStatusUpdate = { new, _ in
            let (status, path) = (new["status"], FieldPath("status"))
            return ConditionFaults.all(status["conditions"], path["conditions"])
                + SpecFaults.negative(
                    status, path, "disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
        }
        rules.table = table
        return rules
    }()

    private static func validateSpec(_ spec: JSON) -> [FieldError] {
        let path = FieldPath("spec")
        var faults: [FieldError] = []
        if spec.has("minAvailable"), spec.has("maxUnavailable") {
            let form: JSON = [
                "MinAvailable": spec["minAvailable"], "Selector": spec["selector"],
                "MaxUnavailable": spec["maxUnavailable"],
                "UnhealthyPodEvictionPolicy": spec["unhealthyPodEvictionPolicy"],
            ]
            let detail = "minAvailable and maxUnavailable cannot be both set"
            faults.append(SpecFaults.invalid(path, internalForm: form, detail))
        }
        for member in ["minAvailable", "maxUnavailable"] {
            faults += RollingUpdate.faults(spec[member], path[member])
            faults += RollingUpdate.overHundredPercent(spec[member], path[member])
        }
        faults += SpecSelector.faults(spec["selector"], path["selector"])
        return faults
            + SpecFaults.unsupported(
                spec, path, "unhealthyPodEvictionPolicy", ["AlwaysAllow", "IfHealthyBudget"])
    }

    private static let table = KindTable([
        .objectName,
        .init("Min Available", "Pods that must stay, as a count or percentage."),
        .init("Max Unavailable", "Pods that may be missing, as a count or percentage."),
        .init("Allowed Disruptions", type: "integer", "Pods that may be evicted now."),
        .objectAge,
    ]) { object, now in
        func limit(_ value: JSON) -> JSON {
            value.string.map { .string($0) } ?? .string(value.int.map(String.init) ?? "N/A")
        }
        let spec = object["spec"]
        return [
            KindTable.Cell.name(object), limit(spec["minAvailable"]), limit(spec["maxUnavailable"]),
            KindTable.Cell.count(object["status"]["disruptionsAllowed"]), KindTable.Cell.age(object, now),
        ]
    }
}
