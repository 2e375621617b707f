import JSON
import KubeModel

/// How the engine's containers tell whose they are: Docker names and labels as the original's Docker runtime gave
/// them, so that a kubelet that comes back knows its containers.
struct ContainerIdentity: Sendable, Equatable {
    enum Label {
        static let podName = "io.kubernetes.pod.name"
        static let podNamespace = "io.kubernetes.pod.namespace"
        static let podUID = "io.kubernetes.pod.uid"
        static let container = "io.kubernetes.container.name"
        static let kind = "io.kubernetes.docker.type"
        static let sandbox = "io.kubernetes.sandbox.id"
        static let attempt = "annotation.io.kubernetes.container.restartCount"
        static let hash = "annotation.io.kubernetes.container.hash"
        static let grace = "annotation.io.kubernetes.pod.terminationGracePeriod"
        static let messagePath = "annotation.io.kubernetes.container.terminationMessagePath"
        static let messagePolicy = "annotation.io.kubernetes.container.terminationMessagePolicy"
    }

    static let sandboxName = "POD"

    let podName: String, podNamespace: String, podUID: String
    /// `POD` for a sandbox.
    let container: String
    let attempt: Int

    init(_ pod: JSON, container: String, attempt: Int) {
        let metadata = pod["metadata"]
        podName = metadata.text("name")
        podNamespace = metadata.text("namespace")
        podUID = metadata.text("uid")
        self.container = container
        self.attempt = attempt
    }

    /// `k8s_web_web-5d8f_default_UID_0`.
    var name: String { "k8s_\(container)_\(podName)_\(podNamespace)_\(podUID)_\(attempt)" }

    var labels: [String: String] {
        [
            Label.podName: podName, Label.podNamespace: podNamespace, Label.podUID: podUID,
            Label.container: container, Label.attempt: "\(attempt)",
            Label.kind: container == Self.sandboxName ? "podsandbox" : "container",
        ]
    }
}
