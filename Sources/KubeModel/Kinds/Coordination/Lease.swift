import JSON

/// `coordination.k8s.io` Lease: who does something now, or that a node is alive.
enum Lease {
    static let group = "coordination.k8s.io"
    private static let knownStrategies = ["OldestEmulationVersion"]

    static let rules: KindRules = {
        var rules = KindRules(group: group, kind: "Lease")
        rules.allowsCreateOnUpdate = true
        rules.allowsUnconditionalUpdate = false
        rules.validate = { validateSpec($0["spec"]) }
        rules.validatesChangesLikeCreations()
        rules.table = KindTable([
            .objectName,
            .init("Holder", "Who has it."),
            .objectAge,
        ]) { object, now in
            [
                KindTable.Cell.name(object), .string(object["spec"].text("holderIdentity")),
                KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()

    private static func validateSpec(_ spec: JSON) -> [FieldError] {
        let path = FieldPath("spec")
        var faults: [FieldError] = []
        if let duration = spec["leaseDurationSeconds"].int, duration <= 0 {
            faults.append(.invalid(path["leaseDurationSeconds"], .init(duration), "must be greater than 0"))
        }
        faults += SpecFaults.negative(spec, path, "leaseTransitions")
        if let strategy = spec["strategy"].string { faults += strategyFaults(strategy, path["strategy"]) }
        if !spec.text("preferredHolder").isEmpty, spec.text("strategy").isEmpty {
            let detail = "may only be specified if `strategy` is defined"
            faults.append(.forbidden(path["preferredHolder"], detail))
        }
        return faults
    }

    /// A known word, or a name that another controller's owner chose.
    static func strategyFaults(_ strategy: String, _ path: FieldPath) -> [FieldError] {
        if knownStrategies.contains(strategy) { return [] }
        guard strategy.contains("/") else {
            return [SpecFaults.notSupported(path["strategy"], .string(strategy), knownStrategies)]
        }
        return SpecFaults.named(path["strategy"], strategy, Names.qualifiedName(strategy))
    }
}
