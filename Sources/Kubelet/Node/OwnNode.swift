import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers
import Scheduler

/// What the node knows of its own object, for pods that ask for more of it than its size.
final class OwnNode: Sendable {
    /// Pause before the server is asked again.
    private static let pause = Duration.milliseconds(500)

    private let api: any ObjectAPI
    private let object: NIOLockedValueBox<JSON>
    private let name: String

    /// - Parameter object: as it registers, with its status.
    init(_ api: any ObjectAPI, _ object: JSON) {
        self.api = api
        self.object = NIOLockedValueBox(object)
        name = object["metadata"].text("name")
    }

    /// The object as the API has it now.
    func saw(_ node: JSON) { object.withLockedValue { $0 = Self.relevant(node, $0) } }

    /// As far as it matters to the pod: its labels and taints may have changed a moment ago. Waits for the server, but
    /// not for static pods, which run without one.
    func object(for pod: PodSpec) async -> JSON {
        var known = object.withLockedValue { $0 }
        let isStatic = StaticManifest.isStatic(pod.pod)
        guard NodeAdmission.asksForMore(pod.pod) || NodeAdmission.hasIntolerableTaint(pod.pod, known) else {
            return known
        }
        while !Task.isCancelled {
            if let node = try? await api.get(.nodes, "", name) {
                saw(node)
                known = object.withLockedValue { $0 }
                break
            }
            if isStatic { break }
            try? await Task.sleep(for: Self.pause)
        }
        return known
    }

    /// Without its images. What the kubelet counts itself comes from it.
    private static func relevant(_ node: JSON, _ old: JSON) -> JSON {
        var relevant: JSON = [
            "metadata": ["name": node["metadata"]["name"], "labels": node["metadata"]["labels"]],
            "spec": ["taints": node["spec"]["taints"]], "status": ["allocatable": node["status"]["allocatable"]],
        ]
        for (resource, amount) in old["status"]["allocatable"].object ?? JSONObject() where !resource.contains("/") {
            relevant["status"]["allocatable"][resource] = amount
        }
        return relevant
    }
}
