import Fault
import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Looks whether the node is short of something, each time it is told to, and evicts pods until it isn't.
final class PressureWatch: Sendable {
    /// Seconds that an evicted pod's end is waited for before the next look; the original's.
    private static let longestEnd = 30.0

    private let parts: PodParts
    private let observe: @Sendable () -> NodeObservation
    private let workers: @Sendable () -> [PodWorker]
    private let reference: JSON
    /// When each was seen last, in seconds since 1970.
    private let seen = NIOLockedValueBox<[NodePressureKind: Double]>([:])

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
    }

    /// One look, and another after each pod that it has evicted.
    /// - Parameter changed: called when other conditions hold than before; returns when the node's status says so.
    func look(changed: (_ before: Set<NodePressureKind>, _ now: Set<NodePressureKind>) async -> Void) async {
        guard !parts.settings.evictionThresholds.isEmpty else { return }
        while !Task.isCancelled {
            let observation = observe()
            let met = EvictionPlan.met(parts.settings.evictionThresholds, observation)
            let now = parts.now(), transition = parts.settings.pressureTransition
            let pressures = seen.withLockedValue {
                EvictionPlan.pressures(met, seen: &$0, now: now, transition: transition)
            }
            let before = parts.pressures.withLockedValue { held in
                defer { held = pressures }
                return held
            }
            if before != pressures { await changed(before, pressures) }
            guard let first = met.first, await relieve(first, met, observation) else { return }
        }
    }

    /// Whether a pod was evicted.
    private func relieve(
        _ threshold: EvictionThreshold, _ met: [EvictionThreshold], _ observation: NodeObservation
    ) async -> Bool {
        let resource = threshold.signal.resource
        parts.events.record(
            .warning, about: reference, reason: "EvictionThresholdMet", "Attempting to reclaim \(resource)")
        if threshold.signal.pressure == .disk {
            await parts.images.free(.max)
            if EvictionPlan.met(parts.settings.evictionThresholds, observe()).isEmpty { return false }
        }
        var uses: [PodUse] = []
        for worker in workers() where await worker.life == .running {
            uses.append(await PodUse.measure(worker, resource, parts))
        }
        for use in EvictionPlan.ranked(uses, resource) {
            guard let worker = workers().first(where: { $0.uid == use.pod.uid }),
                let end = await worker.evict(EvictionPlan.message(use, met, observation, resource))
            else { continue }
            parts.log.info("pod \(use.pod.fullName) is evicted: the node is low on \(resource)")
            try? await within(Self.longestEnd) { await end.value }
            return true
        }
        parts.log.warning("the node is low on \(resource), and no pod can be evicted")
        return false
    }
}
