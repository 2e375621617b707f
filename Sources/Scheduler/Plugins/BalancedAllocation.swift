/// Prefers nodes where the pod evens out the shares of cpu and memory that are taken.
struct BalancedAllocation: ScorePlugin {
    var name: PluginName { .balancedAllocation }

    private struct Scorer: NodeScorer {
        let wanted: Resources
        func score(_ node: NodeState) -> Int {
            let (capacity, used) = (node.facts.allocatable, node.requested)
            let half = Score.most / 2
            let with = BalancedAllocation.balance(
                (used.cpu + wanted.cpu, capacity.cpu), (used.memory + wanted.memory, capacity.memory))
            let without = BalancedAllocation.balance((used.cpu, capacity.cpu), (used.memory, capacity.memory))
            return half + (half + with - without) / 2
        }
    }

    /// The most when both shares are equal, half of it when one is all and the other nothing.
    static func balance(_ cpu: (used: Int, capacity: Int), _ memory: (used: Int, capacity: Int)) -> Int {
        guard cpu.capacity > 0, memory.capacity > 0 else { return Score.most }
        let first = min(1, Double(cpu.used) / Double(cpu.capacity))
        let second = min(1, Double(memory.used) / Double(memory.capacity))
        return Int((1 - abs((first - second) / 2)) * Double(Score.most))
    }

    /// Pods that ask for nothing have no effect on it.
    func prepare(_ pod: PodFacts, _ nodes: [NodeState], _ cluster: ClusterState) -> (any NodeScorer)? {
        let wanted = pod.requests.exact
        return wanted.cpu == 0 && wanted.memory == 0 ? nil : Scorer(wanted: wanted)
    }
}
