import JSON
import KubeClient

/// Why a node would or wouldn't take a pod: every rule's opinion, not only the first that rejects it.
package struct NodeExplanation: Sendable, Equatable {
    /// One rule's objection.
    package struct Obstacle: Sendable, Equatable {
        /// The original's plugin: `TaintToleration`, `NodeResourcesFit`, …
        package let plugin: String
        /// In the original's words: `Insufficient memory`.
        package let reason: String
        /// What exactly, for people: `asks for 5Gi of memory, 1Gi of 4Gi is free`.
        package let detail: String
        /// Whether evicting pods from the node would remove it.
        package let isResolvable: Bool
    }

    package let node: String
    /// Empty: the pod may go there.
    package let obstacles: [Obstacle]

    package var reasons: [String] { obstacles.map(\.reason) }
}

/// What the scheduler would say of a pod, worked out from objects alone.
package enum SchedulingExplanation {
    /// - Parameters:
    ///   - pod: a pod that has no node.
    ///   - nodes: all nodes.
    ///   - pods: all pods of the cluster; those without a node, and finished ones, don't count.
    ///   - related: namespaces, claims, volumes and storage classes, as far as the pod's rules ask for them.
    /// - Returns: one explanation a node, by name.
    package static func explain(
        _ pod: JSON, nodes: [JSON], pods: [JSON], related: [(ResourceID, JSON)] = []
    ) -> [NodeExplanation] {
        var groups = PodGroups()
        let cluster = cluster(nodes, pods, related, without: pod["metadata"]["uid"].string, &groups)
        let facts = PodFacts(pod, &groups)
        var filters: [any NodeFilter] = []
        var general: [NodeExplanation.Obstacle] = []
        for plugin in SchedulingProfile.standard.filters {
            switch plugin.prepare(facts, cluster) {
            case .skip: continue
            case .rejected(let rejection): general += obstacles(rejection, facts, nil)
            case .filter(let filter, _): filters.append(filter)
            }
        }
        return cluster.nodes.sorted { $0.name < $1.name }.map { node in
            let own = filters.compactMap { $0.rejection(node) }.flatMap { obstacles($0, facts, node) }
            return NodeExplanation(node: node.name, obstacles: general + own)
        }
    }

    private static func cluster(
        _ nodes: [JSON], _ pods: [JSON], _ related: [(ResourceID, JSON)], without uid: String?,
        _ groups: inout PodGroups
    ) -> ClusterState {
        var cluster = ClusterState()
        for (resource, object) in related { cluster.related.set(resource, ObjectKey(object), object) }
        for node in nodes { _ = cluster.setNode(NodeFacts(node)) }
        for pod in pods {
            let (node, phase) = (pod["spec"]["nodeName"].string ?? "", pod["status"]["phase"].string)
            guard !node.isEmpty, phase != "Succeeded", phase != "Failed", pod["metadata"]["uid"].string != uid else {
                continue
            }
            cluster.place(PodFacts(pod, &groups), on: node)
        }
        return cluster
    }

    private static func obstacles(_ rejection: Rejection, _ pod: PodFacts, _ node: NodeState?)
        -> [NodeExplanation.Obstacle]
    {
        let details = node.map { ObstacleDetails(pod: pod, node: $0).of(rejection) } ?? []
        return rejection.reasons.enumerated().map { index, reason in
            NodeExplanation.Obstacle(
                plugin: rejection.plugin.rawValue, reason: reason,
                detail: details.indices.contains(index) ? details[index] : "",
                isResolvable: rejection.isResolvable)
        }
    }
}
