/// Pods stay off nodes with taints that they don't tolerate, and rather off those that only prefer others.
struct TaintToleration: FilterPlugin, ScorePlugin {
    var name: PluginName { .taintToleration }

    private struct Filter: NodeFilter {
        let tolerations: [Toleration]
        func rejection(_ node: NodeState) -> Rejection? {
            guard !node.facts.taints.isEmpty, tolerations.intolerable(of: node.facts.taints) != nil else { return nil }
            return .final(.taintToleration, "node(s) had untolerated taint(s)")
        }
    }

    func prepare(_ pod: PodFacts, _ cluster: ClusterState) -> FilterPreparation {
        .filter(Filter(tolerations: pod.tolerations), only: nil)
    }

    func mayHelp(_ event: ClusterEvent, _ pod: PodFacts, _ cluster: ClusterState) -> Bool {
        func isKeptOff(_ node: NodeFacts) -> Bool { pod.tolerations.intolerable(of: node.taints) != nil }
        return switch event {
        case .nodeAdded(let node): !isKeptOff(node)
        case .nodeChanged(let old, let new): isKeptOff(old) && !isKeptOff(new)
        default: false
        }
    }

    private struct Scorer: NodeScorer {
        /// Those for `PreferNoSchedule`.
        let tolerations: [Toleration]
        /// The fewer intolerable taints the better.
        func score(_ node: NodeState) -> Int {
            node.facts.taints.count { $0.effect == .prefer && !tolerations.tolerate($0) }
        }
        func normalize(_ scores: inout [Int]) { Score.scale(&scores, reversed: true) }
    }

    func prepare(_ pod: PodFacts, _ nodes: [NodeState], _ cluster: ClusterState) -> (any NodeScorer)? {
        Scorer(tolerations: pod.tolerations.filter { $0.effect == nil || $0.effect == .prefer })
    }
}
