import KubeClient
import KubeModel

/// Pods lie evenly over zones, nodes, or whatever label their constraints name.
struct PodTopologySpread: FilterPlugin {
    var name: PluginName { .podTopologySpread }

    static let mismatch = "node(s) didn't match pod topology spread constraints"

    struct Filter: NodeFilter {
        let pod: PodFacts
        let constraints: [SpreadConstraint]
        /// For each constraint, by the label's value, how many pods it selects.
        var counts: [[String: Int]]

        func rejection(_ node: NodeState) -> Rejection? {
            for (constraint, counts) in zip(constraints, counts) {
                guard let value = node.facts.labels[constraint.topologyKey] else {
                    return .final(
                        .podTopologySpread, PodTopologySpread.mismatch + " (missing required label)")
                }
                let least = counts.count < constraint.minDomains ? 0 : counts.values.min() ?? Int(Int32.max)
                let own = constraint.selector.matches(pod.group.labels) ? 1 : 0
                if (counts[value] ?? 0) + own - least > constraint.maxSkew {
                    return .resolvable(.podTopologySpread, PodTopologySpread.mismatch)
                }
            }
            return nil
        }

        mutating func add(_ other: PodFacts, to node: NodeFacts) { change(other, node, 1) }
        mutating func remove(_ other: PodFacts, from node: NodeFacts) { change(other, node, -1) }

        private mutating func change(_ other: PodFacts, _ node: NodeFacts, _ step: Int) {
            guard other.key.namespace == pod.key.namespace, PodTopologySpread.hasKeys(constraints, node) else { return }
            for index in constraints.indices
            where constraints[index].selector.matches(other.group.labels) && constraints[index].counts(node, for: pod) {
                counts[index][node.labels[constraints[index].topologyKey] ?? "", default: 0] += step
            }
        }
    }

    static func hasKeys(_ constraints: [SpreadConstraint], _ node: NodeFacts) -> Bool {
        constraints.allSatisfy { node.labels[$0.topologyKey] != nil }
    }

    func prepare(_ pod: PodFacts, _ cluster: ClusterState) -> FilterPreparation {
        let constraints = pod.spread.filter(\.isRequired)
        guard !constraints.isEmpty else { return .skip }
        var counts = [[String: Int]](repeating: [:], count: constraints.count)
        var counters = constraints.map { GroupMatcher($0.selector, pod.key.namespace) }
        for node in cluster.nodes where Self.hasKeys(constraints, node.facts) {
            for index in constraints.indices where constraints[index].counts(node.facts, for: pod) {
                let value = node.facts.labels[constraints[index].topologyKey] ?? ""
                counts[index][value, default: 0] += counters[index].living(on: node)
            }
        }
        return .filter(Filter(pod: pod, constraints: constraints, counts: counts), only: nil)
    }

    func mayHelp(_ event: ClusterEvent, _ pod: PodFacts, _ cluster: ClusterState) -> Bool {
        let constraints = pod.spread.filter(\.isRequired)
        func counts(_ other: PodFacts) -> Bool {
            other.key.namespace == pod.key.namespace
                && constraints.contains { $0.selector.matches(other.group.labels) }
        }
        func differs(_ old: NodeFacts, _ new: NodeFacts) -> Bool {
            old.taints != new.taints
                || constraints.contains { old.labels[$0.topologyKey] != new.labels[$0.topologyKey] }
        }
        return switch event {
        case .podPlaced(let other), .podRemoved(let other): counts(other)
        case .podChanged(let old, let new): counts(old) != counts(new) || old.isTerminating != new.isTerminating
        case .nodeAdded(let node), .nodeRemoved(let node): Self.hasKeys(constraints, node)
        case .nodeChanged(let old, let new):
            Self.hasKeys(constraints, new) && differs(old, new) || Self.hasKeys(constraints, old) && differs(old, new)
        case .related: false
        }
    }
}

/// Counts pods that a selector selects, asking each group once.
struct GroupMatcher {
    private let selector: LabelSelector
    private let namespace: String
    private var known: [PodGroup: Bool] = [:]

    init(_ selector: LabelSelector, _ namespace: String) {
        self.selector = selector
        self.namespace = namespace
    }

    /// Without pods that are being deleted. An empty selector counts nothing.
    mutating func living(on node: NodeState) -> Int {
        guard !selector.isEmpty else { return 0 }
        var count = 0
        for (group, number) in node.groups where number.living > 0 && matches(group) { count += number.living }
        return count
    }

    private mutating func matches(_ group: PodGroup) -> Bool {
        if let known = known[group] { return known }
        let isMatch = group.namespace == namespace && selector.matches(group.labels)
        known[group] = isMatch
        return isMatch
    }
}
