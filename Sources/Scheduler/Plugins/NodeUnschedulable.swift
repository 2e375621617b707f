/// Cordoned nodes get no pods but those that tolerate it.
struct NodeUnschedulable: FilterPlugin {
    var name: PluginName { .nodeUnschedulable }

    private struct Filter: NodeFilter {
        func rejection(_ node: NodeState) -> Rejection? {
            node.facts.isUnschedulable ? .final(.nodeUnschedulable, "node(s) were unschedulable") : nil
        }
    }

    func prepare(_ pod: PodFacts, _ cluster: ClusterState) -> FilterPreparation {
        pod.tolerations.tolerate(.unschedulable) ? .skip : .filter(Filter(), only: nil)
    }

    func mayHelp(_ event: ClusterEvent, _ pod: PodFacts, _ cluster: ClusterState) -> Bool {
        switch event {
        case .nodeAdded(let node): !node.isUnschedulable
        case .nodeChanged(let old, let new): old.isUnschedulable && !new.isUnschedulable
        default: false
        }
    }
}
