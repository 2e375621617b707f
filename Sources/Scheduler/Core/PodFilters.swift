/// All rules for one pod, prepared. A value: trying something out works on a copy.
struct PodFilters {
    private(set) var filters: [any NodeFilter] = []
    /// The nodes that come into question; nil: all.
    private(set) var only: Set<String>?
    /// What other nodes are told.
    private(set) var others: Rejection?
    /// A rule rejects the pod for all nodes.
    private(set) var general: Rejection?

    init(_ pod: PodFacts, _ cluster: ClusterState, _ profile: SchedulingProfile) {
        var selective: [PluginName] = []
        for plugin in profile.filters {
            switch plugin.prepare(pod, cluster) {
            case .skip: continue
            case .rejected(let rejection):
                // One that pods' eviction may undo still lets the others be asked.
                if !rejection.isResolvable {
                    general = rejection
                    return
                }
                general = general ?? rejection
            case .filter(let filter, let names):
                filters.append(filter)
                guard let names else { continue }
                selective.append(plugin.name)
                only = only.map { $0.intersection(names) } ?? names
            }
        }
        guard let first = selective.first, let only else { return }
        let names = selective.sorted().map(\.rawValue).joined(separator: " ")
        if only.isEmpty {
            general = .final(
                first,
                selective.count == 1
                    ? "node(s) didn't satisfy plugin \(first.rawValue)"
                    : "node(s) didn't satisfy plugin(s) [\(names)] simultaneously")
        }
        others = .final(first, "node(s) didn't satisfy plugin(s) [\(names)]")
    }

    /// The first rule's that rejects the node; nil when it will do.
    func rejection(_ node: NodeState) -> Rejection? {
        for filter in filters { if let rejection = filter.rejection(node) { return rejection } }
        return nil
    }

    mutating func add(_ pod: PodFacts, to node: NodeState) {
        node.add(pod)
        for index in filters.indices { filters[index].add(pod, to: node.facts) }
    }

    mutating func remove(_ pod: PodFacts, from node: NodeState) {
        node.remove(pod)
        for index in filters.indices { filters[index].remove(pod, from: node.facts) }
    }

    /// Whether the pod may go to the node also when the pods that are to come there, and are as important, have come.
    func rejection(_ node: NodeState, expecting nominated: [PodFacts]) -> Rejection? {
        guard !nominated.isEmpty else { return rejection(node) }
        var (filters, full) = (self, node.copy())
        for pod in nominated { filters.add(pod, to: full) }
        return filters.rejection(full) ?? rejection(node)
    }
}
