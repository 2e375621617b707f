import KubeClient

// Ending a pod because its node is short of something.
extension PodWorker {
    /// Seconds that an evicted pod gets; the original's.
    static let evictionGrace = 1

    /// Seconds that the pod gets to end.
    var endingGrace: Int { isEvicted ? min(Self.evictionGrace, pod.grace) : pod.grace }

    /// Fails the pod and ends it.
    /// - Returns: its end; nil when it can't be evicted, or ends already.
    func evict(_ message: String) -> Task<Void, Never>? {
        guard life == .running, verdict == nil, !EvictionPlan.isCritical(pod) else { return nil }
        parts.tell(.warning, pod, "Evicted", message)
        verdict = Wait(reason: "Evicted", message: message)
        isEvicted = true
        end()
        poke()
        return ender
    }
}
