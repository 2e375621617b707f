import Dispatch
import GRDB
import NIOConcurrencyHelpers
import NIOCore

/// The one writer. Writes that arrive while a transaction is on its way to the disk share the next one.
///
/// A batch is checked against the state in memory, in order of arrival; its records get the next revisions, are
/// written in one transaction, and only then shown to readers and watches and acknowledged. A transaction that fails
/// fails all of its writes and uses no revision.
final class CommitQueue: Sendable {
    /// Work on the writer's connection between two transactions; nil when no more may be written.
    typealias Chore = @Sendable (Database?) -> Void

    private struct Queue {
        var writes: [PendingWrite] = []
        /// The first of `writes` that isn't taken yet.
        var taken = 0
        var bytes = 0
        var chores: [Chore] = []
        /// What is done when nothing else is left.
        var last: [@Sendable () -> Void] = []
        var isDraining = false
        /// Why no more writes are taken, when they aren't.
        var refusal: StorageError?
    }

    private enum Work {
        case writes([PendingWrite])
        case chore(Chore, isRefused: Bool)
        case last(@Sendable () -> Void)
    }

    private let pool: DatabasePool
    private let path: String
    private let state: NIOLockedValueBox<CurrentState>
    private let hub: WatchHub
    private let checkpointer: Checkpointer
    private let queue = NIOLockedValueBox(Queue())
    /// A thread of its own while there is work: SQLite blocks.
    private let thread = DispatchQueue(label: "kube-writer", qos: .userInitiated)

    init(
        pool: DatabasePool, path: String, state: NIOLockedValueBox<CurrentState>, hub: WatchHub,
        checkpointer: Checkpointer
    ) {
        self.checkpointer = checkpointer
        self.pool = pool
        self.path = path
        self.state = state
        self.hub = hub
    }

    /// Writes that no transaction has taken yet.
    var waiting: Int { queue.withLockedValue { $0.writes.count - $0.taken } }

    func add(_ write: PendingWrite) {
        let refusal = queue.withLockedValue { queue -> StorageError? in
            if let refusal = queue.refusal { return refusal }
            guard queue.writes.count - queue.taken < Limit.waitingWrites,
                queue.bytes + write.request.bytes <= Limit.waitingBytes
            else { return .unavailable("too many writes wait for the disk that holds \(path): try again later") }
            queue.writes.append(write)
            queue.bytes += write.request.bytes
            start(&queue)
            return nil
        }
        if let refusal { write.done.resume(returning: .failure(refusal)) }
    }

    /// Runs the chore between two transactions.
    func add(_ chore: @escaping Chore) {
        queue.withLockedValue { queue in
            queue.chores.append(chore)
            start(&queue)
        }
    }

    /// Calls `done` on the writer's thread when nothing waits any more.
    func whenIdle(_ done: @escaping @Sendable () -> Void) {
        queue.withLockedValue { queue in
            queue.last.append(done)
            start(&queue)
        }
    }

    /// Takes no more writes; those that wait are still done.
    func refuse(_ reason: StorageError) {
        queue.withLockedValue { $0.refusal = $0.refusal ?? reason }
    }

    private func start(_ queue: inout Queue) {
        if queue.isDraining { return }
        queue.isDraining = true
        thread.async { self.drain() }
    }

    private func drain() {
        var wasChore = false
        while let work = take(preferringChore: !wasChore) {
            switch work {
            case .writes(let batch):
                wasChore = false
                perform(batch)
            case .chore(let chore, let isRefused):
                wasChore = true
                if isRefused { chore(nil) } else { pool.writeWithoutTransaction { chore($0) } }
            case .last(let done): done()
            }
        }
    }

    private func take(preferringChore: Bool) -> Work? {
        queue.withLockedValue { queue in
            let hasWrites = queue.taken < queue.writes.count
            if !queue.chores.isEmpty && (preferringChore || !hasWrites) {
                return .chore(queue.chores.removeFirst(), isRefused: queue.refusal != nil)
            }
            guard hasWrites else {
                if !queue.last.isEmpty { return .last(queue.last.removeFirst()) }
                queue.isDraining = false
                return nil
            }
            var bytes = 0
            var end = queue.taken
            while end < queue.writes.count, end - queue.taken < Limit.batchWrites, bytes < Limit.batchBytes {
                bytes += queue.writes[end].request.bytes
                end += 1
            }
            let batch = Array(queue.writes[queue.taken..<end])
            queue.taken = end
            queue.bytes -= bytes
            // What was taken is dropped when it is most of the array: each element moves once or twice in all.
            if queue.taken * 2 >= queue.writes.count {
                queue.writes.removeFirst(queue.taken)
                queue.taken = 0
            }
            return .writes(batch)
        }
    }

    private func perform(_ batch: [PendingWrite]) {
        let plan = state.withLockedValue { state in
            WritePlan(batch.map(\.request), revision: state.revision) { state.tree.get($0) }
        }
        if !plan.records.isEmpty {
            do { try pool.writeWithoutTransaction { try LogWriter.append(plan.records, $0) } } catch {
                return fail(batch, error)
            }
            state.withLockedValue { $0.apply(plan.events) }
            hub.publish(plan.events)
            checkpointer.wrote(plan.records.reduce(0) { $0 + 100 + $1.key.utf8.count + ($1.value?.readableBytes ?? 0) })
        }
        for (write, outcome) in zip(batch, plan.outcomes) { write.done.resume(returning: outcome) }
    }

    private func fail(_ batch: [PendingWrite], _ error: any Error) {
        let sentence: String
        switch WriteFailure(error, path: path) {
        case .passing(let text): sentence = text
        case .lasting(let text):
            sentence = text
            refuse(.unavailable(text))
        }
        var failed = batch
        queue.withLockedValue { queue in
            guard queue.refusal != nil else { return }
            failed += queue.writes[queue.taken...]
            queue.writes = []
            queue.taken = 0
            queue.bytes = 0
        }
        for write in failed { write.done.resume(returning: .failure(.unavailable(sentence))) }
    }
}
