import JSON

/// How a pod fares when its node runs out (`status.qosClass`).
package enum QualityOfService {
    /// Nothing asked: `BestEffort`. Every container's cpu and memory limited to what is asked: `Guaranteed`.
    package static func ofPod(_ spec: JSON) -> String {
        let whole = spec["resources"]
        let parts =
            whole.isNull
            ? (spec.list("containers") + spec.list("initContainers")).map { $0["resources"] } : [whole]
        var (requests, limits): (PodResources.Amounts, PodResources.Amounts) = ([:], [:])
        var isLimited = true
        for resources in parts {
            var limited = 0
            for name in ["cpu", "memory"] {
                if let amount = Quantity(resources.map("requests")[name] ?? .null), amount.sign > 0 {
                    requests[name] = requests[name].map { $0 + amount } ?? amount
                }
                if let amount = Quantity(resources.map("limits")[name] ?? .null), amount.sign > 0 {
                    limits[name] = limits[name].map { $0 + amount } ?? amount
                    limited += 1
                }
            }
            if limited < 2 { isLimited = false }
        }
        if requests.isEmpty, limits.isEmpty { return "BestEffort" }
        let isEqual = requests.count == limits.count && requests.allSatisfy { limits[$0.key] == $0.value }
        return isLimited && isEqual ? "Guaranteed" : "Burstable"
    }
}
