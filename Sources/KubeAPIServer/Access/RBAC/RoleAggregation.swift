import JSON
import KubeModel

/// The rules of aggregated cluster roles (`admin`, `edit`, `view`): those of all roles that their selectors choose.
package enum RoleAggregation {
    /// The role with its rules brought up to date; nil when they are already, or when it isn't an aggregated role.
    /// - Parameter roles: all cluster roles.
    package static func updated(_ role: JSON, from roles: [JSON]) -> JSON? {
        guard role.has("aggregationRule") else { return nil }
        let own = role["metadata", "name"].string ?? ""
        var rules: [PolicyRule] = []
        for selector in role["aggregationRule"].list("clusterRoleSelectors") {
            // A selector that doesn't parse chooses nothing, as in the original.
            guard let selector = try? LabelSelector(selector) else { continue }
            let chosen = roles.filter { other in
                other["metadata", "name"].string != own && selector.matches(other["metadata", "labels"])
            }.sorted { ($0["metadata", "name"].string ?? "") < ($1["metadata", "name"].string ?? "") }
            for rule in chosen.flatMap(PolicyRule.list) where !rules.contains(rule) { rules.append(rule) }
        }
        guard rules != PolicyRule.list(role) else { return nil }
        var updated = role
        updated["rules"] = .array(rules.map(\.json))
        return updated
    }
}
