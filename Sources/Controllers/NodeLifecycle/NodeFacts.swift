import JSON
import KubeModel

/// What controllers read of nodes.
enum NodeFacts {
    static let notReady = "node.kubernetes.io/not-ready"
    static let unreachable = "node.kubernetes.io/unreachable"
    static let unschedulable = "node.kubernetes.io/unschedulable"

    static func condition(_ node: JSON, _ type: String) -> JSON { Conditions.find(type, in: node["status"]) }

    /// `True`, `False`, `Unknown`; "" when the kubelet hasn't told yet.
    static func ready(_ node: JSON) -> String { condition(node, "Ready").text("status") }

    static func taints(_ node: JSON, _ effect: String) -> [JSON] {
        node["spec"].list("taints").filter { $0.text("effect") == effect }
    }

    /// Whether both name the same taint: key and effect.
    static func isSame(_ a: JSON, _ b: JSON) -> Bool {
        a.text("key") == b.text("key") && a.text("effect") == b.text("effect")
    }

    /// `region:<nil>:zone`; "" without labels.
    static func zone(_ node: JSON) -> String {
        let labels = node.labels
        let (region, zone) = (
            labels.text("topology.kubernetes.io/region"), labels.text("topology.kubernetes.io/zone")
        )
        return region.isEmpty && zone.isEmpty ? "" : "\(region):\(zone)"
    }

    static func reference(_ node: JSON) -> JSON {
        [
            "apiVersion": "v1", "kind": "Node",
            "metadata": ["name": node["metadata"]["name"], "uid": node["metadata"]["uid"]],
        ]
    }
}
