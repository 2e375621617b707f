/// Pods go to nodes that match their `nodeSelector` and node affinity.
struct NodeAffinity: FilterPlugin, ScorePlugin {
    var name: PluginName { .nodeAffinity }

    private struct Filter: NodeFilter {
        let demand: NodeDemand
        func rejection(_ node: NodeState) -> Rejection? {
            demand.isMet(by: node.facts)
                ? nil : .final(.nodeAffinity, "node(s) didn't match Pod's node affinity/selector")
        }
    }

    func prepare(_ pod: PodFacts, _ cluster: ClusterState) -> FilterPreparation {
        let demand = pod.nodeDemand
        guard !demand.isEmpty else { return .skip }
        let names = Self.names(demand.affinity)
        if let names, names.isEmpty { return .rejected(.final(.nodeAffinity, "pod affinity terms conflict")) }
        return .filter(Filter(demand: demand), only: names)
    }

    /// The nodes that the terms name; nil when one names none, which leaves all.
    private static func names(_ affinity: NodeSelector?) -> Set<String>? {
        guard let terms = affinity?.terms, !terms.isEmpty else { return nil }
        var all: Set<String> = []
        for term in terms {
            guard let names = term.names else { return nil }
            all.formUnion(names)
        }
        return all
    }

    func mayHelp(_ event: ClusterEvent, _ pod: PodFacts, _ cluster: ClusterState) -> Bool {
        switch event {
        case .nodeAdded(let node): pod.nodeDemand.isMet(by: node)
        case .nodeChanged(let old, let new): pod.nodeDemand.isMet(by: new) && !pod.nodeDemand.isMet(by: old)
        default: false
        }
    }

    private struct Scorer: NodeScorer {
        let preferred: [PodFacts.PreferredNodes]
        func score(_ node: NodeState) -> Int {
            preferred.reduce(0) { $0 + ($1.term.matches(node.facts) ? $1.weight : 0) }
        }
        func normalize(_ scores: inout [Int]) { Score.scale(&scores, reversed: false) }
    }

    func prepare(_ pod: PodFacts, _ nodes: [NodeState], _ cluster: ClusterState) -> (any NodeScorer)? {
        pod.preferredNodes.isEmpty ? nil : Scorer(preferred: pod.preferredNodes)
    }
}
