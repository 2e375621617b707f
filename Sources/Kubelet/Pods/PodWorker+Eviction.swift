import KubeClient

// Ending a pod because its node is short of something, or because it takes more of the disk than it may.
extension PodWorker {
    /// Seconds that an evicted pod gets; the original's.
    static let evictionGrace = 1

    /// Seconds that the pod gets to end.
    var endingGrace: Int { isEvicted ? min(Self.evictionGrace, pod.grace) : pod.grace }

    /// Fails the pod and ends it.
    /// - Parameter isDisruption: the node is the reason, not the pod itself.
    /// - Returns: its end; nil when it can't be evicted, or ends already.
    func evict(_ message: String, isDisruption: Bool = true) -> Task<Void, Never>? {
        guard life == .running, verdict == nil, !EvictionPlan.isCritical(pod) else { return nil }
        parts.tell(.warning, pod, "Evicted", message)
        verdict = Wait(reason: "Evicted", message: message)
        isEvicted = true
        isDisrupted = isDisruption
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
