import Fault
import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Looks whether the node is short of something, each time it is told to, and evicts pods until it isn't; and those that
/// take more of its disk than they may.
final class PressureWatch: Sendable {
    /// Seconds that an evicted pod's end is waited for before the next look; the original's.
    private static let longestEnd = 30.0
    /// Seconds that the engine may take to remove files: it does so behind its callers' backs.
    private static let longestRemoval = 5.0, removalPause = Duration.milliseconds(100)

    private let parts: PodParts
    private let observe: @Sendable () -> NodeObservation
    private let workers: @Sendable () -> [PodWorker]
    private let reference: JSON
    private let storage: StorageWatch
    /// When each was seen last, in seconds since 1970.
    private let seen = NIOLockedValueBox<[NodePressureKind: Double]>([:])
    /// Since when each is met, in seconds since 1970.
    private let since = NIOLockedValueBox<[EvictionThreshold: Double]>([:])

    /// - Parameters:
    ///   - reference: the node, as events name it.
    ///   - workers: of the node's pods.
    init(
        _ parts: PodParts, reference: JSON, workers: @escaping @Sendable () -> [PodWorker],
        observe: @escaping @Sendable () -> NodeObservation
    ) {
        self.parts = parts
        self.reference = reference
        self.observe = observe
        self.workers = workers
        storage = StorageWatch(parts)
    }

    /// One look, and another after each pod that it has evicted because the node is short of something.
    /// - Parameter changed: called when other conditions hold than before; returns when the node's status says so.
    func look(changed: (_ before: Set<NodePressureKind>, _ now: Set<NodePressureKind>) async -> Void) async {
        var (due, observation) = await take(changed)
        let ends = await storage.enforce(workers())
        // What they took is seen free at the next look.
        guard ends.isEmpty else { return await wait(for: ends) }
        while !Task.isCancelled {
            guard let first = due.first, await relieve(first, due, observation) else { return }
            (due, observation) = await take(changed)
        }
    }

    /// The thresholds that pods must go for now; the node's conditions follow.
    private func take(
        _ changed: (_ before: Set<NodePressureKind>, _ now: Set<NodePressureKind>) async -> Void
    ) async -> (due: [EvictionThreshold], observation: NodeObservation) {
        guard !thresholds.isEmpty else { return ([], NodeObservation()) }
        let observation = observe()
        let met = EvictionPlan.met(thresholds, observation)
        let now = parts.now(), transition = parts.settings.pressureTransition
        let pressures = seen.withLockedValue {
            EvictionPlan.pressures(met, seen: &$0, now: now, transition: transition)
        }
        let before = parts.pressures.withLockedValue { held in
            defer { held = pressures }
            return held
        }
        if before != pressures { await changed(before, pressures) }
        return (since.withLockedValue { EvictionPlan.due(met, since: &$0, now: now) }, observation)
    }

    private var thresholds: [EvictionThreshold] { parts.settings.allThresholds }

    /// Whether none of the thresholds is met any more, soon.
    private func isWell(_ thresholds: [EvictionThreshold], within seconds: Double) async -> Bool {
        let start = ContinuousClock.now
        while true {
            if EvictionPlan.met(thresholds, observe()).isEmpty { return true }
            guard ContinuousClock.now - start < .seconds(seconds), !Task.isCancelled else { return false }
            try? await Task.sleep(for: Self.removalPause)
        }
    }

    private func wait(for ends: [Task<Void, Never>]) async {
        try? await within(Self.longestEnd) { for end in ends { await end.value } }
    }

    /// Whether a pod was evicted.
    private func relieve(
        _ threshold: EvictionThreshold, _ met: [EvictionThreshold], _ observation: NodeObservation
    ) async -> Bool {
        let resource = threshold.signal.resource
        parts.events.record(
            .warning, about: reference, reason: "EvictionThresholdMet", "Attempting to reclaim \(resource)")
        if threshold.signal.pressure == .disk {
            var isFreed = false
            for worker in workers() where await worker.free() { isFreed = true }
            if await parts.images.free(.max) > 0 { isFreed = true }
            if await isWell(met, within: isFreed ? Self.longestRemoval : 0) { return false }
        }
        var uses: [PodUse] = []
        for worker in workers() where await worker.life == .running {
            uses.append(await PodUse.measure(worker, resource, parts))
        }
        for use in EvictionPlan.ranked(uses, resource) {
            guard let worker = workers().first(where: { $0.uid == use.pod.uid }),
                let end = await worker.evict(
                    EvictionPlan.message(use, met, observation, resource),
                    grace: EvictionPlan.grace(threshold, longest: parts.settings.longestSoftEnd))
            else { continue }
            parts.log.info("pod \(use.pod.fullName) is evicted: the node is low on \(resource)")
            await wait(for: [end])
            return true
        }
        parts.log.warning("the node is low on \(resource), and no pod can be evicted")
        return false
    }
}
