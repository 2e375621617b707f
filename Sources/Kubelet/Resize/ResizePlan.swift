import JSON
import KubeModel

/// What is to be done so that running containers have what they were given. Pure.
struct ResizePlan: Sendable, Equatable {
    struct Update: Sendable, Equatable {
        let id: String, name: String
        /// The Engine API's request.
        let body: JSON
        /// The new memory limit in bytes, when it is lower than the old one.
        var lowered: Int?
    }

    /// By container ID: those whose policy wants them started anew for it.
    private(set) var restarts: Set<String> = []
    /// What gets less comes first.
    private(set) var updates: [Update] = []

    var isEmpty: Bool { restarts.isEmpty && updates.isEmpty }

    init() {}

    /// - Parameters:
    ///   - shown: the status that was told last.
    ///   - isResizing: the pod was given another size that isn't in effect yet.
    ///   - memory: of the node, in bytes.
    init(_ situation: PodSituation, shown: JSON, isResizing: Bool, memory: Int) {
        let told = shown.list("containerStatuses") + shown.list("initContainerStatuses")
        for container in PodAllocation.resizable(situation.pod) {
            guard let own = situation.current(container.text("name")), own.phase == .running,
                !situation.dying.contains(own.id), let has = situation.limits(of: own)
            else { continue }
            var body: JSON = [:]
            ResourceLimits.apply(container, situation.pod, memory: memory, to: &body)
            let wants = ObservedContainer.Limits(host: body)
            let before = told.first { $0.text("name") == own.name && $0.text("containerID").hasSuffix(own.id) }
            if Self.restarts(container, from: before?["resources"]) {
                restarts.insert(own.id)
                continue
            }
            // An engine may be unable to hold a container to its limits: only a change is told to it.
            let isNew =
                isResizing || before.map { !PodAllocation.isSame($0["resources"], container["resources"]) } ?? false
            if wants == has || !isNew { continue }
            body.remove("OomScoreAdj")
            var update = Update(id: own.id, name: own.name, body: body)
            if wants.memory > 0, has.memory == 0 || wants.memory < has.memory { update.lowered = wants.memory }
            let isLess = wants.memory < has.memory || wants.quota < has.quota || wants.shares < has.shares
            updates.insert(update, at: isLess ? 0 : updates.count)
        }
    }

    /// - Parameter shown: what it has, as the status tells; nil: it tells nothing of this container yet.
    private static func restarts(_ container: JSON, from shown: JSON?) -> Bool {
        guard let shown, shown.object != nil else { return false }
        return container.list("resizePolicy").contains { policy in
            policy.text("restartPolicy") == "RestartContainer"
                && ["requests", "limits"].contains { part in
                    let name = policy.text("resourceName")
                    let (new, old) = (container["resources"].map(part)[name], shown.map(part)[name])
                    return new.flatMap { Quantity($0) } != old.flatMap { Quantity($0) }
                }
        }
    }
}

/// How far the pod's newest size has come, as two of its conditions tell. Pure.
struct ResizeProgress: Sendable, Equatable {
    struct Mark: Sendable, Equatable {
        var generation: Int
        var reason = "", message = ""
    }

    /// Not given yet.
    var pending: Mark?
    /// Given, and not in effect yet.
    var running: Mark?

    /// - Parameters:
    ///   - old: the conditions that the status has.
    ///   - time: as statuses write it.
    func conditions(old: [JSON], time: String) -> [JSON] {
        [("PodResizePending", pending), ("PodResizeInProgress", running)].compactMap { type, mark in
            guard let mark else { return nil }
            let before = old.first { $0.text("type") == type }
            let isSame = before?.text("reason") == mark.reason
            let since = isSame ? before?["lastTransitionTime"] ?? .string(time) : .string(time)
            var json: JSON = ["type": .string(type), "status": "True"]
            json["observedGeneration"] = JSON(mark.generation)
            json["lastProbeTime"] = since
            json["lastTransitionTime"] = since
            if !mark.reason.isEmpty { json["reason"] = .string(mark.reason) }
            if !mark.message.isEmpty { json["message"] = .string(mark.message) }
            return json
        }
    }

    /// `Pod resize started: {"containers":[…],"generation":3}`, as events tell of it.
    static func told(_ words: String, _ pod: PodSpec, generation: Int, error: String = "") -> String {
        func list(_ containers: [JSON]) -> JSON {
            .array(
                containers.map { container in
                    let resources = container["resources"]
                    return ["name": container["name"], "resources": resources.isNull ? [:] : resources]
                })
        }
        var summary: JSON = [:]
        if !pod.initContainers.isEmpty { summary["initContainers"] = list(pod.initContainers) }
        if !pod.containers.isEmpty { summary["containers"] = list(pod.containers) }
        summary["generation"] = JSON(generation)
        if !error.isEmpty { summary["error"] = .string(error) }
        return "\(words): \(summary.text)"
    }
}
