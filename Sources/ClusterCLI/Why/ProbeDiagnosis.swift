import JSON
import KubeModel

/// Probes that fail, and what they may ask wrongly.
struct ProbeDiagnosis {
    let container: ContainerDiagnosis

    init(of container: ContainerDiagnosis) { self.container = container }

    private static let words = [
        "livenessProbe": "liveness", "readinessProbe": "readiness", "startupProbe": "startup",
    ]

    /// It runs and isn't ready, or hasn't started.
    func failing(_ kind: String) -> Finding {
        let word = Self.words[kind] ?? ""
        let start = "pod/\(container.podName) is Running but not Ready: "
        guard container.container.has(kind) else {
            return Finding(.waiting, "\(start)its \(container.place) was started a moment ago.")
        }
        let last = lastMessage(word)
        let why = last.isEmpty ? "hasn't succeeded yet" : "fails: \(container.clean(last))"
        return finding(
            kind, cause: kind == "startupProbe" ? .startup : .readiness,
            "\(start)the \(word) probe of its \(container.place) \(why), so no service sends it anything.")
    }

    /// It is killed by the probe again and again.
    func killed(_ kind: String, _ times: String) -> Finding {
        let word = Self.words[kind] ?? ""
        let last = lastMessage(word)
        let why = last.isEmpty ? "" : ": \(container.clean(last))"
        return finding(
            kind, cause: kind == "startupProbe" ? .startup : .liveness,
            "pod/\(container.podName) isn't Ready: its \(container.place) is killed because its \(word) probe "
                + "fails\(why)\(times).")
    }

    private func lastMessage(_ word: String) -> String {
        let prefix = word.prefix(1).uppercased() + word.dropFirst() + " probe failed: "
        let event = container.situation.lastEvent(about: container.pod, ["Unhealthy"]) { $0.hasPrefix(prefix) }
        return String(event?.text("message").dropFirst(prefix.count) ?? "")
    }

    private func finding(_ kind: String, cause: Diagnosis.Cause, _ text: String) -> Finding {
        let owner = container.owner
        guard let wrong = wrongPort(kind) else {
            return Finding(
                cause, text, fix: "Make the program answer it, or give the probe more time or another question.",
                command: "kubectl logs \(container.podName) -c \(container.name)\(owner.flag)")
        }
        let known = wrong.declared.map(String.init).joined(separator: ", ")
        let right = wrong.declared.count == 1 ? "\(wrong.declared[0])" : "PORT"
        return Finding(
            cause, text, fix: "It asks port \(wrong.asked), but the container declares \(known): correct the port.",
            command: patch(kind, wrong.action, port: right))
    }

    /// The probe asks a port that the container doesn't declare, though it declares some.
    private func wrongPort(_ kind: String) -> (action: String, asked: String, declared: [Int])? {
        let ports = container.container["ports"].array ?? []
        let declared = ports.compactMap { $0["containerPort"].int }
        guard !declared.isEmpty else { return nil }
        for action in ["httpGet", "tcpSocket", "grpc"] {
            let port = container.container[kind][action]["port"]
            if let number = port.int, !declared.contains(number) { return (action, "\(number)", declared) }
            if let name = port.string, !ports.contains(where: { $0.text("name") == name }) {
                return (action, "\"\(name)\"", declared)
            }
        }
        return nil
    }

    private func patch(_ kind: String, _ action: String, port: String) -> String {
        let owner = container.owner
        let spec =
            "{\"spec\":{\"containers\":[{\"name\":\"\(container.name)\",\"\(kind)\":{\"\(action)\":{\"port\":\(port)}}}]}}"
        if owner.isPod { return "" }
        let template = "{\"spec\":{\"template\":\(spec)}}"
        return "kubectl patch \(owner.path)\(owner.flag) -p '\(template)'"
    }
}
