import JSON
import KubeModel

/// Why a deployment, replica set, stateful set or daemon set isn't where it should be.
struct WorkloadDiagnosis {
    let object: JSON
    let situation: Situation

    private var kind: String { object.text("kind") }
    private var name: String { object["metadata"].text("name") }
    private var path: String { "\(kind.lowercased())/\(name)" }
    private var flag: String { Changeable.flag(object["metadata"].text("namespace")) }

    func diagnose() -> Diagnosis {
        let finding = find()
        return Diagnosis(
            path, finding.cause, finding.text, nodes: finding.nodes, fix: finding.fix, command: finding.command)
    }

    private var status: JSON { object["status"] }

    private func find() -> Finding {
        if kind == "Deployment" { return deployment() }
        if kind == "Job" { return JobDiagnosis(job: object, situation: situation).find() }
        let (wanted, ready) =
            kind == "DaemonSet"
            ? (status["desiredNumberScheduled"].int ?? 0, status["numberReady"].int ?? 0)
            : (object["spec"]["replicas"].int ?? 1, status["readyReplicas"].int ?? 0)
        if ready >= wanted {
            return Finding(.none, "\(path) has all it wants: \(ready) of \(wanted) pods ready.")
        }
        return withoutPods(object) ?? ofPods(
            situation.owned(by: object, situation.pods), "\(path) has \(ready) of \(wanted) pods ready.")
            ?? Finding(.waiting, "\(path) has \(ready) of \(wanted) pods ready; the others are on their way.")
    }

    // MARK: Deployments

    private func deployment() -> Finding {
        let wanted = object["spec"]["replicas"].int ?? 1
        let updated = status["updatedReplicas"].int ?? 0, available = status["availableReplicas"].int ?? 0
        let isObserved = (status["observedGeneration"].int ?? 0) >= (object["metadata"]["generation"].int ?? 0)
        if object["spec"]["paused"].bool == true, updated < wanted {
            return Finding(
                .paused, "\(path) is paused: changes to its template aren't rolled out.", fix: "Let it go on.",
                command: "kubectl rollout resume \(path)\(flag)")
        }
        if isObserved, updated >= wanted, available >= wanted, (status["replicas"].int ?? 0) <= wanted {
            return evictions("\(path) has \(available) of \(wanted) pods available")
                ?? Finding(.none, "\(path) has all it wants: \(available) of \(wanted) pods available, all up to date.")
        }
        guard let set = newSet else {
            return Finding(
                .waiting, "\(path) has no replica set yet: no controller has looked at it.",
                fix: "Look whether the controllers run.")
        }
        let old = max(0, (status["replicas"].int ?? 0) - updated)
        let isUpdate = old > 0
        var start = "\(path) has \(available) of \(wanted) pods available"
        if isUpdate {
            start = "the rollout of \(path) is stuck: \(updated) of \(wanted) pods are new, \(old) still of before"
        }
        if condition("Progressing")?.text("reason") == "ProgressDeadlineExceeded" {
            start += ", past its progress deadline"
        }
        if let finding = withoutPods(set) { return finding }
        let pods = situation.owned(by: set, situation.pods)
        guard let why = ofPods(pods, start + ".") else {
            return Finding(.waiting, "\(start); the others are on their way.")
        }
        if !isUpdate { return why }
        return Finding(
            .rollout, why.text, nodes: why.nodes, fix: "Go back to the revision that runs, or: \(why.fix)",
            command: "kubectl rollout undo \(path)\(flag)")
    }

    /// Pods that came and went, though there are enough now.
    private func evictions(_ start: String) -> Finding? {
        let sets = situation.owned(by: object, situation.replicaSets)
        let gone = sets.flatMap { situation.owned(by: $0, situation.pods) }.filter(EvictionDiagnosis.isEvicted)
        guard let last = gone.max(by: { $0["status"].text("startTime") < $1["status"].text("startTime") }) else {
            return nil
        }
        let why = EvictionDiagnosis(pod: last, situation: situation).find()
        let count = gone.count == 1 ? "one of its pods was" : "\(gone.count) of its pods were"
        return Finding(
            .evicted, "\(start), but \(count) evicted. The last: \(why.text)",
            fix: why.fix, command: why.command)
    }

    private func condition(_ type: String) -> JSON? {
        (status["conditions"].array ?? []).first { $0.text("type") == type }
    }

    private var newSet: JSON? {
        let revision: (JSON) -> Int = {
            Int($0["metadata"]["annotations"].text("deployment.kubernetes.io/revision")) ?? 0
        }
        return situation.owned(by: object, situation.replicaSets).max { revision($0) < revision($1) }
    }

    // MARK: Pods

    /// The first pod that has a fault, in the sentence of the whole.
    func ofPods(_ pods: [JSON], _ start: String) -> Finding? {
        for pod in pods.sorted(by: { $0["metadata"].text("name") < $1["metadata"].text("name") })
        where !PodCondition.isReady(pod) {
            let why = PodDiagnosis(pod: pod, situation: situation).diagnose()
            if why.isWell { continue }
            let sentence = start.prefix(1) + start.dropFirst()
            return Finding(
                why.cause, "\(sentence) \(why.finding)", nodes: why.nodes, fix: why.fix, command: why.command)
        }
        return nil
    }

    /// Its pods can't even be created.
    func withoutPods(_ owner: JSON) -> Finding? {
        let wanted = owner["spec"]["replicas"].int ?? 1
        guard (owner["status"]["replicas"].int ?? 0) < wanted,
            let event = situation.lastEvent(about: owner, ["FailedCreate"])
        else { return nil }
        let message = event.text("message")
        let cause: Diagnosis.Cause = message.contains("exceeded quota") ? .quota : .configuration
        let fix =
            cause == .quota
            ? "Raise the quota, or ask for less." : "Correct what the message names."
        return Finding(
            cause, "\(path) can't create its pods: \(message.hasSuffix(".") ? String(message.dropLast()) : message).",
            fix: fix, command: cause == .quota ? "kubectl describe quota\(flag)" : "kubectl edit \(path)\(flag)")
    }
}
