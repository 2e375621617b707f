import JSON
import KubeModel

/// How large a volume in memory may grow.
enum MemorySize {
    /// The least of the node's memory for pods, the pod's limit, and the volume's own; nil when nothing is known.
    static func of(_ volume: JSON, pod: JSON, allocatable: JSON) -> Int? {
        [Quantity(allocatable["memory"])?.value, podLimit(pod), Quantity(volume["emptyDir"]["sizeLimit"])?.value]
            .compactMap { $0 }.filter { $0 > 0 }.min()
    }

    /// Nil when a container has none.
    private static func podLimit(_ pod: JSON) -> Int? {
        if let limit = Quantity(pod["spec"]["resources"]["limits"]["memory"]) { return limit.value }
        func limit(_ container: JSON) -> Int? { Quantity(container["resources"]["limits"]["memory"])?.value }
        var (total, most) = (0, 0)
        for container in pod["spec"]["initContainers"].array ?? [] {
            guard let own = limit(container) else { return nil }
            if container["restartPolicy"].string == "Always" { total += own } else { most = max(most, total + own) }
        }
        for container in pod["spec"]["containers"].array ?? [] {
            guard let own = limit(container) else { return nil }
            total += own
        }
        return max(total, most)
    }
}
