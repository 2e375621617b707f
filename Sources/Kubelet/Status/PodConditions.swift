import JSON
import KubeModel

/// The pod's conditions that are the kubelet's to say. Pure.
struct PodConditions: Sendable {
    static let own: Set<String> = [
        "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled",
        "PodResizePending", "PodResizeInProgress",
    ]

    let pod: PodSpec
    /// Of init containers and containers.
    let statuses: [JSON]
    let phase: String
    let hasSandbox: Bool
    /// What the status said before, with other writers' conditions.
    let old: [JSON]
    /// As statuses write it.
    let time: String

    private struct Verdict: Equatable {
        var isTrue = true
        var reason = "", message = ""
    }

    var list: [JSON] {
        let containers = containersReady
        return [
            condition("PodReadyToStartContainers", Verdict(isTrue: hasSandbox)),
            condition("Initialized", initialized), condition("Ready", ready(containers)),
            condition("ContainersReady", containers), condition("PodScheduled", Verdict()),
        ]
    }

    /// Why it is being ended, for those who count disruptions.
    func disrupted(_ message: String) -> JSON {
        condition("DisruptionTarget", Verdict(reason: "TerminationByKubelet", message: message))
    }

    private func condition(_ type: String, _ verdict: Verdict) -> JSON {
        let before = old.first { $0.text("type") == type }
        let status = verdict.isTrue ? "True" : "False"
        let isSame = before?.text("status") == status
        var json: JSON = ["type": .string(type), "status": .string(status)]
        if let generation = pod.pod["metadata"]["generation"].int { json["observedGeneration"] = JSON(generation) }
        json["lastProbeTime"] = .null
        json["lastTransitionTime"] = isSame ? before?["lastTransitionTime"] ?? .string(time) : .string(time)
        if !verdict.reason.isEmpty { json["reason"] = .string(verdict.reason) }
        if !verdict.message.isEmpty { json["message"] = .string(verdict.message) }
        return json
    }

    private func status(_ name: String) -> JSON? { statuses.first { $0.text("name") == name } }

    private static func listed(_ names: [String]) -> String { "[" + names.joined(separator: " ") + "]" }

    private func joined(unknown: [String], _ what: String, _ others: [String]) -> String {
        var parts: [String] = []
        if !unknown.isEmpty { parts.append("containers with unknown status: \(Self.listed(unknown))") }
        if !others.isEmpty { parts.append("containers with \(what) status: \(Self.listed(others))") }
        return parts.joined(separator: ", ")
    }

    private var initialized: Verdict {
        var unknown: [String] = [], incomplete: [String] = []
        for container in pod.initContainers {
            let name = container.text("name")
            guard let status = status(name) else {
                unknown.append(name)
                continue
            }
            let isDone = PodSpec.isSidecar(container) ? status.flag("started") : status.flag("ready")
            if !isDone { incomplete.append(name) }
        }
        if phase == "Succeeded", unknown.isEmpty { return Verdict(reason: "PodCompleted") }
        if hasAnyStarted { return Verdict() }
        let message = joined(unknown: unknown, "incomplete", incomplete)
        return message.isEmpty
            ? Verdict() : Verdict(isTrue: false, reason: "ContainersNotInitialized", message: message)
    }

    /// Whether one of the pod's own containers has run.
    private var hasAnyStarted: Bool {
        pod.containers.contains { container in
            guard let status = status(container.text("name")) else { return false }
            return status.flag("started") || status["state"].has("terminated") || status["lastState"].has("terminated")
        }
    }

    private var containersReady: Verdict {
        var unknown: [String] = [], unready: [String] = []
        for container in pod.initContainers.filter(PodSpec.isSidecar) + pod.containers {
            let name = container.text("name")
            guard let status = status(name) else {
                unknown.append(name)
                continue
            }
            if !status.flag("ready") { unready.append(name) }
        }
        if phase == "Succeeded", unknown.isEmpty { return Verdict(isTrue: false, reason: "PodCompleted") }
        if phase == "Failed" { return Verdict(isTrue: false, reason: "PodFailed") }
        let message = joined(unknown: unknown, "unready", unready)
        return message.isEmpty ? Verdict() : Verdict(isTrue: false, reason: "ContainersNotReady", message: message)
    }

    private func ready(_ containers: Verdict) -> Verdict {
        guard containers.isTrue else { return containers }
        let faults = pod.spec.list("readinessGates").compactMap { gate -> String? in
            let type = gate.text("conditionType")
            guard let condition = old.first(where: { $0.text("type") == type }) else {
                return "corresponding condition of pod readiness gate \"\(type)\" does not exist."
            }
            if condition.text("status") == "True" { return nil }
            return "the status of pod readiness gate \"\(type)\" is not \"True\", but \(condition.text("status"))"
        }
        if faults.isEmpty { return Verdict() }
        return Verdict(isTrue: false, reason: "ReadinessGatesNotReady", message: faults.joined(separator: ", "))
    }
}
