import JSON

/// The addresses of simulated nodes' pods: the lowest free one of the node's network.
struct PodAddresses {
    /// Last numbers in use, by node and pod UID.
    private var taken: [Int: [String: Int]] = [:]
    private var nodes: [String: Int] = [:]

    /// The same for a pod that has one.
    mutating func take(_ pod: JSON, on node: Int) -> String {
        let uid = pod["metadata"]["uid"].string ?? ""
        let network = SimulatedNode.podNetwork(node)
        if let known = taken[node]?[uid] { return "\(network).\(known)" }
        let used = Set((taken[node] ?? [:]).values)
        let number = (2...254).first { !used.contains($0) } ?? 255
        taken[node, default: [:]][uid] = number
        nodes[uid] = node
        return "\(network).\(number)"
    }

    mutating func free(_ pod: JSON) {
        let uid = pod["metadata"]["uid"].string ?? ""
        guard let node = nodes.removeValue(forKey: uid) else { return }
        taken[node]?[uid] = nil
    }
}
