/// Pods go where what they ask for is free, and rather where much is.
struct NodeResourcesFit: FilterPlugin, ScorePlugin {
    var name: PluginName { .nodeResourcesFit }

    /// A resource that a node hasn't enough of.
    struct Shortage: Equatable {
        /// `cpu`, `memory`, …; `pods` for the number of pods.
        let resource: String
        let requested: Int
        let used: Int
        let capacity: Int

        var reason: String { resource == "pods" ? "Too many pods" : "Insufficient \(resource)" }
        /// Whether the node could never hold as much.
        var isFinal: Bool { resource != "pods" && requested > capacity }
    }

    static func shortages(_ wanted: Resources, _ node: NodeState) -> [Shortage] {
        shortages(wanted, node.facts, used: node.requested, pods: node.pods.count)
    }

    /// - Parameters:
    ///   - used: what the node's pods take.
    ///   - pods: how many they are.
    static func shortages(_ wanted: Resources, _ node: NodeFacts, used: Resources, pods: Int) -> [Shortage] {
        var list: [Shortage] = []
        let capacity = node.allocatable
        func check(_ resource: String, _ wanted: Int, _ used: Int, _ capacity: Int) {
            guard wanted > 0, wanted > capacity - used else { return }
            list.append(Shortage(resource: resource, requested: wanted, used: used, capacity: capacity))
        }
        check("pods", 1, pods, node.podLimit)
        check("cpu", wanted.cpu, used.cpu, capacity.cpu)
        check("memory", wanted.memory, used.memory, capacity.memory)
        check("ephemeral-storage", wanted.storage, used.storage, capacity.storage)
        if !wanted.others.isEmpty {
            for (name, amount) in wanted.others.sorted(by: { $0.key < $1.key }) {
                check(name, amount, used.others[name] ?? 0, capacity.others[name] ?? 0)
            }
        }
        return list
    }

    private struct Filter: NodeFilter {
        let wanted: Resources
        func rejection(_ node: NodeState) -> Rejection? {
            let shortages = NodeResourcesFit.shortages(wanted, node)
            guard !shortages.isEmpty else { return nil }
            return Rejection(
                .nodeResourcesFit, shortages.map(\.reason), isResolvable: !shortages.contains { $0.isFinal })
        }
    }

    func prepare(_ pod: PodFacts, _ cluster: ClusterState) -> FilterPreparation {
        .filter(Filter(wanted: pod.requests.exact), only: nil)
    }

    func mayHelp(_ event: ClusterEvent, _ pod: PodFacts, _ cluster: ClusterState) -> Bool {
        let wanted = pod.requests.exact
        func fits(_ node: NodeFacts) -> Bool { Self.shortages(wanted, NodeState(node)).isEmpty }
        return switch event {
        case .podRemoved: true
        case .podChanged(let old, let new): Self.hasMore(wanted, new.requests.exact, old.requests.exact)
        case .nodeAdded(let node): fits(node)
        case .nodeChanged(let old, let new):
            fits(new) && (new.podLimit > old.podLimit || Self.hasMore(wanted, old.allocatable, new.allocatable))
        default: false
        }
    }

    /// Whether of something that is wanted `large` has more than `small`.
    private static func hasMore(_ wanted: Resources, _ small: Resources, _ large: Resources) -> Bool {
        wanted.cpu > 0 && large.cpu > small.cpu || wanted.memory > 0 && large.memory > small.memory
            || wanted.storage > 0 && large.storage > small.storage
            || wanted.others.keys.contains { large.others[$0] ?? 0 > small.others[$0] ?? 0 }
    }

    /// LeastAllocated of cpu and memory: the share that would be left.
    private struct Scorer: NodeScorer {
        let wanted: Resources
        func score(_ node: NodeState) -> Int {
            let (capacity, used) = (node.facts.allocatable, node.guessed)
            var (sum, count) = (0, 0)
            for (wanted, capacity) in [
                (used.cpu + wanted.cpu, capacity.cpu), (used.memory + wanted.memory, capacity.memory),
            ] where capacity > 0 {
                count += 1
                if wanted <= capacity { sum += (capacity - wanted) * Score.most / capacity }
            }
            return count == 0 ? 0 : sum / count
        }
    }

    func prepare(_ pod: PodFacts, _ nodes: [NodeState], _ cluster: ClusterState) -> (any NodeScorer)? {
        Scorer(wanted: pod.requests.guessed)
    }
}
