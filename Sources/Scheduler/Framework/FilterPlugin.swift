/// A rule about which nodes may take a pod: the original's PreFilter and Filter.
protocol FilterPlugin: Sendable {
    var name: PluginName { get }

    /// What the rule says of all nodes for this pod, worked out once for the pod.
    func prepare(_ pod: PodFacts, _ cluster: ClusterState) -> FilterPreparation

    /// Whether a pod that this rule rejected may fit now: the original's queueing hint.
    func mayHelp(_ event: ClusterEvent, _ pod: PodFacts, _ cluster: ClusterState) -> Bool
}

enum FilterPreparation {
    /// The rule has nothing to say about the pod.
    case skip
    /// No node will do.
    case rejected(Rejection)
    /// - only: the nodes that come into question; nil: all.
    case filter(any NodeFilter, only: Set<String>?)
}

/// One rule for one pod. A value: trying something out works on a copy.
protocol NodeFilter {
    /// nil when the node will do.
    func rejection(_ node: NodeState) -> Rejection?

    /// Counts a pod that is imagined to come to the node, or to go; only what was worked out over all nodes changes.
    mutating func add(_ pod: PodFacts, to node: NodeFacts)
    mutating func remove(_ pod: PodFacts, from node: NodeFacts)
}

extension NodeFilter {
    mutating func add(_ pod: PodFacts, to node: NodeFacts) {}
    mutating func remove(_ pod: PodFacts, from node: NodeFacts) {}
}
