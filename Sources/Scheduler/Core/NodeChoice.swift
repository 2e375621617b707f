/// Finds the best node for a pod: filters, then scores. Everything it knows is in memory.
struct NodeChoice {
    enum Result {
        case node(String)
        case none(Diagnosis, PodFilters)
    }

    /// Nodes that are enough to choose from, however many there are.
    static let fewestNodes = 100

    let profile: SchedulingProfile
    /// Where the search begins, so that all nodes have their turn.
    private(set) var start = 0
    private var random: any RandomNumberGenerator

    init(_ profile: SchedulingProfile, random: any RandomNumberGenerator) {
        self.profile = profile
        self.random = random
    }

    mutating func choose(_ pod: PodFacts, _ cluster: ClusterState, _ nominations: Nominations) -> Result {
        let filters = PodFilters(pod, cluster, profile)
        var diagnosis = Diagnosis(nodeCount: cluster.nodes.count)
        diagnosis.general = filters.general
        diagnosis.others = filters.others
        guard filters.general == nil else { return .none(diagnosis, filters) }
        // Room was made there: most likely nothing else will do.
        if let node = cluster.node(pod.nominatedNode), filters.only?.contains(node.name) ?? true,
            filters.rejection(node, expecting: nominations.ahead(of: pod, on: node.name)) == nil
        {
            return .node(node.name)
        }
        let nodes = filters.only.map { names in names.sorted().compactMap { cluster.node($0) } } ?? cluster.nodes
        let found = search(nodes, pod, filters, nominations, &diagnosis)
        if found.isEmpty { return .none(diagnosis, filters) }
        if found.count == 1 { return .node(found[0].name) }
        return .node(best(of: found, pod, cluster).name)
    }

    private mutating func search(
        _ nodes: [NodeState], _ pod: PodFacts, _ filters: PodFilters, _ nominations: Nominations,
        _ diagnosis: inout Diagnosis
    ) -> [NodeState] {
        guard !nodes.isEmpty else { return [] }
        let enough = Self.enough(of: nodes.count)
        var found: [NodeState] = []
        found.reserveCapacity(enough)
        let first = start % nodes.count
        var tried = 0
        for turn in nodes.indices where found.count < enough {
            let place = first + turn
            let node = nodes[place < nodes.count ? place : place - nodes.count]
            tried += 1
            let expected = nominations.isEmpty ? [] : nominations.ahead(of: pod, on: node.name)
            if let rejection = filters.rejection(node, expecting: expected) {
                diagnosis.rejections[node.name] = rejection
            } else {
                found.append(node)
            }
        }
        start = first + tried
        return found
    }

    /// How many nodes that will do are enough: all of few, a share of many, the smaller the more there are.
    static func enough(of count: Int) -> Int {
        count < fewestNodes ? count : max(fewestNodes, count * max(5, 50 - count / 125) / 100)
    }

    private mutating func best(of nodes: [NodeState], _ pod: PodFacts, _ cluster: ClusterState) -> NodeState {
        let totals = totals(nodes, pod, cluster)
        var (best, equals) = (0, 1)
        for place in totals.indices.dropFirst() {
            if totals[place] > totals[best] {
                (best, equals) = (place, 1)
            } else if totals[place] == totals[best] {
                equals += 1
                if Int.random(in: 0..<equals, using: &random) == 0 { best = place }
            }
        }
        return nodes[best]
    }

    /// Each node's weighted sum.
    func totals(_ nodes: [NodeState], _ pod: PodFacts, _ cluster: ClusterState) -> [Int] {
        var totals = [Int](repeating: 0, count: nodes.count)
        for (plugin, weight) in profile.scores {
            guard var scorer = plugin.prepare(pod, nodes, cluster) else { continue }
            var scores = nodes.map { scorer.score($0) }
            scorer.normalize(&scores)
            for place in totals.indices { totals[place] += scores[place] * weight }
        }
        return totals
    }
}
