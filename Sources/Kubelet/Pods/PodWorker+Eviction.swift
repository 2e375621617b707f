import KubeClient

// Ending a pod because its node is short of something, because it takes more of the disk than it may, or because the
// node needs its place.
extension PodWorker {
    /// Seconds that an evicted pod gets when the node can't wait; the original's.
    static let evictionGrace = 1

    /// Seconds that the pod gets to end.
    var endingGrace: Int { allowedGrace.map { min($0, pod.grace) } ?? pod.grace }

    /// Fails the pod and ends it.
    /// - Parameters:
    ///   - isDisruption: the node is the reason, not the pod itself.
    ///   - grace: the most seconds that it gets; nil: its own.
    /// - Returns: its end; nil when it can't be evicted, or ends already.
    func evict(_ message: String, isDisruption: Bool = true, grace: Int? = evictionGrace) -> Task<Void, Never>? {
        fail("Evicted", message, disruption: isDisruption ? message : nil, grace: grace)
    }

    /// Makes room for a pod that the node can't do without.
    func preempt() -> Task<Void, Never>? {
        fail(
            CriticalPreemption.reason, CriticalPreemption.message, disruption: CriticalPreemption.condition, grace: nil)
    }

    private func fail(_ reason: String, _ message: String, disruption: String?, grace: Int?) -> Task<Void, Never>? {
        guard life == .running, verdict == nil, !EvictionPlan.isCritical(pod) else { return nil }
        parts.tell(.warning, pod, reason, message)
        verdict = Wait(reason: reason, message: message)
        allowedGrace = grace
        self.disruption = disruption
        end()
        poke()
        return ender
    }

    /// Gives back what the containers of an ended pod have on the disk, their logs among it.
    /// - Returns: whether there was something.
    func free() async -> Bool {
        guard life == .ended, !isGone, !isFreed else { return false }
        await parts.statuses.flush(uid)
        isFreed = true
        for own in situation.containers.values.flatMap({ $0 }) { await remove(own.id) }
        if let sandbox = situation.sandbox { await remove(sandbox.id) }
        return true
    }
}
