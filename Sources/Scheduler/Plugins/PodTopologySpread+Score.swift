import Foundation
import JSON
import KubeClient
import KubeModel

extension PodTopologySpread: ScorePlugin {
    static let hostname = "kubernetes.io/hostname"

    /// Of pods that have none of their own: over nodes, and over zones. Source: kube-scheduler's system defaults.
    private static func defaults(_ selector: LabelSelector) -> [SpreadConstraint] {
        [
            SpreadConstraint(maxSkew: 3, topologyKey: hostname, isRequired: false, selector: selector),
            SpreadConstraint(
                maxSkew: 5, topologyKey: "topology.kubernetes.io/zone", isRequired: false, selector: selector),
        ]
    }

    func prepare(_ pod: PodFacts, _ nodes: [NodeState], _ cluster: ClusterState) -> (any NodeScorer)? {
        let isOwn = !pod.spread.isEmpty
        let constraints =
            isOwn
            ? pod.spread.filter { !$0.isRequired }
            : DefaultSelector.of(pod, cluster.related).map(Self.defaults) ?? []
        guard !constraints.isEmpty else { return nil }
        return Scorer(pod, constraints, needsAllKeys: isOwn, nodes, cluster)
    }

    private struct Scorer: NodeScorer {
        private let constraints: [SpreadConstraint]
        private let needsAllKeys: Bool
        private var matchers: [GroupMatcher]
        /// For each constraint, by the label's value, how many pods it selects; host names are counted on the way.
        private var counts: [[String: Int]]
        /// The more values a label has, the more a pod counts.
        private let weights: [Double]

        init(
            _ pod: PodFacts, _ constraints: [SpreadConstraint], needsAllKeys: Bool, _ nodes: [NodeState],
            _ cluster: ClusterState
        ) {
            self.constraints = constraints
            self.needsAllKeys = needsAllKeys
            matchers = constraints.map { GroupMatcher($0.selector, pod.key.namespace) }
            let judged = needsAllKeys ? nodes.filter { PodTopologySpread.hasKeys(constraints, $0.facts) } : nodes
            var counts: [[String: Int]] = []
            weights = constraints.map { constraint in
                let isHost = constraint.topologyKey == PodTopologySpread.hostname
                let values = isHost ? [] : Set(judged.map { $0.facts.labels[constraint.topologyKey] ?? "" })
                counts.append(Dictionary(uniqueKeysWithValues: values.map { ($0, 0) }))
                return log(Double((isHost ? judged.count : values.count) + 2))
            }
            self.counts = counts
            count(pod, cluster.nodes)
        }

        private mutating func count(_ pod: PodFacts, _ nodes: [NodeState]) {
            // Where no node has the label there is nothing to count.
            let counted = constraints.indices.filter { index in counts[index].keys.contains { !$0.isEmpty } }
            guard !counted.isEmpty else { return }
            for node in nodes where !needsAllKeys || PodTopologySpread.hasKeys(constraints, node.facts) {
                for index in counted {
                    guard let value = node.facts.labels[constraints[index].topologyKey], counts[index][value] != nil,
                        constraints[index].counts(node.facts, for: pod)
                    else { continue }
                    counts[index][value, default: 0] += matchers[index].living(on: node)
                }
            }
        }

        /// -1 for nodes that aren't judged.
        mutating func score(_ node: NodeState) -> Int {
            if needsAllKeys, !PodTopologySpread.hasKeys(constraints, node.facts) { return -1 }
            var score = 0.0
            for (index, constraint) in constraints.enumerated() {
                guard let value = node.facts.labels[constraint.topologyKey] else { continue }
                let isHost = constraint.topologyKey == PodTopologySpread.hostname
                let count = isHost ? matchers[index].living(on: node) : counts[index][value] ?? 0
                score += Double(count) * weights[index] + Double(constraint.maxSkew - 1)
            }
            return Int(score.rounded())
        }

        /// The fewer pods the better; what isn't judged gets nothing.
        func normalize(_ scores: inout [Int]) {
            let judged = scores.filter { $0 >= 0 }
            guard let least = judged.min(), let most = judged.max() else { return scores = scores.map { _ in 0 } }
            scores = scores.map { score in
                if score < 0 { return 0 }
                return most == 0 ? Score.most : Score.most * (most + least - score) / most
            }
        }
    }
}
