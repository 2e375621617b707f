import JSON
import KubeModel

/// Why a pod has no node.
struct SchedulingDiagnosis {
    let pod: JSON
    let situation: Situation

    private var name: String { pod["metadata"].text("name") }
    private var owner: Changeable { situation.changeable(pod) }

    func find() -> Finding {
        let gates = (pod["spec"]["schedulingGates"].array ?? []).map { $0.text("name") }
        if !gates.isEmpty {
            return Finding(
                .scheduling,
                "pod/\(name) is Pending: no node is looked for while it has scheduling gates "
                    + "(\(gates.joined(separator: ", "))).", fix: "Whoever set them must remove them.")
        }
        if situation.nodes.isEmpty {
            return Finding(
                .scheduling, "pod/\(name) is Pending: the cluster has no nodes.", fix: "Add one.",
                command: "hako node add")
        }
        let told = condition?.text("message") ?? ""
        let fits = situation.nodes.map { NodeFit(node: $0, pod: pod, situation: situation) }
            .sorted { $0.name < $1.name }
        let verdicts = fits.map { fit in
            Diagnosis.NodeVerdict(
                node: fit.name,
                reason: fit.refusals.isEmpty
                    ? "would take it" : fit.refusals.map(\.text).joined(separator: "; "))
        }
        if let claim = PodClaims(pod: pod, situation: situation).find() { return claim }
        if fits.contains(where: { $0.refusals.isEmpty }) { return waiting(told, verdicts) }
        var start = "pod/\(name) is Pending: none of the \(count(fits.count, "node")) takes it"
        if fits.count == 1 { start = "pod/\(name) is Pending: the only node doesn't take it" }
        return cure(fits, start, verdicts)
    }

    private var condition: JSON? {
        (pod["status"]["conditions"].array ?? []).first {
            $0.text("type") == "PodScheduled" && $0.text("status") == "False"
        }
    }

    /// Nothing that is visible here speaks against a node.
    private func waiting(_ told: String, _ verdicts: [Diagnosis.NodeVerdict]) -> Finding {
        if told.isEmpty {
            let age = situation.age(pod["metadata"]["creationTimestamp"])
            return Finding(
                .scheduling,
                "pod/\(name) is Pending since \(age): no scheduler has looked at it, though nodes would take it.",
                fix: "Look whether the scheduler \(pod["spec"].text("schedulerName")) runs.")
        }
        return Finding(.scheduling, "pod/\(name) is Pending: \(told)", nodes: verdicts, fix: "It is tried again.")
    }

    private func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }

    // MARK: The smallest change

    /// Nodes that only one thing keeps away are the nearest to taking it; the others don't matter.
    private func cure(_ fits: [NodeFit], _ start: String, _ verdicts: [Diagnosis.NodeVerdict]) -> Finding {
        let near = fits.filter { $0.refusals.count == 1 }
        let order: [NodeFit.Kind] = [
            .resources, .antiAffinity, .cordoned, .taint, .selector, .ports, .affinity, .pods, .notReady,
        ]
        let kind =
            order.first { kind in near.contains { $0.refusals[0].kind == kind } }
            ?? order.first { kind in fits.contains { $0.refusals.contains { $0.kind == kind } } }
        let nearest = fits.filter { $0.refusals.contains { $0.kind == kind } }
        switch kind {
        case .resources?: return resources(nearest, start, verdicts)
        case .antiAffinity?: return antiAffinity(nearest, start, verdicts)
        case .cordoned?:
            let node = nearest[0].name
            return Finding(
                .cordoned, "\(start), and \(node) only because it is cordoned.", nodes: verdicts,
                fix: "Let it take pods again.", command: "kubectl uncordon \(node)")
        case .notReady?:
            let refusal = nearest[0].refusals.first { $0.kind == .notReady }?.text ?? "isn't Ready"
            return Finding(
                .nodeNotReady, "\(start), and \(nearest[0].name) only because it \(refusal).", nodes: verdicts,
                fix: "Wait until it is well, or see what it lacks.", command: "hako why node/\(nearest[0].name)")
        case .taint?: return taint(nearest, start, verdicts)
        case .selector?: return selector(start, verdicts)
        case .ports?:
            return Finding(
                .scheduling, "\(start), because its host port is taken everywhere.", nodes: verdicts,
                fix: "Run at most one such pod a node, or leave hostPort out.",
                command: "kubectl edit \(owner.path)\(owner.flag)")
        default:
            return Finding(
                .scheduling, "\(start).", nodes: verdicts, fix: "Change what keeps the nearest node away.",
                command: "kubectl edit \(owner.path)\(owner.flag)")
        }
    }

    private func resources(
        _ fits: [NodeFit], _ start: String, _ verdicts: [Diagnosis.NodeVerdict]
    ) -> Finding {
        // The node that lacks the least of the first resource that is short.
        let shortages = fits.flatMap { fit in fit.shortages.map { (fit: fit, shortage: $0) } }
        guard let best = shortages.min(by: { $0.shortage.missing < $1.shortage.missing }) else {
            return Finding(.resources, "\(start).", nodes: verdicts)
        }
        let shortage = best.shortage
        let finding =
            "\(start): it asks for \(shortage.asked) \(shortage.resource), and the most that is free is "
            + "\(shortage.free) on \(best.fit.name)."
        if shortage.freeValue <= 0 {
            return Finding(
                .resources, finding, nodes: verdicts, fix: "Add a node, or scale something down.",
                command: "hako node add")
        }
        let sum = (pod["spec"]["containers"].array ?? []).count > 1 ? " in all" : ""
        let fix =
            shortage.fitsEmptyNode
            ? "Lower the \(shortage.resource) request to \(shortage.free)\(sum) or less, free some, or add a node."
            : "No node is that large even when it is empty: lower the \(shortage.resource) request to "
                + "\(shortage.free)\(sum) or less."
        return Finding(.resources, finding, nodes: verdicts, fix: fix, command: request(shortage))
    }

    private func request(_ shortage: NodeFit.Shortage) -> String {
        guard !owner.isPod, ["cpu", "memory", "ephemeral-storage"].contains(shortage.resource) else {
            return owner.isPod ? "" : "kubectl edit \(owner.path)\(owner.flag)"
        }
        let containers = pod["spec"]["containers"].array ?? []
        let largest = containers.max {
            (Quantity($0["resources"]["requests"][shortage.resource]) ?? .zero)
                < (Quantity($1["resources"]["requests"][shortage.resource]) ?? .zero)
        }
        guard containers.count == 1, let largest else { return "kubectl edit \(owner.path)\(owner.flag)" }
        return "kubectl set resources \(owner.path) -c \(largest.text("name")) "
            + "--requests=\(shortage.resource)=\(shortage.free)\(owner.flag)"
    }

    private func antiAffinity(
        _ fits: [NodeFit], _ start: String, _ verdicts: [Diagnosis.NodeVerdict]
    ) -> Finding {
        let replicas = owner.object["spec"]["replicas"].int
        let placed = situation.pods.filter { other in
            !other["spec"].text("nodeName").isEmpty
                && Situation.controller(of: other)?.text("uid") == Situation.controller(of: pod)?.text("uid")
                && Situation.controller(of: pod) != nil
        }.count
        let finding =
            "\(start): its anti-affinity is required, and every node that would do has such a pod already."
        guard let replicas, replicas > placed, placed > 0 else {
            return Finding(
                .antiAffinity, finding, nodes: verdicts, fix: "Add a node, or make the anti-affinity preferred.",
                command: "hako node add")
        }
        return Finding(
            .antiAffinity, finding, nodes: verdicts,
            fix: "\(count(replicas, "replica")) can't be apart on so few nodes: ask for \(placed), add "
                + "\(count(replicas - placed, "node")), or make the anti-affinity preferred.",
            command: "kubectl scale \(owner.path) --replicas=\(placed)\(owner.flag)")
    }

    private func taint(_ fits: [NodeFit], _ start: String, _ verdicts: [Diagnosis.NodeVerdict]) -> Finding {
        let refused = fits.flatMap(\.taints)
        guard let taint = refused.first, let node = fits.first?.name else {
            return Finding(.scheduling, "\(start).", nodes: verdicts)
        }
        if let condition = NodePressure.condition(ofTaint: taint.text("key")) {
            return Finding(
                .pressure, "\(start), because \(node) is short of \(NodePressure.shortage(condition)).",
                nodes: verdicts,
                fix: "It is placed when the node has enough again.", command: "hako why node/\(node)")
        }
        let value = taint.text("value").isEmpty ? "" : "=\(taint.text("value"))"
        let shown = "\(taint.text("key"))\(value):\(taint.text("effect"))"
        return Finding(
            .scheduling, "\(start), because it doesn't tolerate \(shown).", nodes: verdicts,
            fix: "Give it a toleration, or take the taint away from \(node).",
            command: "kubectl taint node \(node) \(taint.text("key")):\(taint.text("effect"))-")
    }

    private func selector(_ start: String, _ verdicts: [Diagnosis.NodeVerdict]) -> Finding {
        let wanted = pod["spec"]["nodeSelector"].stringMap
        for (key, value) in wanted.sorted(by: { $0.key < $1.key }) {
            let having = situation.nodes.compactMap { $0["metadata"]["labels"][key].string }
            if having.contains(value) { continue }
            let keys = situation.nodes.flatMap { $0["metadata"]["labels"].object?.names ?? [] }
            let finding = "\(start): it wants a node with the label \(key)=\(value), and none has it."
            if let near = NearName.of(value, among: having) {
                return Finding(
                    .selector, finding, nodes: verdicts, fix: "\(key)=\(near) may be meant: correct the nodeSelector.",
                    command: "kubectl edit \(owner.path)\(owner.flag)")
            }
            if let near = NearName.of(key, among: keys) {
                return Finding(
                    .selector, finding, nodes: verdicts,
                    fix: "The label \(near) may be meant: correct the nodeSelector.",
                    command: "kubectl edit \(owner.path)\(owner.flag)")
            }
            let node = situation.nodes[0]["metadata"].text("name")
            return Finding(
                .selector, finding, nodes: verdicts, fix: "Label a node, or leave the nodeSelector out.",
                command: "kubectl label node \(node) \(key)=\(value)")
        }
        return Finding(
            .selector, "\(start), because of its node affinity or selector.", nodes: verdicts,
            fix: "Correct it, or label a node.", command: "kubectl edit \(owner.path)\(owner.flag)")
    }
}
