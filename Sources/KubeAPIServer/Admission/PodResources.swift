import JSON
import KubeModel

/// Amounts by the resource's name.
typealias ResourceAmounts = [String: Quantity]

extension ResourceAmounts {
    /// From a `ResourceList`; what is no quantity is left out.
    init(_ json: JSON) {
        self = [:]
        for (name, value) in json.object ?? JSONObject() { self[name] = Quantity(value) }
    }

    static func + (a: ResourceAmounts, b: ResourceAmounts) -> ResourceAmounts { a.merging(b) { $0 + $1 } }

    func maximum(_ other: ResourceAmounts) -> ResourceAmounts {
        merging(other) { $0.compare(to: $1) >= 0 ? $0 : $1 }
    }

    /// Only those with the names.
    func masked(_ names: some Collection<String>) -> ResourceAmounts { filter { names.contains($0.key) } }

    var json: JSON {
        .object(JSONObject(sorted { $0.key < $1.key }.map { ($0.key, .string($0.value.description)) }))
    }

    /// `cpu=1,pods=2`.
    var text: String { sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",") }
}

/// What a pod asks for and may use as a whole (component-helpers' `PodRequests`, `PodLimits`).
enum PodResources {
    static func requests(_ spec: JSON, withOverhead: Bool) -> ResourceAmounts {
        var total = total(spec, "requests")
        if withOverhead { total = total + ResourceAmounts(spec["overhead"]) }
        return total
    }

    /// Overhead counts only for resources that have a limit.
    static func limits(_ spec: JSON, withOverhead: Bool) -> ResourceAmounts {
        var total = total(spec, "limits")
        guard withOverhead else { return total }
        for (name, amount) in ResourceAmounts(spec["overhead"]) {
            if let limit = total[name], !limit.isZero { total[name] = limit + amount }
        }
        return total
    }

    /// Ordinary containers run together, with sidecars; an init container runs with the sidecars before it.
    private static func total(_ spec: JSON, _ member: String) -> ResourceAmounts {
        func amounts(_ container: JSON) -> ResourceAmounts { ResourceAmounts(container["resources", member]) }
        var running = spec.list("containers").reduce(ResourceAmounts()) { $0 + amounts($1) }
        var sidecars = ResourceAmounts(), starting = ResourceAmounts()
        for container in spec.list("initContainers") {
            let own = amounts(container)
            if container["restartPolicy"] == "Always" {
                running = running + own
                sidecars = sidecars + own
                starting = starting.maximum(sidecars)
            } else {
                starting = starting.maximum(own + sidecars)
            }
        }
        var total = running.maximum(starting)
        // The pod's own amounts stand for the sum of its containers'.
        for (name, amount) in ResourceAmounts(spec["resources", member]) { total[name] = amount }
        return total
    }

    /// Whether no container asks for or limits CPU or memory.
    static func isBestEffort(_ spec: JSON) -> Bool {
        let parts = spec.list("containers") + spec.list("initContainers") + [spec]
        return !parts.contains { part in
            ["requests", "limits"].contains { member in
                ["cpu", "memory"].contains { Quantity(part["resources", member, $0]).map { !$0.isZero } ?? false }
            }
        }
    }
}
