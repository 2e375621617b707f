import JSON
import KubeModel

/// A pod's phase, from its containers' statuses (the original's `getPhase`). Pure.
enum PodPhase {
    private struct Counts {
        var pendingInit = 0, pendingSidecars = 0
        var unknown = 0, running = 0, waiting = 0, stopped = 0, stoppedForGood = 0, succeeded = 0
        var hasFailedInit = false
    }

    /// - Parameters:
    ///   - isOver: nothing of the pod will be started again.
    ///   - hasInitialized: one of its own containers has run.
    static func of(_ pod: PodSpec, _ statuses: [JSON], isOver: Bool, hasInitialized: Bool) -> String {
        let byName = Dictionary(statuses.map { ($0.text("name"), $0) }, uniquingKeysWith: { first, _ in first })
        var counts = Counts()
        for container in pod.initContainers {
            let status = byName[container.text("name")]
            if PodSpec.isSidecar(container) {
                countSidecar(status, &counts)
            } else {
                countInit(container, pod, status, &counts)
            }
        }
        for container in pod.containers { count(container, pod, byName[container.text("name")], &counts) }
        if counts.hasFailedInit { return "Failed" }
        if counts.pendingInit > 0 || (counts.pendingSidecars > 0 && !hasInitialized) || counts.waiting > 0 {
            return "Pending"
        }
        if counts.running > 0, counts.unknown == 0 { return "Running" }
        guard counts.running == 0, counts.stopped > 0, counts.unknown == 0 else { return "Pending" }
        if !isOver, counts.stopped != counts.stoppedForGood { return "Running" }
        return counts.stopped == counts.succeeded ? "Succeeded" : "Failed"
    }

    private static func exitCode(_ state: JSON) -> Int? {
        state["terminated"].object == nil ? nil : state["terminated"]["exitCode"].int ?? 0
    }

    private static func countInit(_ container: JSON, _ pod: PodSpec, _ status: JSON?, _ counts: inout Counts) {
        guard let status else { return counts.pendingInit += 1 }
        let state = status["state"]
        let code = exitCode(state) ?? (state.has("waiting") ? exitCode(status["lastState"]) : nil)
        guard let code else { return counts.pendingInit += 1 }
        if code != 0, !pod.restarts(container, exitCode: code, isInit: true) { counts.hasFailedInit = true }
    }

    private static func countSidecar(_ status: JSON?, _ counts: inout Counts) {
        guard let status else { return counts.unknown += 1 }
        if status["state"].has("running") {
            if !status.flag("started") { counts.pendingSidecars += 1 }
            counts.running += 1
        } else if status["state"].has("waiting"), !status["lastState"].has("terminated") {
            counts.pendingSidecars += 1
            counts.waiting += 1
        }
    }

    private static func count(_ container: JSON, _ pod: PodSpec, _ status: JSON?, _ counts: inout Counts) {
        guard let status else { return counts.unknown += 1 }
        let state = status["state"]
        if state.has("running") { return counts.running += 1 }
        if let code = exitCode(state) {
            counts.stopped += 1
            if code == 0 { counts.succeeded += 1 }
            if !pod.restarts(container, exitCode: code, isInit: false) { counts.stoppedForGood += 1 }
        } else if let code = exitCode(status["lastState"]) {
            counts.stopped += 1
            if !pod.restarts(container, exitCode: code, isInit: false) { counts.stoppedForGood += 1 }
        } else {
            counts.waiting += 1
        }
    }
}
