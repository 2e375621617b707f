import JSON

/// Selectors of nodes, by labels and by name.
package enum NodeSelectors {
    package static func check(_ selector: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let terms = selector.list("nodeSelectorTerms")
        let list = path["nodeSelectorTerms"]
        if terms.isEmpty { faults.required(list, "must have at least one node selector term") }
        for (index, term) in terms.enumerated() {
            checkTerm(term, allowsBadValues: false, list[index], &faults)
        }
    }

    static func checkTerm(_ term: JSON, allowsBadValues: Bool, _ path: FieldPath, _ faults: inout Faults) {
        for (index, requirement) in term.list("matchExpressions").enumerated() {
            checkLabel(requirement, allowsBadValues, path["matchExpressions"][index], &faults)
        }
        for (index, requirement) in term.list("matchFields").enumerated() {
            checkField(requirement, path["matchFields"][index], &faults)
        }
    }

    private static func checkLabel(
        _ requirement: JSON, _ allowsBadValues: Bool, _ path: FieldPath, _ faults: inout Faults
    ) {
        let values = requirement.list("values")
        let comparison = requirement.text("operator")
        switch comparison {
        case "In", "NotIn":
            if values.isEmpty {
                faults.required(path["values"], "must be specified when `operator` is 'In' or 'NotIn'")
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                faults.forbidden(
                    path["values"], "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
            }
        case "Gt", "Lt":
            if values.count != 1 {
                faults.required(path["values"], "must be specified single value when `operator` is 'Lt' or 'Gt'")
            }
        default: faults.invalid(path["operator"], .string(comparison), "not a valid selector operator")
        }
        faults.check(requirement.text("key"), path["key"], Names.qualifiedName)
        if allowsBadValues { return }
        for (index, value) in values.enumerated() {
            faults.check(value.string ?? "", path["values"][index], Names.labelValue)
        }
    }

    private static func checkField(_ requirement: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let values = requirement.list("values")
        let (comparison, key) = (requirement.text("operator"), requirement.text("key"))
        if comparison == "In" || comparison == "NotIn" {
            if values.count != 1 {
                faults.required(
                    path["values"],
                    "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
            }
        } else {
            faults.invalid(path["operator"], .string(comparison), "not a valid selector operator")
        }
        guard key == "metadata.name" else {
            return faults.invalid(path["key"], .string(key), "not a valid field selector key")
        }
        for (index, value) in values.enumerated() {
            faults.check(value.string ?? "", path["values"][index], Names.dnsSubdomain)
        }
    }
}
