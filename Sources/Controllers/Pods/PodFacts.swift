import JSON
import KubeModel

/// What controllers judge pods by (kubernetes `pkg/api/v1/pod`, `pkg/controller`).
enum PodFacts {
    static func phase(_ pod: JSON) -> String { pod["status"].text("phase") }

    /// Whether it has ended, well or not.
    static func isFinished(_ pod: JSON) -> Bool { ["Succeeded", "Failed"].contains(phase(pod)) }

    /// Whether it counts towards replicas.
    static func isActive(_ pod: JSON) -> Bool { !isFinished(pod) && !pod.isBeingDeleted }

    static func isTerminating(_ pod: JSON) -> Bool { !isFinished(pod) && pod.isBeingDeleted }

    /// Null when it has none of that type.
    static func condition(_ pod: JSON, _ type: String) -> JSON { Conditions.find(type, in: pod["status"]) }

    static func isReady(_ pod: JSON) -> Bool { condition(pod, "Ready").text("status") == "True" }

    /// Since when it is ready; nil when it isn't.
    static func readyTime(_ pod: JSON) -> Timestamp? {
        let ready = condition(pod, "Ready")
        return ready.text("status") == "True" ? ready.time("lastTransitionTime") : nil
    }

    /// Whether it has been ready for that many seconds.
    static func isAvailable(_ pod: JSON, minReadySeconds: Int, now: Double) -> Bool {
        guard isReady(pod) else { return false }
        if minReadySeconds == 0 { return true }
        guard let since = readyTime(pod) else { return false }
        return since.time + Double(minReadySeconds) <= now
    }

    /// Seconds until the next of the pods has been ready for long enough; nil when none waits for that.
    static func nextAvailability(_ pods: [JSON], minReadySeconds: Int, now: Double) -> Double? {
        guard minReadySeconds > 0 else { return nil }
        return pods.compactMap { readyTime($0) }.map { $0.time + Double(minReadySeconds) - now }.filter { $0 > 0 }.min()
    }

    /// Whether a container of that pod is a sidecar: an init container that is restarted always.
    static func isSidecar(_ container: JSON) -> Bool { container.text("restartPolicy") == "Always" }

    /// The most restarts of one container, and of one sidecar.
    static func restarts(_ pod: JSON) -> (containers: Int, sidecars: Int) {
        let status = pod["status"]
        let names = Set(pod["spec"].list("initContainers").filter(isSidecar).map { $0.text("name") })
        let sidecars = status.list("initContainerStatuses").filter { names.contains($0.text("name")) }
        func most(_ list: [JSON]) -> Int { list.map { $0["restartCount"].int ?? 0 }.max() ?? 0 }
        return (most(status.list("containerStatuses")), most(sidecars))
    }
}
