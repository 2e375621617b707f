/// Prefers nodes that have the pod's images, the larger the more, and less when only few nodes have them.
struct ImageLocality: ScorePlugin {
    var name: PluginName { .imageLocality }

    /// Sizes in bytes below which images count for nothing, and above which they count no more, the latter a container.
    private static let least = 23 << 20
    private static let most = 1_000 << 20

    private struct Scorer: NodeScorer {
        let images: [String]
        let containerCount: Int
        let nodeCount: Int
        let imageNodes: [String: Int]

        func score(_ node: NodeState) -> Int {
            let sizes = node.facts.images.sizes
            guard !sizes.isEmpty else { return 0 }
            let sum = images.reduce(0) { sum, image in
                guard let size = sizes[image] else { return sum }
                return sum + Int(Double(size) * Double(imageNodes[image] ?? 0) / Double(nodeCount))
            }
            let most = ImageLocality.most * containerCount
            return Score.most * (min(max(sum, ImageLocality.least), most) - ImageLocality.least)
                / (most - ImageLocality.least)
        }
    }

    func prepare(_ pod: PodFacts, _ nodes: [NodeState], _ cluster: ClusterState) -> (any NodeScorer)? {
        guard pod.images.contains(where: { cluster.imageNodes[$0] != nil }) else { return nil }
        return Scorer(
            images: pod.images, containerCount: pod.containerCount, nodeCount: cluster.nodes.count,
            imageNodes: cluster.imageNodes)
    }
}
