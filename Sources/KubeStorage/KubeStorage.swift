import NIOCore

/// A revisioned key-value store with etcd's semantics: one counter for all keys, compare-and-swap on a key's last
/// revision, ranges and watches at a revision, compaction.
///
/// Keys are paths (`/registry/pods/default/web`) in byte order. A write that returned is durable: it survives kill -9
/// and power loss. Revisions have no gaps and are never used twice. `Tests/Contracts` holds what every implementation
/// must pass.
package protocol KubeStorage: Sendable {
    /// The last revision that is durable.
    var revision: Int64 { get async throws(StorageError) }

    /// The key's newest value; nil when there is none.
    func get(_ key: String) async throws(StorageError) -> StoredValue?

    /// Up to `limit` values whose keys begin with `prefix`, in key order, from `start` on (itself included when given).
    /// - Parameters:
    ///   - revision: as the store was then; nil: now. Throws `compacted` or `futureRevision`.
    ///   - isWanted: those it answers false for are left out, and don't count; nil: all are wanted.
    func list(
        prefix: String, from start: String?, limit: Int?, at revision: Int64?, where isWanted: StoredFilter?
    ) async throws(StorageError) -> StoredPage

    /// Writes when the key's last revision is `expected` (0: the key isn't there; nil: whatever it is).
    /// Throws `conflict` with what is there. When it throws `unavailable` the value may have been written all the same.
    /// - Returns: the write's own revision. The first of an empty store is 2: it begins at 1, so that 0 is never one.
    @discardableResult
    func put(_ key: String, _ value: ByteBuffer, expecting expected: Int64?) async throws(StorageError) -> Int64

    /// Deletes when the key's last revision is `expected` (nil: whatever it is). Throws `conflict`, also when it isn't there.
    /// - Returns: the deletion's own revision and what was there.
    @discardableResult
    func delete(_ key: String, expecting expected: Int64?) async throws(StorageError) -> (
        revision: Int64, old: StoredValue
    )

    /// Changes under `prefix` after `revision`, in order, none left out and none twice; nil: from now on.
    ///
    /// Throws `futureRevision`, or `compacted` when the history doesn't reach back that far. The stream throws `compacted`
    /// when its reader is so slow that what it hasn't seen is compacted, `unavailable` when the store closes, and ends
    /// when its task is cancelled. Dropping the stream frees the watch. One task at a time may read it.
    func watch(prefix: String, after revision: Int64?) async throws(StorageError) -> StorageWatch

    /// Makes every open watch yield `progress` with the revision of now or a later one, after its events up to there.
    func requestProgress() async

    /// Forgets what was overwritten or deleted at or before `revision`: reads at an older one, and watches after an older
    /// one, then throw `compacted`. Does nothing when that is so already. Throws `futureRevision`.
    func compact(upTo revision: Int64) async throws(StorageError)
}

package struct StoredValue: Sendable, Equatable {
    package let key: String
    package let value: ByteBuffer
    package let createRevision: Int64
    package let modRevision: Int64

    package init(key: String, value: ByteBuffer, createRevision: Int64, modRevision: Int64) {
        self.key = key
        self.value = value
        self.createRevision = createRevision
        self.modRevision = modRevision
    }
}

package typealias StoredFilter = @Sendable (StoredValue) -> Bool

extension KubeStorage {
    package func list(prefix: String, from start: String?, limit: Int?, at revision: Int64?)
        async throws(StorageError) -> StoredPage
    {
        try await list(prefix: prefix, from: start, limit: limit, at: revision, where: nil)
    }
}

package struct StoredPage: Sendable {
    package let values: [StoredValue]
    /// The revision that the page shows.
    package let revision: Int64
    /// How many more there are after the last that was looked at, wanted or not.
    package let remaining: Int

    package init(values: [StoredValue], revision: Int64, remaining: Int) {
        self.values = values
        self.revision = revision
        self.remaining = remaining
    }
}

package struct StorageEvent: Sendable, Equatable {
    package enum Kind: Sendable { case put, delete }
    package let kind: Kind
    package let key: String
    package let revision: Int64
    /// What the key holds now; nil after a deletion.
    package let value: StoredValue?
    /// What it held before; nil when it wasn't there.
    package let previous: StoredValue?

    package init(kind: Kind, key: String, revision: Int64, value: StoredValue?, previous: StoredValue?) {
        self.kind = kind
        self.key = key
        self.revision = revision
        self.value = value
        self.previous = previous
    }
}

/// What a watch yields: the events of one or more whole revisions, or word that nothing happened up to a revision.
package enum StorageNews: Sendable {
    case events([StorageEvent])
    /// All of the prefix's events up to `revision` have been given (for bookmarks).
    case progress(revision: Int64)
}

/// A watch's news, in order. One task at a time may read it; dropping it frees the watch.
package struct StorageWatch: AsyncSequence, Sendable {
    private let pull: @Sendable (StorageReceiver?) async throws -> StorageNews?

    /// - Parameter pull: waits for the next news; nil at the end. What happens while it waits may go to the receiver.
    package init(_ pull: @escaping @Sendable (StorageReceiver?) async throws -> StorageNews?) { self.pull = pull }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let receiver: StorageReceiver?
        fileprivate let pull: @Sendable (StorageReceiver?) async throws -> StorageNews?
        package mutating func next() async throws -> StorageNews? { try await pull(receiver) }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(receiver: nil, pull: pull) }

    /// - Parameter receiver: gets the events that come while `next` waits, in their order among what `next` gives.
    package func makeAsyncIterator(with receiver: StorageReceiver?) -> AsyncIterator {
        AsyncIterator(receiver: receiver, pull: pull)
    }
}

/// Takes a watch's events on an event loop, so that no task has to wake for them.
package struct StorageReceiver: Sendable {
    package let eventLoop: any EventLoop
    /// On the event loop, one call at a time. Nil: it is ready for more; else it is when that future succeeds, and the
    /// watch's reader throws what it fails with.
    package let take: @Sendable ([StorageEvent]) -> EventLoopFuture<Void>?

    package init(_ eventLoop: any EventLoop, take: @escaping @Sendable ([StorageEvent]) -> EventLoopFuture<Void>?) {
        self.eventLoop = eventLoop
        self.take = take
    }
}

package enum StorageError: Error, Sendable, Equatable {
    /// The key's last revision isn't the expected one; what is there, nil for nothing.
    case conflict(StoredValue?)
    /// The asked revision is older than what is kept.
    case compacted(oldest: Int64)
    /// The asked revision hasn't happened yet.
    case futureRevision(current: Int64)
    /// The store is closing, or its disk failed: a sentence for people.
    case unavailable(String)
}
