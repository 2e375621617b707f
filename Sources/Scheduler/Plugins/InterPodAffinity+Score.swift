import KubeClient

extension InterPodAffinity: ScorePlugin {
    /// What another pod's required term counts for. Source: kube-scheduler's default of `hardPodAffinityWeight`.
    private static let requiredWeight = 1

    private struct Scorer: NodeScorer {
        let sums: Counts
        let keys: Set<String>

        init(_ sums: Counts) {
            self.sums = sums
            keys = Set(sums.keys.map(\.key))
        }

        func score(_ node: NodeState) -> Int {
            keys.reduce(0) { sum, key in
                node.facts.labels[key].map { sum + (sums[Domain(key: key, value: $0)] ?? 0) } ?? sum
            }
        }

        /// The highest becomes the most, the lowest 0.
        func normalize(_ scores: inout [Int]) {
            guard let least = scores.min(), let most = scores.max() else { return }
            scores = scores.map { score in
                most > least ? Int(Double(Score.most) * (Double(score - least) / Double(most - least))) : 0
            }
        }
    }

    func prepare(_ pod: PodFacts, _ nodes: [NodeState], _ cluster: ClusterState) -> (any NodeScorer)? {
        let (near, apart) = (pod.affinity?.preferred ?? [], pod.affinity?.preferredApart ?? [])
        let saysSomething = !near.isEmpty || !apart.isEmpty
        guard saysSomething || cluster.affinityCount > 0 else { return nil }
        var sums: Counts = [:]
        func add(_ term: PodAffinityTerm, _ weight: Int, _ node: NodeFacts) {
            guard let value = node.labels[term.topologyKey] else { return }
            sums[Domain(key: term.topologyKey, value: value), default: 0] += weight
        }
        let own = cluster.related.labels(ofNamespace: pod.key.namespace)
        for node in cluster.nodes {
            for other in node.withAffinity {
                guard let terms = other.affinity else { continue }
                for term in terms.required where term.matches(pod.group, own) {
                    add(term, Self.requiredWeight, node.facts)
                }
                for entry in terms.preferred where entry.term.matches(pod.group, own) {
                    add(entry.term, entry.weight, node.facts)
                }
                for entry in terms.preferredApart where entry.term.matches(pod.group, own) {
                    add(entry.term, -entry.weight, node.facts)
                }
            }
            guard saysSomething else { continue }
            for (group, number) in node.groups {
                let labels = cluster.related.labels(ofNamespace: group.namespace)
                for entry in near where entry.term.matches(group, labels) {
                    add(entry.term, entry.weight * number.all, node.facts)
                }
                for entry in apart where entry.term.matches(group, labels) {
                    add(entry.term, -entry.weight * number.all, node.facts)
                }
            }
        }
        return sums.isEmpty ? nil : Scorer(sums)
    }
}
