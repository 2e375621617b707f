import KubeModel

/// Roles in a small text form: a line with the role's name and, after it, the labels' last parts that make it part of
/// an aggregated role; below it, indented, a line a rule.
///
///     VERBS GROUPS RESOURCES [NAMES]     for resources, lists with commas, `core` for the core group
///     VERBS PATHS                        for paths that are no resource
///     events                             to write events
///     aggregate LABEL                    the role's rules come from those with the label
///
/// `read`, `write`, `readwrite` and `readupdate` stand for lists of verbs. Lists are sorted when read, as the original's
/// builder sorts them.
struct RoleTable {
    struct Role: Equatable {
        let name: String
        /// `view`, for `rbac.authorization.k8s.io/aggregate-to-view`.
        let aggregatesTo: String?
        var rules: [PolicyRule] = []
        /// Of `aggregationRule`.
        var aggregates: String?
    }

    private static let verbs: [String: [String]] = [
        "read": ["get", "list", "watch"],
        "write": ["create", "delete", "deletecollection", "patch", "update"],
        "readwrite": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        "readupdate": ["get", "list", "patch", "update", "watch"],
    ]

    static func parse(_ text: String) -> [Role] {
        var roles: [Role] = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard let first = words.first else { continue }
            guard line.hasPrefix(" "), !roles.isEmpty else {
                roles.append(Role(name: first, aggregatesTo: words.count > 1 ? words[1] : nil))
                continue
            }
            if first == "aggregate", words.count == 2 {
                roles[roles.count - 1].aggregates = words[1]
            } else {
                roles[roles.count - 1].rules.append(rule(words))
            }
        }
        return roles
    }

    private static func rule(_ words: [String]) -> PolicyRule {
        if words == ["events"] {
            return PolicyRule(
                verbs: ["create", "patch", "update"], groups: ["", "events.k8s.io"], resources: ["events"])
        }
        func list(_ at: Int) -> [String] {
            words.indices.contains(at)
                ? words[at].split(separator: ",").map { $0 == "core" ? "" : String($0) }.sorted() : []
        }
        let verbs = Self.verbs[words[0]] ?? list(0)
        if words.count == 2 { return PolicyRule(verbs: verbs, urls: list(1)) }
        return PolicyRule(verbs: verbs, groups: list(1), resources: list(2), names: list(3))
    }
}
