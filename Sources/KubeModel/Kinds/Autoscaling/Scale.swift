import JSON

/// `autoscaling` Scale: the number of replicas of a workload, read and written through its `scale`.
enum Scale {
    static let rules: KindRules = {
        var rules = KindRules(group: "autoscaling", kind: "Scale")
        rules.validate = { SpecFaults.negative($0["spec"], FieldPath("spec"), "replicas") }
        rules.validatesChangesLikeCreations()
        rules.table = KindTable([
            .init("Name", "The workload's name."),
            .init("Desired", type: "integer", "Pods that are wanted."),
            .init("Available", type: "integer", "Pods that there are."),
            .objectAge,
        ]) { object, now in
            [
                KindTable.Cell.name(object), KindTable.Cell.count(object["spec"]["replicas"]),
                KindTable.Cell.count(object["status"]["replicas"]), KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()
}
