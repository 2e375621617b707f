import KubeModel
import Logging
import NIOConcurrencyHelpers

/// What a reconciliation says of its object.
package enum Next: Sendable, Equatable {
    /// Nothing more to do until something changes.
    case settled
    /// Look again after this time, even if nothing changes.
    case again(after: Duration)
}

/// Reconciles objects by their keys: one object in one lane, several objects at once. A key that is asked for while it
/// waits is done once; one that is asked for while it runs is done once more. What fails is tried again, each time
/// later.
package final class ReconcileLoop<Key: Hashable & Sendable>: Sendable {
    private struct State {
        /// In the order of arrival; a key is here at most once.
        var waiting: [Key] = []
        var isWaiting: Set<Key> = []
        var running: Set<Key> = []
        /// Asked for while running.
        var again: Set<Key> = []
        var failures: [Key: Int] = [:]
        var timers: [Key: (due: ContinuousClock.Instant, task: Task<Void, Never>)] = [:]
        var idle: [CheckedContinuation<Key?, Never>] = []
        var isOver = false
    }

    /// Pauses after failures, doubled each time: client-go's.
    private static var firstPause: Duration { .milliseconds(5) }
    private static var longestPause: Duration { .seconds(1_000) }

    package let name: String
    private let workers: Int
    private let log: Logger
    private let reconcile: @Sendable (Key) async throws -> Next
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - workers: objects that are reconciled at once.
    ///   - reconcile: makes the world match the object as it is now; told only which object. Throwing means: again,
    ///     later each time.
    package init(
        _ name: String, workers: Int = 5, log: Logger, reconcile: @escaping @Sendable (Key) async throws -> Next
    ) {
        self.name = name
        self.workers = workers
        self.log = log
        self.reconcile = reconcile
    }

    package func enqueue(_ key: Key) {
        let worker = state.withLockedValue { state -> CheckedContinuation<Key?, Never>? in
            guard !state.isOver else { return nil }
            if state.running.contains(key) {
                state.again.insert(key)
                return nil
            }
            guard state.isWaiting.insert(key).inserted else { return nil }
            guard let worker = state.idle.popLast() else {
                state.waiting.append(key)
                return nil
            }
            state.isWaiting.remove(key)
            state.running.insert(key)
            return worker
        }
        worker?.resume(returning: key)
    }

    /// Enqueues the key when the time has passed; of several times for one key the earliest counts.
    package func enqueue(_ key: Key, after delay: Duration) {
        let due = ContinuousClock.now + delay
        state.withLockedValue { state in
            guard !state.isOver else { return }
            if let known = state.timers[key] {
                guard due < known.due else { return }
                known.task.cancel()
            }
            let task = Task { [weak self] in
                do { try await Task.sleep(until: due, clock: .continuous) } catch { return }
                self?.fire(key, due)
            }
            state.timers[key] = (due, task)
        }
    }

    private func fire(_ key: Key, _ due: ContinuousClock.Instant) {
        let isCurrent = state.withLockedValue { state in
            guard state.timers[key]?.due == due else { return false }
            state.timers[key] = nil
            return true
        }
        if isCurrent { enqueue(key) }
    }

    /// Works until its task is cancelled; what is running then is cancelled with it.
    package func run() async {
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<workers {
                    group.addTask { while let key = await self.next() { await self.work(key) } }
                }
            }
        } onCancel: {
            let (idle, timers) = state.withLockedValue { state in
                state.isOver = true
                defer { (state.idle, state.timers) = ([], [:]) }
                return (state.idle, state.timers.values.map(\.task))
            }
            for timer in timers { timer.cancel() }
            for worker in idle { worker.resume(returning: nil) }
        }
    }

    private func next() async -> Key? {
        await withCheckedContinuation { worker in
            let key = state.withLockedValue { state -> Key?? in
                if state.isOver { return .some(nil) }
                guard !state.waiting.isEmpty else {
                    state.idle.append(worker)
                    return nil
                }
                let key = state.waiting.removeFirst()
                state.isWaiting.remove(key)
                state.running.insert(key)
                return key
            }
            if let key { worker.resume(returning: key) }
        }
    }

    private func work(_ key: Key) async {
        var pause: Duration?
        do {
            if case .again(let delay) = try await reconcile(key) { pause = delay }
            state.withLockedValue { $0.failures[key] = nil }
        } catch {
            if Task.isCancelled { return }
            pause = state.withLockedValue { state in
                let failures = state.failures[key, default: 0]
                state.failures[key] = failures + 1
                return min(Self.firstPause * (1 << min(failures, 18)), Self.longestPause)
            }
            // Somebody else wrote first: not worth a word.
            let isUsual = (error as? APIStatus)?.reason == "Conflict"
            log.log(
                level: isUsual ? .debug : .warning, "\(name): \(key) is tried again",
                metadata: ["error": "\(error)", "after": "\(pause ?? .zero)"])
        }
        let isAskedAgain = state.withLockedValue { state in
            state.running.remove(key)
            return state.again.remove(key) != nil
        }
        if isAskedAgain { enqueue(key) }
        if let pause { enqueue(key, after: pause) }
    }
}
