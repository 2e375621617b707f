/// Whether rules grant all that other rules grant (component-helpers' `validation.Covers`).
package enum RuleCoverage {
    /// Rules that one check may be broken into; a role is at most 3 MiB of JSON, whose product of lists could be huge.
    package static let maximumPieces = 200_000

    /// What of `wanted` isn't in `held`, in pieces of one verb, group, resource and name each; nil: too many to tell.
    package static func missing(_ wanted: [PolicyRule], in held: [PolicyRule]) -> [PolicyRule]? {
        var missing: [PolicyRule] = []
        var count = 0
        for rule in wanted {
            // A rule that one held rule covers as a whole needs no breaking up.
            if held.contains(where: { coversWhole($0, rule) }) { continue }
            let size = pieceCount(rule)
            count += size
            guard count <= maximumPieces else { return nil }
            for piece in pieces(rule) where !held.contains(where: { covers($0, piece) }) { missing.append(piece) }
        }
        return missing
    }

    private static func pieceCount(_ rule: PolicyRule) -> Int {
        let lists = [rule.groups.count, rule.resources.count, rule.verbs.count, max(rule.names.count, 1)]
        let product = lists.reduce(1) { min($0.multipliedReportingOverflow(by: $1).partialValue, maximumPieces + 1) }
        return product + min(rule.urls.count * rule.verbs.count, maximumPieces + 1)
    }

    package static func pieces(_ rule: PolicyRule) -> [PolicyRule] {
        var pieces: [PolicyRule] = []
        for group in rule.groups {
            for resource in rule.resources {
                for verb in rule.verbs {
                    let simple = PolicyRule(verbs: [verb], groups: [group], resources: [resource])
                    if rule.names.isEmpty { pieces.append(simple) }
                    for name in rule.names {
                        var named = simple
                        named.names = [name]
                        pieces.append(named)
                    }
                }
            }
        }
        for url in rule.urls { for verb in rule.verbs { pieces.append(PolicyRule(verbs: [verb], urls: [url])) } }
        return pieces
    }

    private static func coversWhole(_ held: PolicyRule, _ rule: PolicyRule) -> Bool {
        rule.urls.isEmpty && covers(held, rule)
    }

    private static func covers(_ held: PolicyRule, _ piece: PolicyRule) -> Bool {
        has(held.verbs, piece.verbs) && has(held.groups, piece.groups)
            && resources(held.resources, piece.resources)
            && piece.urls.allSatisfy { path in held.urls.contains { PolicyRule.covers(url: $0, path) } }
            && (held.names.isEmpty || !piece.names.isEmpty && piece.names.allSatisfy(held.names.contains))
    }

    private static func has(_ held: [String], _ wanted: [String]) -> Bool {
        held.contains("*") || wanted.allSatisfy(held.contains)
    }

    private static func resources(_ held: [String], _ wanted: [String]) -> Bool {
        if has(held, wanted) { return true }
        return wanted.allSatisfy { path in
            if held.contains(path) { return true }
            guard let slash = path.firstIndex(of: "/") else { return false }
            return held.contains("*" + path[slash...])
        }
    }

    /// Pieces of the same group, resource and name put together again, for people.
    package static func compact(_ rules: [PolicyRule]) -> [PolicyRule] {
        struct Key: Hashable { let group: String, resource: String, name: String? }
        var compacted: [PolicyRule] = [], order: [Key] = [], simple: [Key: PolicyRule] = [:]
        for rule in rules {
            guard rule.groups.count == 1, rule.resources.count == 1, rule.names.count <= 1, rule.urls.isEmpty else {
                compacted.append(rule)
                continue
            }
            let key = Key(group: rule.groups[0], resource: rule.resources[0], name: rule.names.first)
            if simple[key] == nil {
                simple[key] = rule
                order.append(key)
            } else {
                simple[key]?.verbs += rule.verbs
            }
        }
        return compacted + order.compactMap { simple[$0] }
    }
}
