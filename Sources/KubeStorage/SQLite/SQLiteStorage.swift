import Fault
import GRDB
import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// The embedded store: the current state in memory, every revision in a SQLite log.
///
/// Reads of the present never touch the disk. Writes go through `CommitQueue`. Only one process may have a data folder
/// open; a backup may be made of it meanwhile.
package final class SQLiteStorage: KubeStorage {
    /// Automatic compaction: every `interval`, what was superseded before the last one is removed, so that between one
    /// and two intervals' history is kept.
    package struct AutomaticCompaction: Sendable {
        /// As the original's `--etcd-compaction-interval`.
        package var interval: Duration = .seconds(300)
        package var clock: any Clock<Duration> = ContinuousClock()

        package init(interval: Duration = .seconds(300), clock: any Clock<Duration> = ContinuousClock()) {
            self.interval = interval
            self.clock = clock
        }
    }

    private let path: String
    private let pool: DatabasePool
    private let lock: FolderLock
    private let log: Logger
    private let state: NIOLockedValueBox<CurrentState>
    private let hub: WatchHub
    private let checkpointer: Checkpointer
    let queue: CommitQueue
    private let history: LogHistory
    private let upkeep = NIOLockedValueBox<Task<Void, Never>?>(nil)

    /// Opens the folder's store, or makes both. Blocking: it reads everything (`LoadedState`).
    ///
    /// - Parameters:
    ///   - compaction: nil: only what `compact` is asked for.
    ///   - checkpointPages: after how many pages of 4 KiB the write-ahead log is moved into the database.
    /// - Throws: `Fault` with what to do: the folder is in use, the file is damaged or of a newer version.
    package convenience init(
        folder: String, compaction: AutomaticCompaction? = AutomaticCompaction(),
        checkpointPages: Int = 2_000, log: Logger = Logger(label: "kube-storage")
    ) throws {
        try self.init(
            folder: folder, compaction: compaction, checkpointPages: checkpointPages, log: log,
            watchLimits: WatchLimits())
    }

    convenience init(
        folder: String, compaction: AutomaticCompaction?, checkpointPages: Int = 2_000,
        log: Logger = Logger(label: "kube-storage"), watchLimits: WatchLimits
    ) throws {
        if mkdir(folder, 0o700) == 0 {
            try LogFile.syncFolder(folder + "/..")
        } else if errno != EEXIST {
            throw Fault(.internalFault, "can't make the data folder \(folder): \(String(cString: strerror(errno)))")
        }
        let lock = try FolderLock(folder: folder)
        let path = folder + "/" + LogFile.name
        let pool = try LogFile.open(path)
        let loaded: LoadedState
        let checkpointer: Checkpointer
        do {
            checkpointer = try Checkpointer(path: path, pages: checkpointPages)
            loaded = try pool.writeWithoutTransaction { try LogFile.load($0) }
            try LogFile.syncFolder(folder)
        } catch let fault as Fault { throw fault } catch { throw LogFile.fault(path, error) }
        self.init(
            path: path, pool: pool, lock: lock, loaded: loaded,
            checkpointer: checkpointer, log: log,
            watchLimits: watchLimits)
        start(compaction)
    }

    private init(
        path: String, pool: DatabasePool, lock: FolderLock, loaded: LoadedState, checkpointer: Checkpointer,
        log: Logger, watchLimits: WatchLimits
    ) {
        self.checkpointer = checkpointer
        self.path = path
        self.pool = pool
        self.lock = lock
        self.log = log
        state = NIOLockedValueBox(CurrentState(loaded))
        history = LogHistory(pool: pool, path: path)
        hub = WatchHub(revision: loaded.revision, history: history, limits: watchLimits)
        queue = CommitQueue(pool: pool, path: path, state: state, hub: hub, checkpointer: checkpointer)
    }

    deinit { upkeep.withLockedValue { $0?.cancel() } }

    /// Finishes the writes that wait, refuses new ones, ends the watches and closes the file.
    package func close() async {
        let reason = StorageError.unavailable("the store is closed")
        let upkeep = upkeep.withLockedValue { $0 }
        upkeep?.cancel()
        queue.refuse(reason)
        await withCheckedContinuation { done in queue.whenIdle { done.resume() } }
        await upkeep?.value
        hub.close(reason)
        do {
            try checkpointer.close()
            try pool.close()
        } catch { log.warning("can't close \(path): \(error)") }
        lock.release()
    }

    // MARK: Reading

    package var revision: Int64 { state.withLockedValue { $0.revision } }

    /// The oldest revision that can still be read.
    package var compactedRevision: Int64 { state.withLockedValue { $0.compacted } }

    package func get(_ key: String) -> StoredValue? { state.withLockedValue { $0.tree.get(key) } }

    package func list(
        prefix: String, from start: String?, limit: Int?, at asked: Int64?, where isWanted: StoredFilter?
    ) async throws(StorageError) -> StoredPage {
        let (tree, revision) = try await snapshot(at: asked)
        let page = tree.page(prefix: prefix, from: start, limit: limit, where: isWanted)
        if page.remaining > 0 { state.withLockedValue { $0.keep(tree, at: revision) } }
        return StoredPage(values: page.values, revision: revision, remaining: page.remaining)
    }

    private func snapshot(at asked: Int64?) async throws(StorageError) -> (tree: ObjectTree, revision: Int64) {
        let (now, known) = try check(asked)
        let revision = asked ?? now.revision
        if let known { return (known, revision) }
        if let events = hub.recent(after: revision) {
            var tree = now.tree
            // The hub may be a transaction behind or ahead of the state.
            let missing = now.revision - (revision + Int64(events.count))
            if missing <= 0 {
                for event in events.reversed() where event.revision <= now.revision { tree.undo(event) }
                return (tree, revision)
            }
        }
        return (try await history.undo(now.tree, from: now.revision, to: revision), revision)
    }

    /// The present, and the state at the asked revision when it is in memory.
    private func check(_ asked: Int64?) throws(StorageError) -> (now: CurrentState, known: ObjectTree?) {
        let state = state.withLockedValue { $0 }
        guard let asked else { return (state, state.tree) }
        if asked > state.revision { throw .futureRevision(current: state.revision) }
        if asked < state.compacted { throw .compacted(oldest: state.compacted) }
        return (state, state.snapshot(at: asked))
    }

    // MARK: Writing

    @discardableResult
    package func put(_ key: String, _ value: ByteBuffer, expecting expected: Int64?) async throws(StorageError)
        -> Int64
    {
        try await write(WriteRequest(key, value, expecting: expected)).revision
    }

    @discardableResult
    package func delete(_ key: String, expecting expected: Int64?) async throws(StorageError) -> (
        revision: Int64, old: StoredValue
    ) {
        let outcome = try await write(WriteRequest(key, nil, expecting: expected))
        // A deletion of what isn't there is a conflict, so there is always an old value.
        guard let old = outcome.old else { throw .conflict(nil) }
        return (outcome.revision, old)
    }

    private func write(_ request: WriteRequest) async throws(StorageError) -> (revision: Int64, old: StoredValue?) {
        let outcome = await withCheckedContinuation { done in
            queue.add(PendingWrite(request: request, done: done))
        }
        return try outcome.get()
    }

    // MARK: Watching

    package func watch(prefix: String, after revision: Int64?) throws(StorageError) -> StorageWatch {
        let now = try check(revision).now
        return hub.watch(prefix: prefix, after: revision ?? now.revision)
    }

    /// Watches that are up to date and wait for events.
    package var liveWatches: Int { hub.liveWatches }

    package func requestProgress() { hub.requestProgress() }

    // MARK: Upkeep

    package func compact(upTo revision: Int64) async throws(StorageError) {
        let (now, last) = state.withLockedValue { ($0.compacted, $0.revision) }
        if revision > last { throw .futureRevision(current: last) }
        if revision <= now { return }
        try await Compaction(queue: queue).run(upTo: revision) { [state] in
            state.withLockedValue { $0.compacted = max($0.compacted, revision) }
        }
    }

    private func start(_ compaction: AutomaticCompaction?) {
        guard let compaction else { return }
        let task = Task { [weak self] in
            // What an earlier run of the program left unfinished.
            await self?.compactOrLog(nil)
            var last = self?.revision ?? 0
            while (try? await compaction.clock.sleep(for: compaction.interval)) != nil {
                guard let now = self?.revision else { return }
                if now != last { await self?.compactOrLog(last) }
                last = now
            }
        }
        upkeep.withLockedValue { $0 = task }
    }

    private func compactOrLog(_ revision: Int64?) async {
        do {
            if let revision {
                try await compact(upTo: revision)
            } else {
                try await Compaction(queue: queue).removeRows()
            }
        } catch {
            if !Task.isCancelled { log.warning("the store's history was not compacted: \(error)") }
        }
    }
}
