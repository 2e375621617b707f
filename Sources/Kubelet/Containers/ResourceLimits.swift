import JSON
import KubeModel

/// A container's requests and limits as control-group numbers, by the original's formulas.
enum ResourceLimits {
    /// What the kernel takes at least and at most.
    private static let leastShares = 2, mostShares = 262_144, leastQuota = 1_000
    /// Microseconds.
    static let period = 100_000

    /// - Parameter memory: of the node, in bytes.
    static func apply(_ container: JSON, _ pod: PodSpec, memory: Int, to host: inout JSON) {
        let requests = container["resources"].map("requests")
        let cpuLimit = limit(container, pod, "cpu"), memoryLimit = limit(container, pod, "memory")
        let asked = requests["cpu"].flatMap { Quantity($0) } ?? cpuLimit
        host["CpuShares"] = JSON(shares(milli: asked?.milliValue ?? 0))
        if let cpuLimit {
            host["CpuPeriod"] = JSON(period)
            host["CpuQuota"] = JSON(quota(milli: cpuLimit.milliValue))
        }
        if let memoryLimit {
            // Swap counts into the second, so that there is none.
            host["Memory"] = JSON(memoryLimit.value)
            host["MemorySwap"] = JSON(memoryLimit.value)
        }
        host["OomScoreAdj"] = JSON(outOfMemoryScore(container, pod, memory: memory))
    }

    /// Its own limit, or that of the pod as a whole.
    private static func limit(_ container: JSON, _ pod: PodSpec, _ name: String) -> Quantity? {
        [container, pod.spec].lazy.compactMap { $0["resources"].map("limits")[name].flatMap { Quantity($0) } }
            .first { $0.sign > 0 }
    }

    static func shares(milli: Int) -> Int {
        milli == 0 ? leastShares : min(mostShares, max(leastShares, milli * 1_024 / 1_000))
    }

    /// Microseconds of each period.
    static func quota(milli: Int) -> Int { max(leastQuota, milli * period / 1_000) }

    /// Whom the kernel ends first: the more a container may take beyond what it asked for, the sooner.
    static func outOfMemoryScore(_ container: JSON, _ pod: PodSpec, memory: Int) -> Int {
        if isNodeCritical(pod) { return -997 }
        switch QualityOfService.ofPod(pod.spec) {
        case "Guaranteed": return -997
        case "BestEffort": return 1_000
        default:
            let extra = unassignedMemory(pod)
            func score(_ asked: Int) -> Int { 1_000 - (1_000 * (asked + extra)) / max(1, memory) }
            var own = score(requestedMemory(container))
            if PodSpec.isSidecar(container), pod.isInit(container.text("name")) {
                // No sooner than those that it serves.
                own = min(own, score(pod.containers.map(requestedMemory).min() ?? 0))
            }
            // Never as safe as a guaranteed one, never as doomed as one that asked for nothing.
            return min(999, max(3, own))
        }
    }

    private static func requestedMemory(_ part: JSON) -> Int {
        part["resources"].map("requests")["memory"].flatMap { Quantity($0) }?.value ?? 0
    }

    /// Each container's part of what the pod asks for as a whole beyond what its containers do.
    private static func unassignedMemory(_ pod: PodSpec) -> Int {
        let whole = requestedMemory(pod.spec)
        guard whole > 0 else { return 0 }
        let assigned = NodeLedger.Amounts(containersOf: pod, "requests").memory
        return (whole - assigned) / max(1, pod.containers.count + pod.initContainers.count)
    }

    private static func isNodeCritical(_ pod: PodSpec) -> Bool { (pod.spec["priority"].int ?? 0) >= 2_000_001_000 }
}
