import JSON
import KubeModel

/// Why a pod isn't Running or Ready.
struct PodDiagnosis {
    let pod: JSON
    let situation: Situation

    var name: String { pod["metadata"].text("name") }
    var namespace: String { pod["metadata"].text("namespace") }

    func diagnose() -> Diagnosis {
        let finding = find()
        return Diagnosis(
            "pod/\(name)", finding.cause, finding.text, nodes: finding.nodes, fix: finding.fix,
            command: finding.command)
    }

    private func find() -> Finding {
        if pod["metadata"].has("deletionTimestamp") { return terminating() }
        let status = pod["status"]
        switch status.text("phase") {
        case "Succeeded":
            return Finding(.finished, "pod/\(name) has finished: all its containers ended with exit code 0.")
        case "Failed" where !status.text("reason").isEmpty: return failed(status)
        default: break
        }
        if pod["spec"].text("nodeName").isEmpty {
            return SchedulingDiagnosis(pod: pod, situation: situation).find()
        }
        if let finding = ofNode() { return finding }
        if let finding = ofInitContainers() { return finding }
        for container in containers("containers") {
            if let finding = container.find() { return finding }
        }
        if let gate = failedGate() { return gate }
        if status.text("phase") == "Failed" {
            return Finding(.crash, "pod/\(name) has failed and its restart policy starts nothing again.")
        }
        return containers("containers").isEmpty || status["containerStatuses"].isNull ? created() : well()
    }

    private func containers(_ list: String) -> [ContainerDiagnosis] {
        (pod["spec"][list].array ?? []).map {
            ContainerDiagnosis(container: $0, isInit: list == "initContainers", pod: pod, situation: situation)
        }
    }

    private func well() -> Finding {
        let restarts = (pod["status"]["containerStatuses"].array ?? []).reduce(0) { $0 + ($1["restartCount"].int ?? 0) }
        let note = restarts > 0 ? " Its containers were restarted \(restarts) time\(restarts == 1 ? "" : "s")." : ""
        return Finding(.none, "pod/\(name) is Running and Ready on node \(pod["spec"].text("nodeName")).\(note)")
    }

    private func created() -> Finding {
        Finding(
            .waiting,
            "pod/\(name) was given to node \(pod["spec"].text("nodeName")) and its kubelet hasn't told of any container "
                + "yet.", fix: "Wait, or look whether the node is Ready.", command: "kubectl get nodes")
    }

    private func terminating() -> Finding {
        let metadata = pod["metadata"]
        let since = situation.age(metadata["deletionTimestamp"])
        let finalizers = metadata["finalizers"].strings
        if !finalizers.isEmpty {
            return Finding(
                .terminating,
                "pod/\(name) is being deleted, and stays until its finalizers are done: "
                    + "\(finalizers.joined(separator: ", ")).",
                fix: "Whoever set them must remove them; without that program, remove them by hand.",
                command: "kubectl patch pod \(name)\(Changeable.flag(namespace)) --type=merge "
                    + "-p '{\"metadata\":{\"finalizers\":null}}'")
        }
        let grace = metadata["deletionGracePeriodSeconds"].int ?? 30
        return Finding(
            .terminating,
            "pod/\(name) is being deleted: its containers have \(grace) s to end after they were asked to "
                + "(the time is up since \(since)).")
    }

    private func failed(_ status: JSON) -> Finding {
        if EvictionDiagnosis.isEvicted(pod) { return EvictionDiagnosis(pod: pod, situation: situation).find() }
        let message = status.text("message")
        if message.hasPrefix("Pod was rejected: ") { return rejected(status.text("reason"), message) }
        let why = message.isEmpty ? "" : ": \(message)"
        return Finding(
            .unknown,
            "pod/\(name) has failed with reason \(status.text("reason"))\(why).",
            fix: "A controller makes another one; this one can be deleted.",
            command: "kubectl delete pod \(name)\(Changeable.flag(namespace))")
    }

    /// Its node wouldn't have it: it came past the scheduler, or the node has changed.
    private func rejected(_ reason: String, _ message: String) -> Finding {
        let node = pod["spec"].text("nodeName")
        let isShort = reason.hasPrefix("OutOf")
        let own = situation.changeable(pod)
        let next = own.isPod ? "Nothing makes another one: " : "Its \(own.type) makes another one. To mend it, "
        let change =
            isShort
            ? "ask for less, or leave the choice of the node to the scheduler."
            : "leave the choice of the node to the scheduler, without spec.nodeName."
        let why = message.dropFirst("Pod was rejected: ".count)
        return Finding(
            isShort ? .resources : .scheduling,
            "pod/\(name) was refused by node \(node) (\(reason)): \(why).", fix: next + change,
            command: own.isPod
                ? "kubectl delete pod \(name)\(Changeable.flag(namespace))" : "kubectl edit \(own.path)\(own.flag)")
    }

    /// The node that should run it isn't there or doesn't answer.
    private func ofNode() -> Finding? {
        let name = pod["spec"].text("nodeName")
        guard !situation.nodes.isEmpty else { return nil }
        guard let node = situation.nodes.first(where: { $0["metadata"].text("name") == name }) else {
            return Finding(
                .nodeNotReady, "pod/\(self.name) is on node \(name), which doesn't exist any more.",
                fix: "It is deleted soon; a controller makes another one.")
        }
        guard let finding = NodeDiagnosis(node: node, situation: situation).notReady() else { return nil }
        return Finding(
            finding.cause, "pod/\(self.name) can't be Ready, because its node isn't: \(finding.text)",
            fix: finding.fix, command: finding.command)
    }

    private func ofInitContainers() -> Finding? {
        let statuses = pod["status"]["initContainerStatuses"].array ?? []
        for container in containers("initContainers") {
            let status = statuses.first { $0.text("name") == container.name } ?? .null
            let isSidecar = container.container.text("restartPolicy") == "Always"
            if isSidecar ? status["started"].bool == true : status["state"]["terminated"]["exitCode"].int == 0 {
                continue
            }
            return container.find() ?? stillInitializing(container)
        }
        return nil
    }

    private func stillInitializing(_ container: ContainerDiagnosis) -> Finding {
        let start =
            "pod/\(name) isn't Ready yet: its \(container.place) is still running; the others begin when it has ended."
        guard let clue = container.clue else { return Finding(.waiting, start) }
        let command = "kubectl logs \(name) -c \(container.name)\(container.owner.flag)"
        if let missing = clue.missingName {
            return Finding(
                .waiting, "\(start) It looks for \(missing.name), and \(missing.why).", fix: missing.fix,
                command: command)
        }
        return Finding(
            .waiting, clue.lastLine.map { "\(start) Its output ends with: \($0)" } ?? start, command: command)
    }

    private func failedGate() -> Finding? {
        let conditions = pod["status"]["conditions"].array ?? []
        for gate in pod["spec"]["readinessGates"].array ?? [] {
            let type = gate.text("conditionType")
            if conditions.contains(where: { $0.text("type") == type && $0.text("status") == "True" }) { continue }
            return Finding(
                .readiness,
                "pod/\(name) isn't Ready: all containers are, but its readiness gate waits for the condition \(type), "
                    + "which nobody has set to True.",
                fix: "Whoever is in charge of that condition must set it.")
        }
        return nil
    }
}
