import JSON
import KubeModel

/// A pod's definition, in the words that the kubelet needs.
struct PodSpec: Sendable {
    let pod: JSON

    init(_ pod: JSON) { self.pod = pod }

    var spec: JSON { pod["spec"] }
    var uid: String { pod["metadata"].text("uid") }
    var name: String { pod["metadata"].text("name") }
    var namespace: String { pod["metadata"].text("namespace") }
    /// `web_default(0b1f…)`, as messages name a pod.
    var fullName: String { "\(name)_\(namespace)(\(uid))" }
    var isDeleted: Bool { pod["metadata"].has("deletionTimestamp") }
    /// Orders pods by when they were made.
    var age: String { "\(pod["metadata"].text("creationTimestamp")) \(uid)" }
    var usesHostNetwork: Bool { spec.flag("hostNetwork") }
    var restartPolicy: String { spec["restartPolicy"].string ?? "Always" }

    var containers: [JSON] { spec.list("containers") }
    var initContainers: [JSON] { spec.list("initContainers") }
    var ephemeralContainers: [JSON] { spec.list("ephemeralContainers") }

    func container(_ name: String) -> JSON? {
        (containers + initContainers + ephemeralContainers).first { $0.text("name") == name }
    }

    func isInit(_ name: String) -> Bool { initContainers.contains { $0.text("name") == name } }
    func isEphemeral(_ name: String) -> Bool { ephemeralContainers.contains { $0.text("name") == name } }

    /// `spec.containers{web}`: the part of the pod that an event is about.
    func path(of container: String) -> String {
        let list = isInit(container) ? "initContainers" : isEphemeral(container) ? "ephemeralContainers" : "containers"
        return "spec.\(list){\(container)}"
    }

    /// Runs beside the others from initialization on.
    static func isSidecar(_ container: JSON) -> Bool { container.text("restartPolicy") == "Always" }

    /// Seconds from the request to end until the kill.
    var grace: Int {
        if isDeleted, let seconds = pod["metadata"]["deletionGracePeriodSeconds"].int { return seconds }
        return spec["terminationGracePeriodSeconds"].int ?? 30
    }

    /// Whether a container that ended with this code is to be started again (`ContainerShouldRestart`).
    func restarts(_ container: JSON, exitCode: Int, isInit: Bool) -> Bool {
        if isInit, Self.isSidecar(container) { return true }
        for rule in container.list("restartPolicyRules") where Self.matches(rule["exitCodes"], exitCode) {
            return rule.text("action") == "Restart"
        }
        let own = container.text("restartPolicy")
        switch own.isEmpty ? restartPolicy : own {
        case "Never": return false
        case "OnFailure": return exitCode != 0
        // Init containers have done their work.
        default: return !isInit || exitCode != 0
        }
    }

    private static func matches(_ codes: JSON, _ exitCode: Int) -> Bool {
        guard codes.object != nil else { return false }
        let isListed = codes.list("values").contains { $0.int == exitCode }
        return codes.text("operator") == "NotIn" ? !isListed : isListed
    }

    /// Changes when a container's image does: then it is made anew.
    static func hash(_ container: JSON) -> String {
        var hash: UInt32 = 2_166_136_261
        for byte in container.text("image").utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return String(hash, radix: 16)
    }
}
