import JSON
import KubeModel

/// Why a node isn't Ready, takes no pods, or can't be drained.
struct NodeDiagnosis {
    let node: JSON
    let situation: Situation

    var name: String { node["metadata"].text("name") }

    func diagnose() -> Diagnosis {
        let finding =
            notReady() ?? pressure() ?? drain() ?? tainted()
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

    /// It is short of something.
    private func pressure() -> Finding? {
        let held = (node["status"]["conditions"].array ?? []).filter {
            NodePressure.conditions.contains($0.text("type")) && $0.text("status") == "True"
        }
        guard let first = held.first else { return nil }
        let what = held.map { NodePressure.shortage($0.text("type")) }.joined(separator: " and ")
        let since = situation.age(first["lastTransitionTime"])
        let gone = situation.pods.filter {
            $0["spec"].text("nodeName") == name && EvictionDiagnosis.isEvicted($0)
        }.map { "pod/\($0["metadata"].text("name"))" }
        let evicted = gone.isEmpty ? "" : " It has evicted \(gone.sorted().prefix(5).joined(separator: ", ")) so far."
        let fix: String
        switch first.text("type") {
        case "MemoryPressure": fix = "End what takes the most memory there, or give the node more."
        case "PIDPressure": fix = "End what has the most processes there."
        default: fix = "Free the disk: remove images, volumes and files that nobody needs; nodes share this machine's."
        }
        return Finding(
            .pressure,
            "node/\(name) is short of \(what) (\(held.map { $0.text("type") }.joined(separator: ", ")) since \(since)): it "
                + "takes no new pods, and evicts one after the other until it has enough.\(evicted)",
            fix: fix,
            command: first.text("type") == "DiskPressure"
                ? "docker system df" : "kubectl get pods -A --field-selector spec.nodeName=\(name)")
    }

    /// Taints that somebody set, which keep away what doesn't tolerate them; those of the cluster's own tell of what
    /// its conditions tell.
    private func tainted() -> Finding? {
        let taints = (node["spec"]["taints"].array ?? []).filter {
            !$0.text("key").hasPrefix("node.kubernetes.io/") && ["NoSchedule", "NoExecute"].contains($0.text("effect"))
        }
        guard !taints.isEmpty else { return nil }
        let words = taints.map { taint in
            let value = taint.text("value")
            return "\(taint.text("key"))\(value.isEmpty ? "" : "=\(value)"):\(taint.text("effect"))"
        }
        let evicts = taints.contains { $0.text("effect") == "NoExecute" } ? ", and ends those that don't" : ""
        return Finding(
            .tainted,
            "node/\(name) is Ready, but takes only pods that tolerate its taint\(words.count == 1 ? "" : "s") "
                + "\(words.joined(separator: ", "))\(evicts).",
            fix: "Give those pods a toleration that should run there, or let all in.",
            command: "kubectl taint node \(name) \(words.map { "\($0)-" }.joined(separator: " "))")
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
