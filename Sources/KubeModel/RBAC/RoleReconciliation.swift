import JSON

/// Brings a role or a binding to what is wanted of it: what is missing is added, what others added stays unless it is to
/// go (component-helpers' `auth/rbac/reconciliation`).
package struct RoleReconciliation: Sendable {
    package enum Operation: Sendable, Equatable {
        case none, create, update
        /// Delete (with the old object's uid as precondition), then create: a binding's role can't be changed.
        case recreate
    }

    /// On objects that administrators keep to themselves: `"false"`.
    package static let autoUpdate = "rbac.authorization.kubernetes.io/autoupdate"

    package private(set) var operation: Operation
    /// As it is to be.
    package private(set) var object: JSON
    /// The existing object is annotated to be left alone.
    package private(set) var isProtected = false
    package private(set) var missingRules: [PolicyRule] = []
    package private(set) var missingSubjects: [JSON] = []
    /// Found only where they are to be removed; so are `extraSubjects`.
    package private(set) var extraRules: [PolicyRule] = []
    package private(set) var extraSubjects: [JSON] = []

    /// - Parameters:
    ///   - wanted: a Role, ClusterRole, RoleBinding or ClusterRoleBinding.
    ///   - existing: what is stored; nil when there is nothing.
    ///   - removesExtra: rules or subjects that aren't wanted go.
    package init(wanted: JSON, existing: JSON?, removesExtra: Bool) {
        let isRole = wanted["roleRef"].isNull
        guard let existing else {
            operation = .create
            object = wanted
            if isRole {
                missingRules = PolicyRule.list(wanted)
            } else {
                missingSubjects = wanted["subjects"].array ?? []
            }
            return
        }
        isProtected = existing["metadata", "annotations", Self.autoUpdate].string == "false"
        if !isRole, Self.reference(existing) != Self.reference(wanted) {
            operation = .recreate
            object = wanted
            return
        }
        object = existing
        operation = .none
        mergeMap("annotations", of: wanted)
        mergeMap("labels", of: wanted)
        if isRole {
            mergeRules(wanted, removesExtra)
            mergeAggregation(wanted, removesExtra)
        } else {
            mergeSubjects(wanted, removesExtra)
        }
        if object != existing { operation = .update }
    }

    private static func reference(_ binding: JSON) -> [String?] {
        ["apiGroup", "kind", "name"].map { binding["roleRef", $0].string }
    }

    /// What is set already wins.
    private mutating func mergeMap(_ member: String, of wanted: JSON) {
        for (key, value) in wanted["metadata", member].stringMap where object["metadata", member, key].isNull {
            object["metadata", member, key] = .string(value)
        }
    }

    private mutating func mergeRules(_ wanted: JSON, _ removesExtra: Bool) {
        // The rules of roles that are put together of others are the controller's.
        if !wanted["aggregationRule"].isNull, !object["aggregationRule"].isNull { return }
        let expected = PolicyRule.list(wanted), held = PolicyRule.list(object)
        guard let missing = RuleCoverage.missing(expected, in: held) else { return }
        missingRules = missing
        if removesExtra {
            extraRules = RuleCoverage.missing(held, in: expected) ?? []
            if !missing.isEmpty || !extraRules.isEmpty {
                object["rules"] = wanted["rules"].isNull ? [] : wanted["rules"]
            }
        } else if !missing.isEmpty {
            object["rules"] = .array((object["rules"].array ?? []) + missing.map(\.json))
        }
    }

    private mutating func mergeAggregation(_ wanted: JSON, _ removesExtra: Bool) {
        let held = object["aggregationRule", "clusterRoleSelectors"].array ?? []
        guard let selectors = wanted["aggregationRule", "clusterRoleSelectors"].array else {
            if !object["aggregationRule"].isNull { object.remove("aggregationRule") }
            return
        }
        let missing = selectors.filter { !held.contains($0) }
        let isExtra = removesExtra && held.contains { !selectors.contains($0) }
        if isExtra || removesExtra && !missing.isEmpty {
            object["aggregationRule", "clusterRoleSelectors"] = .array(selectors)
        } else if !missing.isEmpty {
            object["aggregationRule", "clusterRoleSelectors"] = .array(held + missing)
        }
    }

    private mutating func mergeSubjects(_ wanted: JSON, _ removesExtra: Bool) {
        func identity(_ subject: JSON) -> [String] {
            ["kind", "apiGroup", "name", "namespace"].map { subject[$0].string ?? "" }
        }
        let held = object["subjects"].array ?? [], expected = wanted["subjects"].array ?? []
        let heldNames = Set(held.map(identity)), expectedNames = Set(expected.map(identity))
        missingSubjects = expected.filter { !heldNames.contains(identity($0)) }
        if removesExtra {
            extraSubjects = held.filter { !expectedNames.contains(identity($0)) }
            if !missingSubjects.isEmpty || !extraSubjects.isEmpty { object["subjects"] = .array(expected) }
        } else if !missingSubjects.isEmpty {
            object["subjects"] = .array(held + missingSubjects)
        }
    }
}
