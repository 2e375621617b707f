import JSON
import KubeModel

/// Why a disruption budget lets no pod be evicted.
struct BudgetDiagnosis {
    let budget: JSON
    let situation: Situation

    private var name: String { budget["metadata"].text("name") }
    private var namespace: String { budget["metadata"].text("namespace") }

    func diagnose() -> Diagnosis {
        let finding = find()
        return Diagnosis(
            "poddisruptionbudget/\(name)", finding.cause, finding.text, fix: finding.fix, command: finding.command)
    }

    func covers(_ pod: JSON) -> Bool {
        guard pod["metadata"].text("namespace") == namespace,
            let selector = try? LabelSelector(budget["spec"]["selector"])
        else { return false }
        return selector.matches(pod["metadata"]["labels"])
    }

    func find() -> Finding {
        let status = budget["status"]
        let allowed = status["disruptionsAllowed"].int ?? 0, healthy = status["currentHealthy"].int ?? 0
        let desired = status["desiredHealthy"].int ?? 0, expected = status["expectedPods"].int ?? 0
        let flag = Changeable.flag(namespace)
        if allowed > 0 {
            return Finding(.none, "the budget \(name) lets \(allowed) of \(expected) pods be evicted now.")
        }
        let pods = situation.pods.filter(covers)
        if pods.isEmpty {
            return Finding(
                .selector, "the budget \(name) selects no pod.", fix: "Correct its selector.",
                command: "kubectl edit pdb \(name)\(flag)")
        }
        let rule =
            budget["spec"].has("maxUnavailable")
            ? "maxUnavailable: \(shown(budget["spec"]["maxUnavailable"]))"
            : "minAvailable: \(shown(budget["spec"]["minAvailable"]))"
        let start =
            "the budget \(name) (\(rule)) wants \(desired) healthy pods of \(expected), and \(healthy) "
            + "\(healthy == 1 ? "is" : "are")."
        if healthy < expected, let sick = pods.first(where: { !isReady($0) }) {
            let why = PodDiagnosis(pod: sick, situation: situation).diagnose()
            return Finding(
                .disruptionBudget, "\(start) \(why.finding)",
                fix: "Once that pod is Ready, one may be evicted. \(why.fix)", command: why.command)
        }
        let owner = pods.first.map(situation.changeable)
        let more = expected + 1
        if let owner, !owner.isPod, owner.type != "daemonset", budget["spec"].has("minAvailable"), !isPercent {
            return Finding(
                .disruptionBudget, "\(start) None may be missing.",
                fix: "Run one more pod than the budget wants, or lower the budget.",
                command: "kubectl scale \(owner.path) --replicas=\(more)\(flag)")
        }
        return Finding(
            .disruptionBudget, "\(start) None may be missing.", fix: "Let one pod be missing at a time.",
            command: "kubectl patch pdb \(name)\(flag) --type=merge "
                + "-p '{\"spec\":{\"minAvailable\":null,\"maxUnavailable\":1}}'")
    }

    private var isPercent: Bool { budget["spec"]["minAvailable"].string?.hasSuffix("%") == true }

    private func shown(_ value: JSON) -> String { value.string ?? value.int.map(String.init) ?? "" }

    private func isReady(_ pod: JSON) -> Bool { PodCondition.isReady(pod) }
}

enum PodCondition {
    static func isReady(_ pod: JSON) -> Bool {
        (pod["status"]["conditions"].array ?? []).contains {
            $0.text("type") == "Ready" && $0.text("status") == "True"
        }
    }
}
