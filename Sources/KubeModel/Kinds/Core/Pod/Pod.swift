import JSON

/// `v1` Pod.
enum PodKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "Pod")
        rules.countsGeneration = true
        rules.defaults = PodUpkeep.applyDefaults
        rules.prepareForCreate = PodUpkeep.prepareForCreate
        rules.prepareForUpdate = { new, old in
            KindRules.keepStatus(&new, old)
            new.edit("spec", PodSpecRules.matchServiceAccount)
            KindRules.countGeneration(&new, old)
        }
        rules.prepareForStatusUpdate = PodUpkeep.prepareForStatusUpdate
        rules.validate = { PodFaults.new($0) }
        rules.validateUpdate = { new, old in PodFaults.change(new, old) }
        rules.validateStatusUpdate = { new, old in PodStatusFaults.change(new, old) }
        rules.subresourceUpdates = [
            "ephemeralcontainers": .init(
                prepare: PodUpkeep.prepareForEphemeralUpdate, validate: { PodFaults.ephemeralChange($0, $1) }),
            "resize": .init(prepare: PodResize.prepare, validate: { PodResize.faults($0, $1) }),
        ]
        // An update is rarely by hand, and often; the original doesn't look at it either.
        rules.warnings = { new, old in old == nil ? warnings(new) : [] }
        rules.selectableFields = selectableFields
        rules.gracePeriod = gracePeriod
        rules.table = PodTable.table
        return rules
    }()

    private static func warnings(_ pod: JSON) -> [String] {
        let details = Names.dnsLabel(pod["metadata"].text("name"))
        let aboutName =
            details.isEmpty
            ? []
            : [
                "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS "
                    + "label is recommended: \(GoText.list(details))"
            ]
        return aboutName + PodWarnings.of(pod["spec"], pod["metadata"], FieldPath())
    }

    private static func selectableFields(_ pod: JSON) -> [String: String] {
        let (spec, status) = (pod["spec"], pod["status"])
        return [
            "spec.nodeName": spec.text("nodeName"), "spec.host": spec.text("nodeName"),
            "spec.restartPolicy": spec.text("restartPolicy"),
            "spec.schedulerName": spec.text("schedulerName"),
            "spec.serviceAccountName": spec.text("serviceAccountName"),
            "spec.hostNetwork": spec.flag("hostNetwork") ? "true" : "false",
            "status.phase": status.text("phase"), "status.podIP": status.text("podIP"),
            // The original takes this name and knows no value of it.
            "status.podIPs": "",
            "status.nominatedNodeName": status.text("nominatedNodeName"),
        ]
    }

    /// A pod that no node runs goes at once; one that runs gets a second at least.
    private static func gracePeriod(_ pod: JSON, _ asked: Int?) -> Int? {
        let phase = pod["status"].text("phase")
        if pod["spec"].text("nodeName").isEmpty || phase == "Succeeded" || phase == "Failed" { return 0 }
        let seconds = asked ?? pod["spec", "terminationGracePeriodSeconds"].int ?? 0
        return seconds < 0 ? 1 : seconds
    }
}
