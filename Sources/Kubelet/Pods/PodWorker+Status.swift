import DockerModel
import JSON
import KubeClient
import KubeModel
import NIOCore

// What the pod's status says.
extension PodWorker {
    /// Gives the status to be written when it has changed.
    func publish() {
        guard !isGone, !isFreed, life != .removed else { return }
        let new = makeStatus()
        guard new != status else { return }
        status = new
        parts.statuses.put(pod, new)
    }

    private func makeStatus() -> JSON {
        let before = status.object?.isEmpty == false ? status : pod.pod["status"]
        let containers = ContainerStatuses(
            situation: situation, waits: waits, old: before, runtime: NodeRuntime.scheme, imageIDs: imageIDs)
        let own = containers.list("containerStatuses", of: pod.containers)
        let initial = containers.list("initContainerStatuses", of: pod.initContainers)
        let ephemeral = containers.list("ephemeralContainerStatuses", of: pod.ephemeralContainers)
        let hasRun = pod.containers.contains { situation.current($0.text("name"))?.startedAt != nil }
        var phase = PodPhase.of(pod, own + initial, isOver: life == .ended, hasInitialized: hasRun)
        for old in [before.text("phase"), pod.pod["status"].text("phase")] where ["Succeeded", "Failed"].contains(old) {
            // There is no way back.
            phase = old
        }
        if verdict != nil { phase = "Failed" }
        var new: JSON = [:]
        if let generation = pod.pod["metadata"]["generation"].int { new["observedGeneration"] = JSON(generation) }
        new["phase"] = .string(phase)
        if let verdict {
            new["reason"] = .string(verdict.reason)
            new["message"] = .string(verdict.message)
        }
        let conditions = PodConditions(
            pod: pod, statuses: initial + own, phase: phase, hasSandbox: situation.sandbox?.phase == .running,
            old: mergedConditions(before), time: Timestamp(parts.now()).text)
        var list = conditions.list
        if life == .running {
            list += resizing.conditions(old: before.list("conditions"), time: Timestamp(parts.now()).text)
        }
        if let disruption {
            list.removeAll { $0.text("type") == "DisruptionTarget" }
            list.append(conditions.disrupted(disruption))
        }
        new["conditions"] = .array(list)
        addAddresses(to: &new, before)
        new["startTime"] = before["startTime"].isNull ? .string(Timestamp(parts.now()).text) : before["startTime"]
        if !initial.isEmpty { new["initContainerStatuses"] = .array(initial) }
        new["containerStatuses"] = .array(own)
        if !ephemeral.isEmpty { new["ephemeralContainerStatuses"] = .array(ephemeral) }
        new["qosClass"] = .string(QualityOfService.ofPod(pod.spec))
        return new
    }

    /// Our own, and those that others wrote meanwhile.
    private func mergedConditions(_ before: JSON) -> [JSON] {
        before.list("conditions").filter { PodConditions.own.contains($0.text("type")) }
            + pod.pod["status"].list("conditions").filter { condition in
                let type = condition.text("type")
                return !PodConditions.own.contains(type)
                    || !before.list("conditions").contains { $0.text("type") == type }
            }
    }

    private func addAddresses(to status: inout JSON, _ before: JSON) {
        let hosts = parts.settings.addresses
        if let first = hosts.first {
            status["hostIP"] = .string(first)
            status["hostIPs"] = .array(hosts.map { ["ip": .string($0)] })
        }
        let own = situation.sandbox == nil && !pod.usesHostNetwork ? [] : podAddresses
        if let first = own.first {
            status["podIP"] = .string(first)
            status["podIPs"] = .array(own.map { ["ip": .string($0)] })
        }
    }

    // MARK: Termination messages

    /// What the container wrote for people, or the end of its log when it failed without a word and asked for that.
    func terminationMessage(_ own: ObservedContainer) async -> String {
        guard let container = pod.container(own.name) else { return "" }
        let file = messageFile(own.name, own.attempt)
        if let text = NodeFiles.end(of: file, bytes: Limit.terminationMessage), !text.isEmpty { return text }
        guard container.text("terminationMessagePolicy") == "FallbackToLogsOnError", own.exitCode != 0 else {
            return ""
        }
        return await logEnd(own.id)
    }

    private func logEnd(_ id: String) async -> String {
        var options = LogOptions()
        options.tail = Limit.terminationLogLines
        guard let (source, _) = try? await parts.engine.containerLogs(id, options) else { return "" }
        var text = ByteBuffer()
        while let chunk = try? await source.next() { text.writeImmutableBuffer(chunk.bytes) }
        let bytes = text.readableBytesView.suffix(Limit.terminationLog)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What the node's container runtime is called.
enum NodeRuntime {
    static let scheme = "docker"
}
