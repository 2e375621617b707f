import JSON

/// `v1` Node.
enum NodeKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "Node")
        rules.defaults = { node in
            matchPodRanges(&node)
            node.edit("status") { status in
                if status.has("capacity") { status.fillMissing("allocatable", status["capacity"]) }
                ResourceRules.roundAmounts(&status, "capacity", "allocatable")
            }
        }
        rules.prepareForUpdate = KindRules.keepStatus
        rules.prepareForStatusUpdate = KindRules.keepAllButStatus
        rules.validate = { faults($0).all }
        rules.validateUpdate = { new, old in
            var found = faults(new)
            found.add(changeFaults(new, old).all)
            return found.all
        }
        rules.validateStatusUpdate = { new, old in changeFaults(new, old).all }
        rules.warnings = { new, _ in warnings(new) }
        rules.selectableFields = { ["spec.unschedulable": $0["spec"].flag("unschedulable") ? "true" : "false"] }
        rules.table = NodeTable.table
        return rules
    }()

    /// `podCIDR` is the first of `podCIDRs`, and wins when the two differ.
    private static func matchPodRanges(_ node: inout JSON) {
        node.edit("spec") { spec in
            let (one, all) = (spec.text("podCIDR"), spec.list("podCIDRs"))
            if !one.isEmpty, all.first != .string(one) {
                spec["podCIDRs"] = [.string(one)]
            } else if one.isEmpty, let first = all.first {
                spec["podCIDR"] = first
            }
        }
    }

    private static func faults(_ node: JSON) -> Faults {
        var faults = Faults()
        let spec = node["spec"]
        TaintRules.check(spec.list("taints"), FieldPath("metadata.taints"), &faults)
        checkAmounts(node["status"], &faults)
        let ranges = spec.list("podCIDRs").map { $0.string ?? "" }
        let path = FieldPath("spec.podCIDRs")
        for (index, range) in ranges.enumerated() { faults.add(Names.legacyCIDR(path[index], range)) }
        if ranges.count > 1 {
            let families = Set(ranges.compactMap { CIDR($0)?.isIPv4 })
            if families.count < 2 || ranges.count > 2 {
                faults.invalid(path, JSON(ranges), "may specify no more than one CIDR for each IP family")
            }
        }
        return faults
    }

    private static func checkAmounts(_ status: JSON, _ faults: inout Faults) {
        for part in ["capacity", "allocatable"] {
            for (name, amount) in status.map(part) {
                ResourceRules.checkAmount(amount, of: name, FieldPath("status")[part][name], &faults)
            }
        }
    }

    private static func changeFaults(_ new: JSON, _ old: JSON) -> Faults {
        var faults = Faults()
        let (spec, before) = (new["spec"], old["spec"])
        checkAmounts(new["status"], &faults)
        var seen: Set<String> = []
        for (index, address) in new["status"].list("addresses").enumerated() {
            let (type, text) = (address.text("type"), address.text("address"))
            if !seen.insert("\(type) \(text)").inserted {
                let value: JSON = ["Type": .string(type), "Address": .string(text)]
                faults.duplicate(FieldPath("status.addresses")[index], value)
            }
        }
        let ranges = before.list("podCIDRs")
        if !ranges.isEmpty, ranges != spec.list("podCIDRs") {
            faults.forbidden(
                FieldPath("spec.podCIDRs"), "node updates may not change podCIDR except from \"\" to valid")
        }
        let provider = before.text("providerID")
        if !provider.isEmpty, provider != spec.text("providerID") {
            faults.forbidden(
                FieldPath("spec.providerID"), "node updates may not change providerID except from \"\" to valid")
        }
        TaintRules.check(spec.list("taints"), FieldPath("metadata.taints"), &faults)
        if spec.text("externalID") != before.text("externalID") {
            faults.forbidden(FieldPath("spec.externalID"), "may not be updated")
        }
        return faults
    }

    private static func warnings(_ node: JSON) -> [String] {
        var warnings: [String] = []
        if !node["spec"].text("externalID").isEmpty {
            warnings.append("spec.externalID: this field is deprecated, and is unused by Kubernetes")
        }
        for (index, range) in node["spec"].list("podCIDRs").enumerated() {
            warnings += Names.cidrWarnings(FieldPath("spec.podCIDRs")[index], range.string ?? "")
        }
        return warnings
    }
}
