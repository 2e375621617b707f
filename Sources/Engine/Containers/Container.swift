import JSON
import NIOConcurrencyHelpers

/// The one holder of a container's record, and of those who wait for it to change. Readers take `record`; only work
/// in the container's lane changes it.
package final class Container: Sendable {
    package let id: String

    /// What a waiter is told: Engine API, ContainerWaitResponse.
    struct Outcome: Sendable, Equatable {
        var exitCode: Int32
    }

    private struct Waiter {
        let untilRemoved: Bool
        let sink: AsyncStream<Outcome>.Continuation
    }
    private struct Guts {
        var record: ContainerRecord
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
        var pending: [PendingStdio] = []
        var isRemoved = false
        var restart: Task<Void, Never>?
        var health: Task<Void, Never>?
        var compression: Task<Void, Never>?
    }
    private let guts: NIOLockedValueBox<Guts>

    /// Found on disk when the daemon started: its creation may have been interrupted.
    let isRecovered: Bool

    package init(_ record: ContainerRecord, isRecovered: Bool = false) {
        id = record.id
        self.isRecovered = isRecovered
        guts = NIOLockedValueBox(Guts(record: record))
    }

    package var record: ContainerRecord { guts.withLockedValue { $0.record } }

    @discardableResult
    package func change<T>(_ body: (inout ContainerRecord) throws -> T) rethrows -> T {
        try guts.withLockedValue { try body(&$0.record) }
    }

    /// True from the moment it was taken out of the table: work that queued up behind the removal must not revive it.
    var isRemoved: Bool { guts.withLockedValue { $0.isRemoved } }

    // MARK: waiting

    /// Armed when it returns: the stream gives one outcome, also when the container ended in between.
    func outcomes(untilRemoved: Bool) -> AsyncStream<Outcome> {
        let (stream, sink) = AsyncStream.makeStream(of: Outcome.self)
        let id = guts.withLockedValue { guts in
            guts.nextWaiter += 1
            guts.waiters[guts.nextWaiter] = Waiter(untilRemoved: untilRemoved, sink: sink)
            return guts.nextWaiter
        }
        sink.onTermination = { [weak self] _ in
            self?.guts.withLockedValue { _ = $0.waiters.removeValue(forKey: id) }
        }
        return stream
    }

    /// Tells those who wait for the end of this run.
    func wakeWaiters() { wake { !$0.untilRemoved } }

    /// Tells everybody: it is gone.
    func markRemoved() {
        guts.withLockedValue { $0.isRemoved = true }
        wake { _ in true }
    }

    private func wake(_ which: (Waiter) -> Bool) {
        let (outcome, woken) = guts.withLockedValue { guts -> (Outcome, [Waiter]) in
            let woken = guts.waiters.filter { which($0.value) }
            for id in woken.keys { guts.waiters[id] = nil }
            return (Outcome(exitCode: guts.record.state.exitCode), Array(woken.values))
        }
        for waiter in woken {
            waiter.sink.yield(outcome)
            waiter.sink.finish()
        }
    }

    // MARK: clients that attached before the start

    func addPending(_ stdio: PendingStdio) { guts.withLockedValue { $0.pending.append(stdio) } }

    func takePending() -> [PendingStdio] {
        guts.withLockedValue { guts in
            defer { guts.pending = [] }
            return guts.pending
        }
    }

    // MARK: timers

    /// Replaces the restart that is due, if any; nil calls it off.
    func setRestart(_ task: Task<Void, Never>?) {
        guts.withLockedValue { guts -> Task<Void, Never>? in
            defer { guts.restart = task }
            return guts.restart
        }?.cancel()
    }

    /// Replaces the running health checks, if any; nil ends them.
    func setHealth(_ task: Task<Void, Never>?) {
        guts.withLockedValue { guts -> Task<Void, Never>? in
            defer { guts.health = task }
            return guts.health
        }?.cancel()
    }

    /// Replaces what compresses the rotated logs of an earlier run.
    func setLogCompression(_ task: Task<Void, Never>) {
        guts.withLockedValue { guts -> Task<Void, Never>? in
            defer { guts.compression = task }
            return guts.compression
        }?.cancel()
    }

    /// Returns when nothing is written to the log's folder any more.
    func endLogCompression() async {
        let task = guts.withLockedValue { $0.compression }
        task?.cancel()
        await task?.value
    }
}
