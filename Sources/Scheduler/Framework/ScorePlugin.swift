/// An opinion about which of the nodes that will do is best: the original's PreScore, Score and NormalizeScore.
protocol ScorePlugin: Sendable {
    var name: PluginName { get }

    /// - Parameter nodes: those that passed all filters.
    /// - Returns: nil when it has no opinion about the pod.
    func prepare(_ pod: PodFacts, _ nodes: [NodeState], _ cluster: ClusterState) -> (any NodeScorer)?
}

protocol NodeScorer {
    mutating func score(_ node: NodeState) -> Int

    /// Brings the nodes' scores between 0 and `Score.most`.
    func normalize(_ scores: inout [Int])
}

extension NodeScorer {
    func normalize(_ scores: inout [Int]) {}
}

enum Score {
    /// Of a plugin for a node, before its weight.
    static let most = 100

    /// The highest score becomes the most; reversed, it becomes 0.
    static func scale(_ scores: inout [Int], reversed: Bool) {
        let highest = scores.max() ?? 0
        guard highest > 0 else {
            if reversed { scores = scores.map { _ in most } }
            return
        }
        scores = scores.map { score in
            let scaled = most * score / highest
            return reversed ? most - scaled : scaled
        }
    }
}
