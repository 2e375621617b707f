import NIOCore

/// One watch: where it is in the history, and what waits for its reader. All of it is guarded by the hub's lock.
///
/// A feed is *behind* until it has read what happened up to now, from the ring or the disk, then *live*: the hub
/// appends to it. A live feed whose reader is slow becomes behind again, so that it costs no memory.
final class WatchFeed: @unchecked Sendable {  // guarded by the hub's lock
    enum Phase {
        /// The events up to and with this revision have been given.
        case behind(after: Int64)
        case live
    }

    typealias Reader = CheckedContinuation<EventLoopFuture<Void>?, Never>

    let prefix: String
    /// Events up to this revision aren't for it: it may have been given before they are published here.
    let floor: Int64
    private let limits: WatchLimits
    var phase: Phase
    /// Arrays shared with the prefix's other watches: the events of one transaction each.
    private var chunks = CircularBuffer<[StorageEvent]>()
    private var waitingEvents = 0
    private var waitingBytes = 0
    /// The reader, when it waits. It is resumed with what it has to wait for before it reads on; nil: nothing.
    var reader: Reader?
    /// To whom events go while the reader waits; nil: the reader wakes for them.
    var receiver: StorageReceiver?
    /// The last of the hub's requests for progress that was answered.
    var answeredProgress: Int
    var isCancelled = false

    init(prefix: String, after revision: Int64, answeredProgress: Int, limits: WatchLimits) {
        self.limits = limits
        self.prefix = prefix
        self.floor = revision
        self.phase = .behind(after: revision)
        self.answeredProgress = answeredProgress
    }

    var hasWaiting: Bool { !chunks.isEmpty }

    /// - Returns: false when too much waits already; the feed is then behind.
    func append(_ all: [StorageEvent], bytes: Int) -> Bool {
        let chunk = all.first.map { $0.revision > floor } == true ? all : all.filter { $0.revision > floor }
        if chunk.isEmpty { return true }
        if waitingEvents + chunk.count > limits.watchEvents || waitingBytes + bytes > limits.watchBytes,
            let first = chunks.first?.first
        {
            phase = .behind(after: first.revision - 1)
            chunks.removeAll()
            waitingEvents = 0
            waitingBytes = 0
            return false
        }
        chunks.append(chunk)
        waitingEvents += chunk.count
        waitingBytes += chunk.count == all.count ? bytes : EventRing.size(chunk)
        return true
    }

    /// All that waits.
    /// - Parameter other: what another watch of the same prefix was given: it is shared when it is the same.
    func take(like other: [StorageEvent]? = nil) -> [StorageEvent]? {
        if let other, other.count == waitingEvents, let last = chunks.last?.last?.revision,
            other.last?.revision == last, other.first?.revision == chunks.first?.first?.revision
        {
            chunks.removeAll(keepingCapacity: true)
            waitingEvents = 0
            waitingBytes = 0
            return other
        }
        guard let first = chunks.popFirst() else { return nil }
        var all = first
        while let chunk = chunks.popFirst() { all += chunk }
        waitingEvents = 0
        waitingBytes = 0
        return all
    }
}
