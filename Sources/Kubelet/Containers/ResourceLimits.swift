import JSON
import KubeModel

/// A container's requests and limits as control-group numbers, by the original's formulas.
enum ResourceLimits {
    /// The least that the kernel takes.
    private static let leastShares = 2, leastQuota = 1_000
    /// Microseconds.
    private static let period = 100_000

    /// - Parameter memory: of the node, in bytes.
    static func apply(_ container: JSON, _ pod: PodSpec, memory: Int, to host: inout JSON) {
        let requests = container["resources"].map("requests"), limits = container["resources"].map("limits")
        func amount(_ map: JSONObject, _ name: String) -> Quantity? { map[name].flatMap { Quantity($0) } }
        let asked = amount(requests, "cpu") ?? amount(limits, "cpu")
        host["CpuShares"] = JSON(shares(milli: asked?.milliValue ?? 0))
        if let limit = amount(limits, "cpu"), limit.sign > 0 {
            host["CpuPeriod"] = JSON(period)
            host["CpuQuota"] = JSON(max(leastQuota, limit.milliValue * period / 1_000))
        }
        if let limit = amount(limits, "memory"), limit.sign > 0 {
            // Swap counts into the second, so that there is none.
            host["Memory"] = JSON(limit.value)
            host["MemorySwap"] = JSON(limit.value)
        }
        let ask = amount(requests, "memory") ?? amount(limits, "memory")
        host["OomScoreAdj"] = JSON(outOfMemoryScore(pod, asked: ask?.value ?? 0, memory: memory))
    }

    static func shares(milli: Int) -> Int { milli == 0 ? leastShares : max(leastShares, milli * 1_024 / 1_000) }

    /// Whom the kernel ends first: the more a container may take beyond what it asked for, the sooner.
    static func outOfMemoryScore(_ pod: PodSpec, asked: Int, memory: Int) -> Int {
        if isNodeCritical(pod) { return -997 }
        switch QualityOfService.ofPod(pod.spec) {
        case "Guaranteed": return -997
        case "BestEffort": return 1_000
        default:
            let score = 1_000 - (1_000 * asked) / max(1, memory)
            // Never as safe as a guaranteed one, never as doomed as one that asked for nothing.
            return min(999, max(3, score))
        }
    }

    private static func isNodeCritical(_ pod: PodSpec) -> Bool { (pod.spec["priority"].int ?? 0) >= 2_000_001_000 }

    /// `/kubepods/burstable/podUID`.
    static func groupParent(_ pod: PodSpec) -> String {
        switch QualityOfService.ofPod(pod.spec) {
        case "Guaranteed": "/kubepods/pod\(pod.uid)"
        case "BestEffort": "/kubepods/besteffort/pod\(pod.uid)"
        default: "/kubepods/burstable/pod\(pod.uid)"
        }
    }
}
