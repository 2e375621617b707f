/// Pods that wait for room being made on a node: it is kept for them against less important ones.
struct Nominations {
    private var nodes: [String: String] = [:]
    private var pods: [String: [PodFacts]] = [:]

    var isEmpty: Bool { nodes.isEmpty }

    /// - Parameter node: "" takes the nomination back.
    mutating func set(_ pod: PodFacts, _ node: String) {
        remove(pod.uid)
        guard !node.isEmpty else { return }
        nodes[pod.uid] = node
        pods[node, default: []].append(pod)
    }

    mutating func remove(_ uid: String) {
        guard let node = nodes.removeValue(forKey: uid) else { return }
        pods[node]?.removeAll { $0.uid == uid }
        if pods[node]?.isEmpty == true { pods[node] = nil }
    }

    func node(of uid: String) -> String? { nodes[uid] }

    /// Those that are as important as the pod, or more.
    func ahead(of pod: PodFacts, on node: String) -> [PodFacts] {
        (pods[node] ?? []).filter { $0.priority >= pod.priority && $0.uid != pod.uid }
    }

    func lessImportant(than pod: PodFacts, on node: String) -> [PodFacts] {
        (pods[node] ?? []).filter { $0.priority < pod.priority }
    }
}
