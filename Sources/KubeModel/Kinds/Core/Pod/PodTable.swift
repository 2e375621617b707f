import JSON

/// What `kubectl get pods` prints.
enum PodTable {
    static let table = KindTable([
        .objectName, .init("Ready"), .init("Status"), .init("Restarts"), .objectAge, .init("IP", priority: 1),
        .init("Node", priority: 1), .init("Nominated Node", priority: 1), .init("Readiness Gates", priority: 1),
    ]) { pod, now in
        let (spec, status) = (pod["spec"], pod["status"])
        func orNone(_ text: String) -> JSON { text.isEmpty ? "<none>" : .string(text) }
        var count = Summary(pod)
        count.read()
        return [
            KindTable.Cell.name(pod), .string("\(count.ready)/\(count.total)"), .string(count.reason),
            .string(restarts(count, now)), KindTable.Cell.age(pod, now),
            orNone(status.list("podIPs").first?.text("ip") ?? status.text("podIP")),
            orNone(spec.text("nodeName")), orNone(status.text("nominatedNodeName")), .string(gates(pod)),
        ]
    }

    /// `3 (5m ago)`.
    private static func restarts(_ summary: Summary, _ now: Double) -> String {
        guard summary.restarts != 0, let last = summary.lastRestart else { return "\(summary.restarts)" }
        return "\(summary.restarts) (\(AgeText.of(seconds: now - last)) ago)"
    }

    private static func gates(_ pod: JSON) -> String {
        let gates = pod["spec"].list("readinessGates")
        if gates.isEmpty { return "<none>" }
        let conditions = pod["status"].list("conditions")
        let open = gates.filter { gate in
            conditions.first { $0["type"] == gate["conditionType"] }?["status"] == "True"
        }
        return "\(open.count)/\(gates.count)"
    }

    /// One pod's containers, counted.
    private struct Summary {
        let pod: JSON
        private(set) var ready = 0, total: Int, restarts = 0
        private(set) var reason: String
        /// In seconds since 1970; nil when nothing restarted.
        private(set) var lastRestart: Double?

        private var sidecarRestarts = 0
        private var lastSidecarRestart: Double?

        init(_ pod: JSON) {
            self.pod = pod
            total = pod["spec"].list("containers").count
            let status = pod["status"]
            reason = status.text("reason").isEmpty ? status.text("phase") : status.text("reason")
        }

        mutating func read() {
            let status = pod["status"]
            for condition in status.list("conditions")
            where condition.text("type") == "PodScheduled" && condition.text("reason") == "SchedulingGated" {
                reason = "SchedulingGated"
            }
            let isStarting = readInitial(status.list("initContainerStatuses"))
            let initialized = status.list("conditions").contains {
                $0.text("type") == "Initialized" && $0.text("status") == "True"
            }
            if !isStarting || initialized { readRegular(status.list("containerStatuses")) }
            guard pod["metadata"].has("deletionTimestamp") else { return }
            if status.text("reason") == "NodeLost" {
                reason = "Unknown"
            } else if !["Succeeded", "Failed"].contains(status.text("phase")) {
                reason = "Terminating"
            }
        }

        private func finish(_ status: JSON) -> Double? {
            guard let text = status["lastState", "terminated"]["finishedAt"].string,
                let time = try? Timestamp(parsing: text)
            else { return nil }
            return time.time
        }

        private static func later(_ a: Double?, _ b: Double?) -> Double? {
            guard let a, let b else { return a ?? b }
            return max(a, b)
        }

        /// - Returns: whether one of them keeps the pod from starting.
        private mutating func readInitial(_ statuses: [JSON]) -> Bool {
            let containers = pod["spec"].list("initContainers")
            let sidecars = Set(containers.filter(ContainerRules.isSidecar).map { $0.text("name") })
            total += sidecars.count
            for (index, status) in statuses.enumerated() {
                let count = status["restartCount"].int ?? 0
                let isSidecar = sidecars.contains(status.text("name"))
                restarts &+= count
                lastRestart = Self.later(lastRestart, finish(status))
                if isSidecar {
                    sidecarRestarts &+= count
                    lastSidecarRestart = Self.later(lastSidecarRestart, finish(status))
                }
                let (ended, waiting) = (status["state", "terminated"], status["state", "waiting"])
                if !ended.isNull, (ended["exitCode"].int ?? 0) == 0 { continue }
                if isSidecar, status.flag("started") {
                    if status.flag("ready") { ready += 1 }
                    continue
                }
                if !ended.isNull {
                    reason = "Init:\(Self.end(ended))"
                    return true
                }
                let why = waiting.text("reason")
                reason = !why.isEmpty && why != "PodInitializing" ? "Init:\(why)" : "Init:\(index)/\(containers.count)"
                return true
            }
            return false
        }

        private mutating func readRegular(_ statuses: [JSON]) {
            restarts = sidecarRestarts
            lastRestart = lastSidecarRestart
            var hasRunning = false
            for status in statuses.reversed() {
                restarts &+= status["restartCount"].int ?? 0
                lastRestart = Self.later(lastRestart, finish(status))
                let (ended, waiting) = (status["state", "terminated"], status["state", "waiting"])
                if !waiting.text("reason").isEmpty {
                    reason = waiting.text("reason")
                } else if !ended.isNull {
                    reason = Self.end(ended)
                } else if status.flag("ready"), status["state"].has("running") {
                    hasRunning = true
                    ready += 1
                }
            }
            // Some ended and some run: the pod isn't completed.
            guard reason == "Completed", hasRunning else { return }
            let isReady = pod["status"].list("conditions").contains {
                $0.text("type") == "Ready" && $0.text("status") == "True"
            }
            reason = isReady ? "Running" : "NotReady"
        }

        /// Why a container ended.
        private static func end(_ state: JSON) -> String {
            let reason = state.text("reason")
            if !reason.isEmpty { return reason }
            let signal = state["signal"].int ?? 0
            return signal != 0 ? "Signal:\(signal)" : "ExitCode:\(state["exitCode"].int ?? 0)"
        }
    }
}
