import JSON
import KubeModel
import Linux

/// The control group around a pod's containers: where it lies, and what they may use together. Pure; by the original's
/// formulas (`ResourceConfigForPod`).
package struct PodGroup: Sendable, Equatable {
    package let uid: String
    package let quality: String
    /// From the top of what the node sees.
    package let path: String
    package var limits = ControlGroupLimits()
    /// Thousandths of a processor.
    package let requestedCPU: Int

    /// - Parameter root: the group of all pods: `/kubepods`.
    init(_ pod: PodSpec, root: String) {
        uid = pod.uid
        quality = QualityOfService.ofPod(pod.spec)
        path = Self.path(uid, quality, root)
        let limited = NodeLedger.Amounts(pod, "limits")
        requestedCPU = NodeLedger.Amounts(pod).cpu
        guard quality != "BestEffort" else {
            limits.cpu.shares = UInt64(ResourceLimits.shares(milli: 0))
            return
        }
        limits.cpu.shares = UInt64(ResourceLimits.shares(milli: requestedCPU))
        // One container without a limit leaves its pod without.
        if quality == "Guaranteed" || Self.isLimited(pod, "cpu"), limited.cpu > 0 {
            limits.cpu.quota = Int64(ResourceLimits.quota(milli: limited.cpu))
            limits.cpu.period = UInt64(ResourceLimits.period)
        }
        if quality == "Guaranteed" || Self.isLimited(pod, "memory"), limited.memory > 0 {
            limits.memory.limit = Int64(limited.memory)
        }
    }

    private static func isLimited(_ pod: PodSpec, _ name: String) -> Bool {
        func has(_ part: JSON) -> Bool {
            part["resources"].map("limits")[name].flatMap { Quantity($0) }.map { $0.sign > 0 } ?? false
        }
        return has(pod.spec) || (pod.containers + pod.initContainers).allSatisfy(has)
    }

    /// `/kubepods/burstable/podUID`.
    static func path(_ uid: String, _ quality: String, _ root: String) -> String {
        switch quality {
        case "Guaranteed": "\(root)/pod\(uid)"
        case "BestEffort": "\(root)/besteffort/pod\(uid)"
        default: "\(root)/burstable/pod\(uid)"
        }
    }

    /// Wherever a pod of which only its UID is known may have had its group.
    static func paths(_ uid: String, _ root: String) -> [String] {
        ["Guaranteed", "Burstable", "BestEffort"].map { path(uid, $0, root) }
    }

    /// With the higher of both limits: what stands while containers go from one size to another.
    func raised(to other: PodGroup) -> PodGroup {
        func most<T: Comparable>(_ a: T?, _ b: T?) -> T? {
            guard let a, let b else { return nil }
            return max(a, b)
        }
        var group = self
        group.limits.cpu.quota = most(limits.cpu.quota, other.limits.cpu.quota)
        if group.limits.cpu.quota == nil { group.limits.cpu.period = nil }
        group.limits.memory.limit = most(limits.memory.limit, other.limits.memory.limit)
        return group
    }
}
