import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Looks, each time it is told to, whether pods take more of the disk than they may, and evicts those that do. Only pods
/// with limits are measured, and large ones less often, so that looking costs next to nothing.
final class StorageWatch: Sendable {
    /// A pod is measured again when this many times as long has gone by as measuring it took.
    private static let rest = 100.0

    private let parts: PodParts
    /// When pods may be measured again, in seconds since 1970, by UID.
    private let due = NIOLockedValueBox<[String: Double]>([:])

    init(_ parts: PodParts) { self.parts = parts }

    /// Evicts all that take too much.
    /// - Returns: their ends.
    func enforce(_ workers: [PodWorker]) async -> [Task<Void, Never>] {
        var ends: [Task<Void, Never>] = []
        var known: [String: Double] = [:]
        for worker in workers where await worker.life == .running {
            let pod = await worker.pod, limits = StorageLimits(pod)
            guard !limits.isEmpty else { continue }
            let due = due.withLockedValue { $0[worker.uid] } ?? 0
            known[worker.uid] = due
            guard parts.now() >= due else { continue }
            let start = ContinuousClock.now
            let use = await PodUse.storage(worker, limits, parts)
            known[worker.uid] = parts.now() + (ContinuousClock.now - start) / .seconds(1) * Self.rest
            guard let excess = limits.excess(use), let end = await worker.evict(excess, isDisruption: false) else {
                continue
            }
            parts.log.info("pod \(pod.fullName) is evicted: \(excess)")
            ends.append(end)
        }
        self.due.withLockedValue { [known] in $0 = known }
        return ends
    }
}
