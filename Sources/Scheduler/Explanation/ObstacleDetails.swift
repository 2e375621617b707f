import KubeClient
import KubeModel

/// Says of a rejection what exactly is in the way, with names and numbers.
struct ObstacleDetails {
    let pod: PodFacts
    let node: NodeState

    /// A sentence for each of the rejection's reasons, or none.
    func of(_ rejection: Rejection) -> [String] {
        switch rejection.plugin {
        case .nodeResourcesFit: NodeResourcesFit.shortages(pod.requests.exact, node).map(shortage)
        case .taintToleration: [taint]
        case .nodeAffinity: [demand]
        case .nodePorts: [ports]
        case .nodeUnschedulable: ["the node is cordoned"]
        case .podTopologySpread: [spread]
        case .interPodAffinity: [others]
        default: []
        }
    }

    private func shortage(_ shortage: NodeResourcesFit.Shortage) -> String {
        func text(_ amount: Int) -> String {
            switch shortage.resource {
            case "cpu": Quantity(milli: amount).description
            case "memory", "ephemeral-storage": Quantity(amount, .binarySI).description
            default: "\(amount)"
            }
        }
        if shortage.resource == "pods" {
            return "the node takes \(shortage.capacity) pods and has \(shortage.used)"
        }
        let free = max(0, shortage.capacity - shortage.used)
        return "asks for \(text(shortage.requested)) of \(shortage.resource), "
            + "\(text(free)) of \(text(shortage.capacity)) is free"
    }

    private var taint: String {
        let taints = node.facts.taints.filter { $0.forbidsScheduling && !pod.tolerations.tolerate($0) }
        let texts = taints.map { taint in
            "\(taint.key)\(taint.value.isEmpty ? "" : "=\(taint.value)"):\(taint.effect?.rawValue ?? "")"
        }
        return "no toleration for \(texts.joined(separator: ", "))"
    }

    private var demand: String {
        let missing = pod.nodeDemand.labels.filter { node.facts.labels[$0.key] != $0.value }.sorted { $0.key < $1.key }
        guard !missing.isEmpty else { return "no term of the pod's node affinity matches the node" }
        let texts = missing.map { key, value in
            node.facts.labels[key].map { "\(key)=\(value) (it has \($0))" } ?? "\(key)=\(value)"
        }
        return "the node hasn't the label \(texts.joined(separator: ", "))"
    }

    private var ports: String {
        let taken = pod.ports.filter { port in node.ports.keys.contains { $0.conflicts(with: port) } }
        return "port \(taken.map { "\($0.port)/\($0.transport)" }.joined(separator: ", ")) is taken on the node"
    }

    private var spread: String {
        let constraints = pod.spread.filter(\.isRequired)
        if let missing = constraints.first(where: { node.facts.labels[$0.topologyKey] == nil }) {
            return "the node hasn't the label \(missing.topologyKey)"
        }
        let keys = constraints.map { "\($0.topologyKey)=\(node.facts.labels[$0.topologyKey] ?? "")" }
        return "\(keys.joined(separator: ", ")) has more of these pods than the allowed skew over the emptiest"
    }

    private var others: String {
        let apart = pod.affinity?.requiredApart ?? []
        let near = node.pods.filter { other in apart.contains { $0.matches(other.group, [:]) } }
        if let first = near.first { return "the pod must stay away from pod \(first.key), which is there" }
        if pod.affinity?.required.isEmpty == false { return "no pod that this one must be near is there" }
        return "a pod there, or in the same zone, must stay away from this one"
    }
}
