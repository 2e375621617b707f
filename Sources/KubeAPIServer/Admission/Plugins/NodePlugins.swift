import JSON
import KubeModel

/// New nodes get no pods before the node controller has seen their conditions.
struct TaintNodesByCondition: AdmissionPlugin {
    let name = "TaintNodesByCondition"

    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .create, request.isFor("nodes") else { return }
        let key = "node.kubernetes.io/not-ready"
        let taints = request.object["spec"].list("taints")
        guard !taints.contains(where: { $0.text("key") == key && $0.text("effect") == "NoSchedule" }) else { return }
        request.object["spec", "taints"] = .array(taints + [["key": .string(key), "effect": "NoSchedule"]])
    }
}

/// Pods carry the zone and region of their node as labels, where they have no such labels of their own.
struct PodTopologyLabels: AdmissionPlugin {
    let name = "PodTopologyLabels"
    private static let labels = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"]

    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .create, request.isOf("pods") else { return }
        let node: String
        switch request.subresource {
        case "": node = request.object["spec"].text("nodeName")
        case "binding":
            guard request.object["target"].text("kind") == "Node" else { return }
            node = request.object["target"].text("name")
        default: return
        }
        guard !node.isEmpty, let found = reader.object(group: "", resource: "nodes", namespace: "", name: node) else {
            return
        }
        for label in Self.labels {
            let value = found["metadata", "labels", label]
            if !value.isNull, request.object["metadata", "labels", label].isNull {
                request.object["metadata", "labels", label] = value
            }
        }
    }
}
