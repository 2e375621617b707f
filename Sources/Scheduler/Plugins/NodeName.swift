/// Pods that ask for one node by its name go there only.
struct NodeName: FilterPlugin {
    var name: PluginName { .nodeName }

    private struct Filter: NodeFilter {
        let wanted: String
        func rejection(_ node: NodeState) -> Rejection? {
            node.name == wanted ? nil : .final(.nodeName, "node(s) didn't match the requested node name")
        }
    }

    func prepare(_ pod: PodFacts, _ cluster: ClusterState) -> FilterPreparation {
        pod.nodeName.isEmpty ? .skip : .filter(Filter(wanted: pod.nodeName), only: nil)
    }

    func mayHelp(_ event: ClusterEvent, _ pod: PodFacts, _ cluster: ClusterState) -> Bool {
        if case .nodeAdded(let node) = event { return node.name == pod.nodeName }
        return false
    }
}
