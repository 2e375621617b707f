import JSON
import KubeModel

/// What the node has given each of a pod's containers: what the pod asks for now, or less of it as long as the node
/// hasn't room for more.
struct PodAllocation: Sendable, Equatable {
    /// `resources` by container name.
    private(set) var given: [String: JSON] = [:]

    /// As the status tells of containers that are there already, else as the pod asks.
    init(_ pod: JSON) {
        for container in Self.resizable(PodSpec(pod)) {
            given[container.text("name")] = Self.told(container.text("name"), pod["status"]) ?? container["resources"]
        }
    }

    private static func told(_ name: String, _ status: JSON) -> JSON? {
        let all = status.list("containerStatuses") + status.list("initContainerStatuses")
        return all.first { $0.text("name") == name && $0["state"].has("running") && $0.has("resources") }?["resources"]
    }

    /// Init containers that end are never resized.
    static func resizable(_ pod: PodSpec) -> [JSON] { pod.containers + pod.initContainers.filter(PodSpec.isSidecar) }

    /// Whether the pod asks for something else than it has been given.
    func differs(from pod: PodSpec) -> Bool {
        Self.resizable(pod).contains { container in
            given[container.text("name")].map { !Self.isSame($0, container["resources"]) } ?? false
        }
    }

    mutating func take(_ pod: PodSpec) {
        for container in Self.resizable(pod) { given[container.text("name")] = container["resources"] }
    }

    /// The pod as it is to be run: with what it was given.
    func applied(to pod: JSON) -> JSON {
        guard differs(from: PodSpec(pod)) else { return pod }
        var pod = pod
        pod.edit("spec") { spec in
            for list in ["containers", "initContainers"] {
                spec.editEach(list) { container in
                    guard let resources = given[container.text("name")] else { return }
                    if resources.isNull { container.remove("resources") } else { container["resources"] = resources }
                }
            }
        }
        return pod
    }

    /// The same amounts, however they are written.
    static func isSame(_ a: JSON, _ b: JSON) -> Bool {
        ["requests", "limits"].allSatisfy { part in
            let (one, other) = (a.map(part), b.map(part))
            return one.count == other.count
                && one.allSatisfy { name, amount in
                    guard let others = other[name] else { return false }
                    return amount == others || Quantity(amount) == Quantity(others)
                }
        }
    }
}
