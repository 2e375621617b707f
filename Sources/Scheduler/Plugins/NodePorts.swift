/// Pods go where the node's ports that they take are free.
struct NodePorts: FilterPlugin {
    var name: PluginName { .nodePorts }

    private struct Filter: NodeFilter {
        let wanted: [HostPort]
        func rejection(_ node: NodeState) -> Rejection? {
            guard !node.ports.isEmpty,
                wanted.contains(where: { port in node.ports.keys.contains { $0.conflicts(with: port) } })
            else { return nil }
            return .resolvable(.nodePorts, "node(s) didn't have free ports for the requested pod ports")
        }
    }

    func prepare(_ pod: PodFacts, _ cluster: ClusterState) -> FilterPreparation {
        pod.ports.isEmpty ? .skip : .filter(Filter(wanted: pod.ports), only: nil)
    }

    func mayHelp(_ event: ClusterEvent, _ pod: PodFacts, _ cluster: ClusterState) -> Bool {
        switch event {
        case .nodeAdded: true
        case .podRemoved(let gone): gone.ports.contains { port in pod.ports.contains { $0.conflicts(with: port) } }
        default: false
        }
    }
}
