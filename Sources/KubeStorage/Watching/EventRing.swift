import NIOCore

/// The newest events in memory, one for each revision without gaps, so that most watches never read the disk.
struct EventRing: Sendable {
    private var events = CircularBuffer<StorageEvent>()
    private var bytes = 0
    /// The revision of the first event in the ring, or of the next one to come when it is empty.
    private(set) var first: Int64

    private let limits: WatchLimits

    init(next: Int64, limits: WatchLimits) {
        first = next
        self.limits = limits
    }

    /// The revision of the last event, or the one before `first`.
    var last: Int64 { first + Int64(events.count) - 1 }

    mutating func append(_ event: StorageEvent) {
        events.append(event)
        bytes += Self.size(event)
        while events.count > limits.ringEvents || bytes > limits.ringBytes, let old = events.popFirst() {
            bytes -= Self.size(old)
            first += 1
        }
    }

    /// Events after `revision`, which must be `first - 1` or later, oldest first.
    func after(_ revision: Int64) -> CircularBuffer<StorageEvent>.SubSequence {
        let skipped = min(max(revision + 1 - first, 0), Int64(events.count))
        return events[events.index(events.startIndex, offsetBy: Int(skipped))...]
    }

    static func size(_ events: [StorageEvent]) -> Int { events.reduce(0) { $0 + size($1) } }

    /// Bytes that the ring keeps in memory for an event, about.
    static func size(_ event: StorageEvent) -> Int {
        200 + (event.value?.value.readableBytes ?? 0) + (event.previous?.value.readableBytes ?? 0)
    }
}
