import JSON
import KubeModel

/// Pods that nobody will end any more.
enum PodGarbagePlan {
    enum Fault: Equatable {
        /// It was to go before it had a node.
        case neverPlaced
        case nodeGone
        /// Its node is down for good, as an administrator says by a taint.
        case nodeOutOfService
    }

    private static let outOfService = "node.kubernetes.io/out-of-service"

    /// - Parameter node: nil when there is none of the pod's.
    static func fault(_ pod: JSON, node: JSON?) -> Fault? {
        let name = pod["spec"].text("nodeName")
        if name.isEmpty { return pod.isBeingDeleted ? .neverPlaced : nil }
        guard let node else { return .nodeGone }
        let isOut = node["spec"].list("taints").contains { $0.text("key") == outOfService }
        return pod.isBeingDeleted && isOut && NodeFacts.ready(node) != "True" ? .nodeOutOfService : nil
    }

    /// Finished pods beyond the limit: evicted ones first, then the oldest.
    static func surplus(_ pods: [JSON], limit: Int) -> [JSON] {
        guard limit > 0 else { return [] }
        let finished = pods.filter { !["", "Pending", "Running", "Unknown"].contains(PodFacts.phase($0)) }
        guard finished.count > limit else { return [] }
        let sorted = finished.sorted { a, b in
            let (x, y) = (isEvicted(a), isEvicted(b))
            if x != y { return x }
            let (p, q) = (a.creationTime?.time ?? 0, b.creationTime?.time ?? 0)
            return p == q ? a.objectName < b.objectName : p < q
        }
        return Array(sorted.prefix(finished.count - limit))
    }

    private static func isEvicted(_ pod: JSON) -> Bool {
        PodFacts.phase(pod) == "Failed" && pod["status"].text("reason") == "Evicted"
    }
}
