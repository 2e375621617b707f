import JSON

/// Brings a cluster's bootstrap roles and bindings up to date at start, as the original does: what is missing is added,
/// what an administrator added stays, and objects annotated `autoupdate: "false"` are left alone.
package enum PolicyReconciliation {
    package enum Step: Sendable, Equatable {
        case create(JSON)
        case update(JSON)
        /// Delete (with the old object's uid as precondition), then create: a binding's role can't be changed.
        case recreate(JSON)
        case none
    }

    /// - Parameter existing: what is stored; nil when there is nothing.
    package static func step(_ entry: BootstrapPolicy.Entry, existing: JSON?) -> Step {
        guard let existing else { return .create(entry.object) }
        guard existing["metadata", "annotations", BootstrapPolicy.autoUpdate].string != "false" else { return .none }
        let isRole = entry.resource == "clusterroles" || entry.resource == "roles"
        if !isRole, reference(existing) != reference(entry.object) { return .recreate(entry.object) }
        var merged = existing
        mergeMap("annotations", of: entry.object, into: &merged)
        mergeMap("labels", of: entry.object, into: &merged)
        if isRole {
            mergeRules(entry.object, into: &merged)
            mergeAggregation(entry.object, into: &merged)
        } else {
            mergeSubjects(entry.object, into: &merged)
        }
        return merged == existing ? .none : .update(merged)
    }

    private static func reference(_ binding: JSON) -> [String?] {
        ["apiGroup", "kind", "name"].map { binding["roleRef", $0].string }
    }

    /// What is set already wins.
    private static func mergeMap(_ member: String, of expected: JSON, into merged: inout JSON) {
        for (key, value) in expected["metadata", member].stringMap where merged["metadata", member, key].isNull {
            merged["metadata", member, key] = .string(value)
        }
    }

    private static func mergeRules(_ expected: JSON, into merged: inout JSON) {
        let wanted = PolicyRule.list(expected), held = PolicyRule.list(merged)
        guard let missing = RuleCoverage.missing(wanted, in: held), !missing.isEmpty else { return }
        merged["rules"] = .array((merged["rules"].array ?? []) + missing.map(\.json))
    }

    private static func mergeAggregation(_ expected: JSON, into merged: inout JSON) {
        let wanted = expected["aggregationRule", "clusterRoleSelectors"].array
        let held = merged["aggregationRule", "clusterRoleSelectors"].array
        guard let wanted else {
            if !merged["aggregationRule"].isNull { merged.remove("aggregationRule") }
            return
        }
        let missing = wanted.filter { selector in !(held ?? []).contains(selector) }
        if !missing.isEmpty { merged["aggregationRule", "clusterRoleSelectors"] = .array((held ?? []) + missing) }
    }

    private static func mergeSubjects(_ expected: JSON, into merged: inout JSON) {
        func identity(_ subject: JSON) -> [String] {
            ["kind", "apiGroup", "name", "namespace"].map { subject[$0].string ?? "" }
        }
        let held = (merged["subjects"].array ?? []).map(identity)
        let missing = (expected["subjects"].array ?? []).filter { !held.contains(identity($0)) }
        if !missing.isEmpty { merged["subjects"] = .array((merged["subjects"].array ?? []) + missing) }
    }
}
