import JSON
import KubeModel

/// Why a node isn't Ready, takes no pods, or can't be drained.
struct NodeDiagnosis {
    let node: JSON
    let situation: Situation

    var name: String { node["metadata"].text("name") }

    func diagnose() -> Diagnosis {
        let finding =
            notReady() ?? drain()
            ?? Finding(.none, "node/\(name) is Ready and takes pods.")
        return Diagnosis(
            "node/\(name)", finding.cause, finding.text, nodes: finding.nodes, fix: finding.fix,
            command: finding.command)
    }

    func notReady() -> Finding? {
        let conditions = node["status"]["conditions"].array ?? []
        guard let ready = conditions.first(where: { $0.text("type") == "Ready" }) else { return nil }
        switch ready.text("status") {
        case "True": return nil
        case "Unknown":
            return Finding(
                .nodeNotReady,
                "node/\(name) isn't Ready: it hasn't been heard of since \(situation.age(ready["lastHeartbeatTime"])) "
                    + "(\(ready.text("reason"))).",
                fix: "Start it again, or look at its network.", command: "hako node start \(name)")
        default:
            return Finding(
                .nodeNotReady, "node/\(name) isn't Ready (\(ready.text("reason"))): \(ready.text("message")).",
                fix: "Its log tells more.", command: "hako logs -n \(name)")
        }
    }

    /// A cordoned node whose pods can't be moved.
    private func drain() -> Finding? {
        guard node["spec"]["unschedulable"].bool == true else { return nil }
        let staying = situation.pods.filter { pod in
            pod["spec"].text("nodeName") == name && !["Succeeded", "Failed"].contains(pod["status"].text("phase"))
                && Situation.controller(of: pod)?.text("kind") != "DaemonSet"
                && !pod["metadata"]["annotations"].has("kubernetes.io/config.mirror")
        }
        for pod in staying {
            for budget in situation.budgets
            where BudgetDiagnosis(budget: budget, situation: situation).covers(pod)
                && budget["status"]["disruptionsAllowed"].int ?? 0 == 0
            {
                let finding = BudgetDiagnosis(budget: budget, situation: situation).find()
                let podName = pod["metadata"].text("name")
                return Finding(
                    .disruptionBudget,
                    "node/\(name) is cordoned, and pod/\(podName) can't be evicted from it: \(finding.text)",
                    fix: finding.fix, command: finding.command)
            }
        }
        let rest = staying.isEmpty ? "nothing is left on it" : "\(staying.count) pods still run on it"
        return Finding(
            .cordoned, "node/\(name) is cordoned: it takes no new pods, and \(rest).",
            fix: "Let it take pods again when it may.", command: "kubectl uncordon \(name)")
    }
}
