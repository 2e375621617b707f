import JSON
import KubeModel

/// What a pod may take of its node's disk. Pure, by the original's rules (`pkg/kubelet/eviction`).
struct StorageLimits: Sendable {
    /// What is measured of a pod, in bytes.
    struct Use: Sendable, Equatable {
        /// Of `emptyDir` volumes on disk, by their names.
        var volumes: [String: Int] = [:]
        /// Writable layers and logs, by container name.
        var containers: [String: Int] = [:]
        /// Of what else of the pod lies on the disk: files that come from objects, /etc/hosts.
        var other = 0

        var whole: Int { volumes.values.reduce(0, +) + containers.values.reduce(0, +) + other }
    }

    private static let resource = "ephemeral-storage"

    /// `emptyDir` volumes on disk with a limit, in the pod's order. One in memory can't grow beyond its own.
    let volumes: [(name: String, limit: Quantity)]
    /// Containers with a limit. Init containers are bound by the whole pod's alone.
    let containers: [(name: String, limit: Quantity)]
    /// Of all of the pod together; nil: none of its containers has a limit.
    let pod: Quantity?

    init(_ spec: PodSpec) {
        volumes = spec.spec.list("volumes").compactMap { volume in
            let source = volume["emptyDir"]
            guard source.object != nil, source.text("medium").isEmpty, let limit = Quantity(source["sizeLimit"]),
                limit.sign > 0
            else { return nil }
            return (volume.text("name"), limit)
        }
        containers = spec.containers.compactMap { container in
            guard let limit = Self.limit(container), limit.sign > 0 else { return nil }
            return (container.text("name"), limit)
        }
        pod = Self.whole(spec)
    }

    var isEmpty: Bool { volumes.isEmpty && pod == nil }

    private static func limit(_ container: JSON) -> Quantity? {
        container["resources"].map("limits")[resource].flatMap { Quantity($0) }
    }

    /// Containers and sidecars together, or what the pod may take while it starts, if that is more. Containers without
    /// a limit don't count.
    private static func whole(_ spec: PodSpec) -> Quantity? {
        func sum(_ a: Quantity?, _ b: Quantity?) -> Quantity? { a.map { a in b.map { a + $0 } ?? a } ?? b }
        func most(_ a: Quantity?, _ b: Quantity?) -> Quantity? { a.map { a in b.map { max(a, $0) } ?? a } ?? b }
        var running = spec.containers.reduce(Quantity?.none) { sum($0, limit($1)) }
        var sidecars: Quantity?, starting: Quantity?
        for container in spec.initContainers {
            guard let own = limit(container) else { continue }
            if PodSpec.isSidecar(container) {
                running = sum(running, own)
                sidecars = sum(sidecars, own)
                starting = most(starting, sidecars)
            } else {
                starting = most(starting, sum(own, sidecars))
            }
        }
        return most(running, starting)
    }

    /// Why the pod is to be evicted, in the original's words; nil: it keeps to its limits.
    func excess(_ use: Use) -> String? {
        for (name, limit) in volumes where Quantity(use.volumes[name] ?? 0) > limit {
            return "Usage of EmptyDir volume \"\(name)\" exceeds the limit \"\(limit)\". "
        }
        if let pod, Quantity(use.whole) > pod {
            return "Pod ephemeral local storage usage exceeds the total limit of containers \(pod). "
        }
        for (name, limit) in containers where Quantity(use.containers[name] ?? 0) > limit {
            return "Container \(name) exceeded its local ephemeral storage limit \"\(limit)\". "
        }
        return nil
    }
}
