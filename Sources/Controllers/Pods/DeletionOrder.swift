import JSON
import KubeModel

/// Which pods of a set go first when there are too many: not yet placed before placed, earlier phases, not ready before
/// ready, cheap before dear (`controller.kubernetes.io/pod-deletion-cost`), from crowded nodes, ready for a short time,
/// restarted often, young ones. Times are compared by powers of two, so that which of several of an age goes is chance.
enum DeletionOrder {
    private struct Ranked {
        let pod: JSON
        let isPlaced: Bool
        let phase: Int
        let readySince: Timestamp?
        let isReady: Bool
        let cost: Int
        /// Active pods of the same family on its node.
        let neighbours: Int
        let restarts: (containers: Int, sidecars: Int)
        let created: Timestamp?
    }

    /// The pods in the order in which they would go.
    /// - Parameter related: active pods of all sets with the same owner, these ones among them.
    static func sorted(_ pods: [JSON], related: [JSON], now: Double) -> [JSON] {
        var onNode: [String: Int] = [:]
        for pod in related where PodFacts.isActive(pod) { onNode[pod["spec"].text("nodeName"), default: 0] += 1 }
        let ranked = pods.map { pod in
            let node = pod["spec"].text("nodeName")
            return Ranked(
                pod: pod, isPlaced: !node.isEmpty, phase: phaseOrder(pod), readySince: PodFacts.readyTime(pod),
                isReady: PodFacts.isReady(pod),
                cost: pod.annotation("controller.kubernetes.io/pod-deletion-cost").flatMap { Int($0) } ?? 0,
                neighbours: onNode[node] ?? 0, restarts: PodFacts.restarts(pod), created: pod.creationTime)
        }
        return ranked.sorted { isBefore($0, $1, now: now) }.map(\.pod)
    }

    private static func phaseOrder(_ pod: JSON) -> Int {
        switch PodFacts.phase(pod) {
        case "Unknown": 1
        case "Running": 2
        default: 0
        }
    }

    private static func isBefore(_ a: Ranked, _ b: Ranked, now: Double) -> Bool {
        if a.isPlaced != b.isPlaced { return !a.isPlaced }
        if a.phase != b.phase { return a.phase < b.phase }
        if a.isReady != b.isReady { return !a.isReady }
        if a.cost != b.cost { return a.cost < b.cost }
        if a.neighbours != b.neighbours { return a.neighbours > b.neighbours }
        if a.isReady, a.readySince != b.readySince { return isYounger(a.readySince, b.readySince, a, b, now) }
        if a.restarts.containers != b.restarts.containers { return a.restarts.containers > b.restarts.containers }
        if a.restarts.sidecars != b.restarts.sidecars { return a.restarts.sidecars > b.restarts.sidecars }
        if a.created != b.created { return isYounger(a.created, b.created, a, b, now) }
        return false
    }

    private static func isYounger(_ x: Timestamp?, _ y: Timestamp?, _ a: Ranked, _ b: Ranked, _ now: Double) -> Bool {
        guard let x, let y else { return x == nil }
        let (p, q) = (magnitude(now - x.time), magnitude(now - y.time))
        return p == q ? a.pod.uid < b.pod.uid : p < q
    }

    /// The power of two of an age in nanoseconds; -1 for none.
    private static func magnitude(_ age: Double) -> Int { age > 0 ? Int((age * 1e9).exponent) : -1 }
}
