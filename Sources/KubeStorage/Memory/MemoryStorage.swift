import NIOConcurrencyHelpers
import NIOCore

/// A store that is gone with the process: for tests, and for clusters that nobody wants to keep. It holds the whole
/// history since the last compaction in memory. It obeys the contract that `SQLiteStorage` does, without a disk's waits.
package final class MemoryStorage: KubeStorage {
    private let state = NIOLockedValueBox(CurrentState(LoadedState(revision: 1, compacted: 1)))
    private let history = MemoryHistory()
    private let hub: WatchHub
    /// Held from the check of a write until its event is published, so that events keep their revisions' order.
    private let writing = NIOLock()

    package init() { hub = WatchHub(revision: 1, history: history, limits: WatchLimits()) }

    /// Ends the watches. Nothing else changes.
    package func close() { hub.close(.unavailable("the store is closed")) }

    package var revision: Int64 { state.withLockedValue { $0.revision } }

    package func get(_ key: String) -> StoredValue? { state.withLockedValue { $0.tree.get(key) } }

    package func list(
        prefix: String, from start: String?, limit: Int?, at asked: Int64?, where isWanted: StoredFilter?
    ) throws(StorageError) -> StoredPage {
        let now = try check(asked)
        var tree = now.tree
        if let asked, asked < now.revision {
            for event in try history.events(after: asked).reversed() where event.revision <= now.revision {
                tree.undo(event)
            }
        }
        let page = tree.page(prefix: prefix, from: start, limit: limit, where: isWanted)
        return StoredPage(values: page.values, revision: asked ?? now.revision, remaining: page.remaining)
    }

    private func check(_ asked: Int64?) throws(StorageError) -> CurrentState {
        let now = state.withLockedValue { $0 }
        if let asked, asked > now.revision { throw .futureRevision(current: now.revision) }
        if let asked, asked < now.compacted { throw .compacted(oldest: now.compacted) }
        return now
    }

    @discardableResult
    package func put(_ key: String, _ value: ByteBuffer, expecting expected: Int64?) throws(StorageError) -> Int64 {
        try write(WriteRequest(key, value, expecting: expected)).revision
    }

    @discardableResult
    package func delete(_ key: String, expecting expected: Int64?) throws(StorageError) -> (
        revision: Int64, old: StoredValue
    ) {
        let outcome = try write(WriteRequest(key, nil, expecting: expected))
        guard let old = outcome.old else { throw .conflict(nil) }
        return (outcome.revision, old)
    }

    private func write(_ request: WriteRequest) throws(StorageError) -> (revision: Int64, old: StoredValue?) {
        let outcome = writing.withLock {
            let plan = state.withLockedValue { state in
                let plan = WritePlan([request], revision: state.revision) { state.tree.get($0) }
                history.append(plan.events)
                state.apply(plan.events)
                return plan
            }
            if !plan.events.isEmpty { hub.publish(plan.events) }
            return plan.outcomes[0]
        }
        return try outcome.get()
    }

    package func watch(prefix: String, after revision: Int64?) throws(StorageError) -> StorageWatch {
        let now = try check(revision)
        return hub.watch(prefix: prefix, after: revision ?? now.revision)
    }

    package func requestProgress() { hub.requestProgress() }

    package func compact(upTo revision: Int64) throws(StorageError) {
        let last = self.revision
        if revision > last { throw .futureRevision(current: last) }
        state.withLockedValue { $0.compacted = max($0.compacted, revision) }
        history.forget(upTo: revision)
    }
}

/// Every event since the last compaction.
private final class MemoryHistory: WatchHistory {
    private struct State {
        var events = CircularBuffer<StorageEvent>()
        var compacted: Int64 = 1
    }

    private let state = NIOLockedValueBox(State())

    func append(_ events: [StorageEvent]) { state.withLockedValue { $0.events.append(contentsOf: events) } }

    func forget(upTo revision: Int64) {
        state.withLockedValue { state in
            guard revision > state.compacted else { return }
            state.events.removeFirst(min(Int(revision - state.compacted), state.events.count))
            state.compacted = revision
        }
    }

    func events(after revision: Int64) throws(StorageError) -> [StorageEvent] {
        let (compacted, events) = state.withLockedValue { state in
            (state.compacted, Array(state.events.dropFirst(Int(max(revision - state.compacted, 0)))))
        }
        if revision < compacted { throw .compacted(oldest: compacted) }
        return events
    }

    func events(prefix: String, after revision: Int64, through last: Int64) async throws(StorageError) -> HistoryPiece {
        let (compacted, events) = state.withLockedValue { state in
            let events = state.events.dropFirst(Int(max(revision - state.compacted, 0))).prefix(Limit.catchUpRows)
            return (state.compacted, events.filter { $0.revision <= last })
        }
        if revision < compacted { throw .compacted(oldest: compacted) }
        return HistoryPiece(
            events: events.filter { KeyOrder.hasPrefix($0.key, prefix) }, last: events.last?.revision ?? last)
    }
}
