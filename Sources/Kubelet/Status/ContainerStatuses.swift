import JSON
import KubeModel

/// `status.containerStatuses` and its two sisters, from what the engine has and why the rest isn't there. Pure.
struct ContainerStatuses: Sendable {
    let situation: PodSituation
    /// By container name.
    let waits: [String: PodWorker.Wait]
    /// What the status said before.
    let old: JSON
    /// Before the slash of container IDs: `docker`.
    let runtime: String
    /// The images' digests or IDs as statuses show them, by container ID.
    let imageIDs: [String: String]

    private var pod: PodSpec { situation.pod }

    func list(_ member: String, of containers: [JSON]) -> [JSON] {
        let before = Dictionary(
            old.list(member).map { ($0.text("name"), $0) }, uniquingKeysWith: { first, _ in first })
        return containers.map { status(of: $0, before[$0.text("name")], isInit: member == "initContainerStatuses") }
            .sorted { member == "containerStatuses" && $0.text("name") < $1.text("name") }
    }

    private func status(of container: JSON, _ before: JSON?, isInit: Bool) -> JSON {
        let name = container.text("name")
        let observed = situation.containers[name] ?? []
        var status: JSON
        if let latest = observed.last {
            status = shown(latest, container, before, isInit: isInit)
            if let previous = observed.dropLast().last {
                status["lastState"] = state(previous)
            } else if let last = before?["lastState"], latest.attempt > 0, !last.isNull {
                status["lastState"] = last
            }
        } else {
            status = missing(container, before)
        }
        if let wait = waits[name], isStillDue(container, observed.last, isInit: isInit) {
            if status["state"].has("terminated") { status["lastState"] = status["state"] }
            status["state"] = ["waiting": waiting(wait)]
        }
        if let volumes = volumeMounts(container) { status["volumeMounts"] = volumes }
        return status
    }

    private func waiting(_ wait: PodWorker.Wait) -> JSON {
        var json: JSON = ["reason": .string(wait.reason)]
        if !wait.message.isEmpty { json["message"] = .string(wait.message) }
        return json
    }

    /// Whether it isn't there and is to be.
    private func isStillDue(_ container: JSON, _ latest: ObservedContainer?, isInit: Bool) -> Bool {
        if pod.isDeleted { return false }
        guard let latest else { return true }
        switch latest.phase {
        case .running: return false
        case .created: return true
        case .exited:
            return situation.replaced.contains(latest.id)
                || pod.restarts(container, exitCode: latest.exitCode, isInit: isInit)
        }
    }

    // MARK: States

    private func shown(_ own: ObservedContainer, _ container: JSON, _ before: JSON?, isInit: Bool) -> JSON {
        let isStarted = situation.isStarted(container, own)
        let isReady: Bool
        if isInit, !PodSpec.isSidecar(container) {
            isReady = own.phase == .exited && own.exitCode == 0
        } else {
            let isAsked = container.has(ProbeKind.readiness.member)
            isReady = isStarted && (!isAsked || situation.probes[own.id]?.readiness == true)
        }
        var status: JSON = [
            "name": .string(own.name), "state": state(own), "lastState": [:], "ready": .bool(isReady),
            "restartCount": JSON(own.attempt), "image": .string(own.image),
            "imageID": .string(imageIDs[own.id] ?? ""), "containerID": .string("\(runtime)://\(own.id)"),
        ]
        if !pod.isEphemeral(own.name) {
            status["started"] = .bool(isStarted)
            addResources(container, own, before, to: &status)
        }
        return status
    }

    /// What it was given, and what is in effect of that.
    private func addResources(
        _ container: JSON, _ own: ObservedContainer, _ before: JSON?, to status: inout JSON
    ) {
        let resources = container["resources"]
        if !resources.map("requests").isEmpty { status["allocatedResources"] = resources["requests"] }
        status["resources"] = resources.isNull ? [:] : resources
        guard own.phase == .running, let has = situation.limits(of: own), let before, before.has("resources"),
            before["containerID"] == status["containerID"]
        else { return }
        var host: JSON = [:]
        ResourceLimits.apply(container, pod, memory: 1, to: &host)
        if ObservedContainer.Limits(host: host) != has { status["resources"] = before["resources"] }
    }

    private func state(_ own: ObservedContainer) -> JSON {
        func time(_ seconds: Double?) -> JSON { .string(Timestamp(seconds ?? 0).text) }
        switch own.phase {
        case .created: return ["waiting": [:]]
        case .running: return ["running": ["startedAt": time(own.startedAt)]]
        case .exited:
            var ended: JSON = ["exitCode": JSON(own.exitCode), "reason": .string(Self.reason(own))]
            let message = own.startFault.isEmpty ? own.message : own.startFault
            if !message.isEmpty { ended["message"] = .string(message) }
            ended["startedAt"] = time(own.startedAt)
            ended["finishedAt"] = time(own.finishedAt)
            ended["containerID"] = .string("\(runtime)://\(own.id)")
            return ["terminated": ended]
        }
    }

    static func reason(_ own: ObservedContainer) -> String {
        if !own.startFault.isEmpty { return "StartError" }
        if own.isOutOfMemory { return "OOMKilled" }
        return own.exitCode == 0 ? "Completed" : "Error"
    }

    /// One that isn't there: not yet, or no more.
    private func missing(_ container: JSON, _ before: JSON?) -> JSON {
        if let before, before["state"].has("terminated") { return before }
        let reason = pod.initContainers.isEmpty ? "ContainerCreating" : "PodInitializing"
        var status: JSON = [
            "name": container["name"], "state": ["waiting": ["reason": .string(reason)]],
            "lastState": before?["lastState"].object == nil ? [:] : before?["lastState"] ?? [:], "ready": false,
            "restartCount": before?["restartCount"].int.map { JSON($0) } ?? 0, "image": container["image"],
            "imageID": "",
        ]
        if !pod.isEphemeral(container.text("name")) { status["started"] = false }
        if let before, before["state"].has("running"), !status["lastState"].has("terminated") {
            status["lastState"] = [
                "terminated": [
                    "exitCode": 137, "reason": "ContainerStatusUnknown",
                    "message":
                        "The container could not be located when the pod was deleted.  The container used to be Running",
                    "startedAt": .null, "finishedAt": .null,
                ]
            ]
            if !pod.isDeleted { status["restartCount"] = JSON((before["restartCount"].int ?? 0) + 1) }
        }
        return status
    }

    private func volumeMounts(_ container: JSON) -> JSON? {
        let mounts = container.list("volumeMounts")
        if mounts.isEmpty { return nil }
        return .array(
            mounts.map { mount in
                var shown: JSON = ["name": mount["name"], "mountPath": mount["mountPath"]]
                if mount.flag("readOnly") {
                    shown["readOnly"] = true
                    let mode = mount.text("recursiveReadOnly")
                    shown["recursiveReadOnly"] = mode == "Enabled" || mode == "IfPossible" ? "Enabled" : "Disabled"
                }
                return shown
            })
    }
}
