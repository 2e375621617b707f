import JSON
import KubeModel

/// Whether nodes are heard of, and the taints that follow.
enum NodeHealthPlan {
    private static let silentConditions = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]

    /// The node's conditions when nobody has heard of it for too long.
    static func silenced(_ node: JSON, now: Double) -> [JSON] {
        var conditions = node["status"].list("conditions")
        let time: JSON = .string(Timestamp(now).text)
        for type in silentConditions {
            guard let at = conditions.firstIndex(where: { $0.text("type") == type }) else {
                conditions.append([
                    "type": .string(type), "status": "Unknown",
                    "lastHeartbeatTime": node["metadata"]["creationTimestamp"], "lastTransitionTime": time,
                    "reason": "NodeStatusNeverUpdated", "message": "Kubelet never posted node status.",
                ])
                continue
            }
            guard conditions[at].text("status") != "Unknown" else { continue }
            conditions[at]["status"] = "Unknown"
            conditions[at]["reason"] = "NodeStatusUnknown"
            conditions[at]["message"] = "Kubelet stopped posting node status."
            conditions[at]["lastTransitionTime"] = time
        }
        return conditions
    }

    // MARK: Taints

    /// Taint keys by condition and status.
    private static let keys: [String: [String: String]] = [
        "Ready": ["False": NodeFacts.notReady, "Unknown": NodeFacts.unreachable],
        "MemoryPressure": ["True": "node.kubernetes.io/memory-pressure"],
        "DiskPressure": ["True": "node.kubernetes.io/disk-pressure"],
        "NetworkUnavailable": ["True": "node.kubernetes.io/network-unavailable"],
        "PIDPressure": ["True": "node.kubernetes.io/pid-pressure"],
    ]
    private static let ownKeys = Set(keys.values.flatMap(\.values)).union([NodeFacts.unschedulable])

    /// The node's taints as they are to be; others' stay.
    /// - Parameter evicts: whether a node that isn't ready loses its pods.
    static func taints(_ node: JSON, evicts: Bool, now: Double) -> [JSON] {
        var wanted: [JSON] = node["status"].list("conditions").compactMap { condition in
            guard let key = keys[condition.text("type")]?[condition.text("status")] else { return JSON?.none }
            return ["key": .string(key), "effect": "NoSchedule"]
        }
        if node["spec"].flag("unschedulable") {
            wanted.append(["key": .string(NodeFacts.unschedulable), "effect": "NoSchedule"])
        }
        if evicts, let key = keys["Ready"]?[NodeFacts.ready(node)] {
            wanted.append(["key": .string(key), "effect": "NoExecute"])
        }
        let old = node["spec"].list("taints")
        var taints = old.filter { taint in
            !isOwn(taint) || wanted.contains { NodeFacts.isSame($0, taint) }
        }
        for var taint in wanted where !taints.contains(where: { NodeFacts.isSame($0, taint) }) {
            taint["timeAdded"] = .string(Timestamp(now).text)
            taints.append(taint)
        }
        return taints
    }

    private static func isOwn(_ taint: JSON) -> Bool {
        switch taint.text("effect") {
        case "NoSchedule": ownKeys.contains(taint.text("key"))
        case "NoExecute": [NodeFacts.notReady, NodeFacts.unreachable].contains(taint.text("key"))
        default: false
        }
    }

    // MARK: Disruption

    /// Part of a zone's nodes that are down for the zone to count as disrupted.
    private static let unhealthyShare = 0.55
    /// A disrupted zone of up to so many nodes evicts nobody.
    private static let smallZone = 50

    /// Whether nodes of the zone that aren't ready lose their pods. When no node of the cluster is ready, the fault is
    /// likely with us: nothing is evicted.
    static func evicts(zone: String, nodes: [JSON]) -> Bool {
        let counted = nodes.filter { !$0.labels.has("node.kubernetes.io/exclude-disruption") }
        guard counted.contains(where: { NodeFacts.ready($0) == "True" }) else { return false }
        let own = counted.filter { NodeFacts.zone($0) == zone }
        let down = own.filter { NodeFacts.ready($0) != "True" }.count
        let isDisrupted = down > 2 && down < own.count && Double(down) / Double(own.count) >= unhealthyShare
        return !(isDisrupted && own.count <= smallZone)
    }

    // MARK: Labels

    private static let oldLabels = [
        "kubernetes.io/os": "beta.kubernetes.io/os", "kubernetes.io/arch": "beta.kubernetes.io/arch",
    ]

    /// Labels that old clients look for, where they differ from the new ones.
    static func labels(_ node: JSON) -> [String: String] {
        var missing: [String: String] = [:]
        for (new, old) in oldLabels {
            guard let value = node.labels[new].string, node.labels[old].string != value else { continue }
            missing[old] = value
        }
        return missing
    }
}
