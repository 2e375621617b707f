import JSON
import KubeClient

/// A claim that one pod alone may use (ReadWriteOncePod) is used by one pod.
struct VolumeRestrictions: FilterPlugin {
    var name: PluginName { .volumeRestrictions }

    private struct Filter: NodeFilter {
        let claims: [String]
        /// Uses of these claims anywhere.
        var uses: Int
        let namespace: String

        func rejection(_ node: NodeState) -> Rejection? {
            guard uses > 0 else { return nil }
            return .resolvable(
                .volumeRestrictions,
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by "
                    + "another pod")
        }

        mutating func add(_ pod: PodFacts, to node: NodeFacts) { uses += uses(of: pod) }
        mutating func remove(_ pod: PodFacts, from node: NodeFacts) { uses -= uses(of: pod) }

        private func uses(of pod: PodFacts) -> Int {
            pod.key.namespace == namespace ? pod.claims.count { claims.contains($0.name) } : 0
        }
    }

    func prepare(_ pod: PodFacts, _ cluster: ClusterState) -> FilterPreparation {
        let namespace = pod.key.namespace
        let exclusive = pod.claims.map(\.name).filter { name in
            let claim = cluster.related.object(.persistentVolumeClaims, namespace, name)
            return claim?["spec"]["accessModes"].strings.contains("ReadWriteOncePod") ?? false
        }
        guard !exclusive.isEmpty else { return .skip }
        let uses = cluster.nodes.reduce(0) { sum, node in
            exclusive.reduce(sum) { $0 + (node.claims["\(namespace)/\($1)"] ?? 0) }
        }
        return .filter(Filter(claims: exclusive, uses: uses, namespace: namespace), only: nil)
    }

    func mayHelp(_ event: ClusterEvent, _ pod: PodFacts, _ cluster: ClusterState) -> Bool {
        switch event {
        case .podRemoved(let gone):
            gone.key.namespace == pod.key.namespace && gone.claims.contains { pod.claims.contains($0) }
        case .related(let resource, _): resource == .persistentVolumeClaims
        default: false
        }
    }
}
