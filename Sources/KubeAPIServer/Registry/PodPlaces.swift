import KubeStorage

/// The keys of pods by the node that they are bound to.
struct PodPlaces: Sendable {
    private var keys: [String: Set<String>] = [:]
    private var nodes: [String: String] = [:]

    func keys(on node: String) -> Set<String> { keys[node] ?? [] }

    mutating func put(_ pod: StoredValue) {
        let node = ObjectRecord.nodeName(pod.value) ?? ""
        if nodes[pod.key] == node { return }
        remove(pod.key)
        if node.isEmpty { return }
        nodes[pod.key] = node
        keys[node, default: []].insert(pod.key)
    }

    mutating func remove(_ key: String) {
        guard let node = nodes.removeValue(forKey: key) else { return }
        keys[node]?.remove(key)
        if keys[node]?.isEmpty == true { keys[node] = nil }
    }
}
