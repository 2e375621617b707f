import JSON
import KubeClient
import KubeModel
import Logging

/// What the scheduler asks of the API.
extension Scheduler {
    /// Longest message of an event, in bytes. Source: core validation `NoteLengthLimit`.
    private static let longestNote = 1_024

    /// - Returns: the answer to the action.
    func perform(_ action: SchedulingAction) async -> SchedulingInput {
        switch action {
        case .bind(let pod, let node, let volumes): return await bind(pod, node, volumes)
        case .reject(let rejected): return await tell(rejected)
        case .skip(let pod):
            events.record(
                .warning, about: pod, reason: "FailedScheduling", "skip schedule deleting pod: \(pod.key)")
            return .told(uid: pod.uid, hasFailed: false)
        }
    }

    // MARK: Binding

    private func bind(_ pod: PodFacts, _ node: String, _ volumes: [VolumeChoice]) async -> SchedulingInput {
        let (namespace, name) = (pod.key.namespace, pod.key.name)
        let binding: JSON = [
            "apiVersion": "v1", "kind": "Binding",
            "metadata": ["name": .string(name), "namespace": .string(namespace), "uid": .string(pod.uid)],
            "target": ["kind": "Node", "name": .string(node)],
        ]
        var step = "PreBind plugin \"\(PluginName.volumeBinding.rawValue)\""
        do {
            try await prepare(volumes, on: node)
            step = "Bind plugin \"\(PluginName.defaultBinder.rawValue)\""
            _ = try await api.create(.pods, namespace, name: name, subresource: "binding", binding)
        } catch {
            // A pod that has been deleted meanwhile needs no word.
            let isGone = (error as? APIStatus)?.code == 404
            if !isGone, !Task.isCancelled {
                let message = "running \(step): \(error)"
                _ = await tell(
                    RejectedPod(pod: pod, reason: "SchedulerError", message: message, nominatedNode: ""))
            }
            return .bindingFailed(uid: pod.uid)
        }
        events.record(.normal, about: pod, reason: "Scheduled", "Successfully assigned \(pod.key) to \(node)")
        return .bound(uid: pod.uid)
    }

    // MARK: Rejection

    private func tell(_ rejected: RejectedPod) async -> SchedulingInput {
        events.record(
            .warning, about: rejected.pod, reason: "FailedScheduling", Self.note(rejected.message))
        if let status = rejected.statusChange(time: Timestamp(now()).text) {
            await change(rejected.pod, status: status)
        }
        let hasFailed = await evict(rejected)
        return .told(uid: rejected.pod.uid, hasFailed: hasFailed)
    }

    // MARK: Eviction

    /// - Returns: whether a victim couldn't be asked to go.
    private func evict(_ rejected: RejectedPod) async -> Bool {
        for pod in rejected.displaced { await change(pod, status: ["nominatedNodeName": .null]) }
        return await withTaskGroup(of: Bool.self) { group in
            for victim in rejected.victims {
                group.addTask { await self.evict(victim, for: rejected.pod, on: rejected.nominatedNode ?? "") }
            }
            return await group.contains(false)
        }
    }

    private func evict(_ victim: PodFacts, for pod: PodFacts, on node: String) async -> Bool {
        let condition: JSON = [
            "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler",
            "message": .string(
                "\(SchedulingCore.schedulerName): preempting to accommodate a higher priority pod"),
            "lastProbeTime": .null, "lastTransitionTime": .string(Timestamp(now()).text),
            "observedGeneration": victim.object["metadata"]["generation"],
        ]
        await change(victim, status: ["conditions": [condition]])
        do throws(APIStatus) {
            try await api.delete(.pods, victim.object)
        } catch {
            if error.code == 404 || error.code == 409 { return true }
            log.warning("can't evict pod \(victim.key) for \(pod.key)", metadata: ["error": "\(error)"])
            return false
        }
        events.record(
            .normal, about: victim, reason: "Preempted", "Preempted by pod \(pod.uid) on node \(node)")
        return true
    }

    /// Cut as the original cuts it.
    static func note(_ message: String) -> String {
        guard message.utf8.count > longestNote else { return message }
        let suffix = " ..."
        return String(decoding: message.utf8.prefix(longestNote - suffix.utf8.count), as: UTF8.self) + suffix
    }

    private func change(_ pod: PodFacts, status: JSON) async {
        let patch: JSON = ["metadata": ["uid": .string(pod.uid)], "status": status]
        do throws(APIStatus) {
            _ = try await api.patch(.pods, pod.key.namespace, pod.key.name, subresource: "status", .strategic(patch))
        } catch {
            if error.code == 404 || error.code == 409 || Task.isCancelled { return }
            log.warning("can't say of pod \(pod.key) why it isn't scheduled", metadata: ["error": "\(error)"])
        }
    }
}

extension RejectedPod {
    /// Members of the pod's status that change; nil when it says all that already.
    func statusChange(time: String) -> JSON? {
        let status = pod.object["status"]
        var change: JSON = [:]
        let old = (status["conditions"].array ?? []).first { $0["type"].string == "PodScheduled" } ?? .null
        let isKnown =
            old["status"].string == "False" && old["reason"].string == reason && old["message"].string == message
        if !isKnown {
            let changed = old["status"].string == "False" ? old["lastTransitionTime"] : .string(time)
            var condition: JSON = [
                "type": "PodScheduled", "status": "False", "reason": .string(reason), "message": .string(message),
                "lastProbeTime": .null, "lastTransitionTime": changed,
            ]
            let generation = pod.object["metadata"]["generation"]
            if !generation.isNull { condition["observedGeneration"] = generation }
            change["conditions"] = .array([condition])
        }
        if let nominatedNode, nominatedNode != status["nominatedNodeName"].string ?? "" {
            change["nominatedNodeName"] = nominatedNode.isEmpty ? .null : .string(nominatedNode)
        }
        // Not by one expression with `nil`: that would be JSON's null, and a patch with it would empty the status.
        if change == [:] { return nil }
        return change
    }
}
