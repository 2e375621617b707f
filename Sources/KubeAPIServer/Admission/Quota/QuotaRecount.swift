import JSON
import KubeModel

/// What a namespace uses of a quota, counted from its objects: how a quota gets its first status, and how what is deleted
/// is given back.
package enum QuotaRecount {
    /// The quota with its status brought up to date; nil when it is already.
    package static func updated(_ quota: JSON, _ reader: any ObjectReader, now: Double) -> JSON? {
        let hard = quota["spec", "hard"], namespace = quota["metadata", "namespace"].string ?? ""
        let names = hard.object?.names ?? []
        // Matching looks at the status, which a new quota hasn't.
        var probe = quota
        probe["status", "hard"] = hard
        var used = Dictionary(names.map { ($0, Quantity.zero) }, uniquingKeysWith: { first, _ in first })
        for counted in evaluators(names, now: now) {
            let mine = counted.evaluator.matching(names)
            guard !mine.isEmpty else { continue }
            for object in reader.objects(group: counted.group, resource: counted.resource, namespace: namespace)
            where counted.evaluator.matches(probe, object) {
                used = used + counted.evaluator.usage(object).masked(mine)
            }
        }
        var updated = quota
        updated["status"] = ["hard": hard, "used": used.json]
        let old = quota["status"]
        if old["hard"] == hard, ResourceAmounts(old["used"]) == used { return nil }
        return updated
    }

    private struct Counted {
        let group: String, resource: String, evaluator: any QuotaEvaluator
    }

    private static func evaluators(_ names: [String], now: Double) -> [Counted] {
        var found = [
            Counted(group: "", resource: "pods", evaluator: PodQuotaEvaluator(clock: { now })),
            Counted(group: "", resource: "services", evaluator: ServiceQuotaEvaluator()),
            Counted(group: "", resource: "persistentvolumeclaims", evaluator: ClaimQuotaEvaluator()),
        ]
        let own = Set(found.map(\.resource))
        var others: Set<[String]> = []
        for name in names {
            let text = name.hasPrefix("count/") ? String(name.dropFirst("count/".count)) : name
            let parts = text.split(separator: ".", maxSplits: 1).map(String.init)
            guard let resource = parts.first, parts.count == 2 || !own.contains(resource) else { continue }
            others.insert([parts.count == 2 ? parts[1] : "", resource])
        }
        for pair in others.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let evaluator = ObjectCountEvaluator(group: pair[0], resource: pair[1])
            if !evaluator.matching(names).isEmpty {
                found.append(Counted(group: pair[0], resource: pair[1], evaluator: evaluator))
            }
        }
        return found
    }
}
