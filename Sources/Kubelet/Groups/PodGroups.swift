import Fault
import JSON
import Linux
import NIOConcurrencyHelpers

/// The control groups of the node's pods. Both calls may block for a moment: not for an event loop.
package protocol PodGroups: Sendable {
    /// Makes the pod's group with its limits, or gives it other ones. Safe to repeat.
    func set(_ group: PodGroup) throws(Fault)
    /// Takes the pod's group away with all that is in it. Nothing there is fine.
    func remove(podUID: String) throws(Fault)
}

/// Lays them out as the original does: all pods in one group with the shares of the node's processors; guaranteed ones
/// in it, the others in one group for each of their two classes. Those of burstable pods have together the shares of
/// what they ask for, best-effort ones the fewest.
package final class KernelPodGroups: PodGroups {
    private struct State {
        var isLaidOut = false
        /// What burstable pods ask for, in thousandths of a processor, by their UIDs.
        var burstable: [String: Int] = [:]
        var burstableShares = 0
    }

    private let root: String
    /// Of the node.
    private let processors: Int
    private let state = NIOLockedValueBox(State())

    package init(_ settings: KubeletSettings) {
        root = settings.groupRoot
        processors = NodeCapacity.here(settings).processors
    }

    package func set(_ group: PodGroup) throws(Fault) {
        let groups = try ControlGroups()
        try layOut(groups)
        let own = try groups.group(group.path)
        try own.create()
        try own.apply(group.limits)
        if group.quality == "Burstable" { try count(group.uid, group.requestedCPU, groups) }
    }

    package func remove(podUID: String) throws(Fault) {
        let groups = try ControlGroups()
        for path in PodGroup.paths(podUID, root) {
            let own = try groups.group(path)
            if own.exists { try own.remove() }
        }
        try count(podUID, nil, groups)
    }

    /// Takes the group of all pods away: for tests, whose node is the machine.
    package func removeAll() throws(Fault) { try ControlGroups().group(root).remove() }

    private func layOut(_ groups: ControlGroups) throws(Fault) {
        guard !state.withLockedValue({ $0.isLaidOut }) else { return }
        try give(ResourceLimits.shares(milli: processors * 1_000), to: root, groups)
        try give(ResourceLimits.shares(milli: 0), to: root + "/besteffort", groups)
        try give(ResourceLimits.shares(milli: 0), to: root + "/burstable", groups)
        state.withLockedValue { $0.isLaidOut = true }
    }

    private func give(_ shares: Int, to path: String, _ groups: ControlGroups) throws(Fault) {
        let group = try groups.group(path)
        try group.create()
        var limits = ControlGroupLimits()
        limits.cpu.shares = UInt64(shares)
        try group.apply(limits)
    }

    /// - Parameter milli: nil: the pod is gone.
    private func count(_ uid: String, _ milli: Int?, _ groups: ControlGroups) throws(Fault) {
        let outcome = state.withLockedValue { state -> Result<Void, Fault> in
            state.burstable[uid] = milli
            let shares = ResourceLimits.shares(milli: state.burstable.values.reduce(0, +))
            guard state.isLaidOut, shares != state.burstableShares else { return .success(()) }
            state.burstableShares = shares
            // Within the lock: the newest sum is to be the one that stays.
            return Result { () throws(Fault) in try give(shares, to: root + "/burstable", groups) }
        }
        try outcome.get()
    }
}
