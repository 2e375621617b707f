import JSON
import KubeModel
import KubeStorage

/// Deletes events once nothing has changed them for `--event-ttl`. While there are none, it waits without a timer.
actor EventExpiry {
    /// Shortest pause between two looks, in seconds: events that end together are deleted together.
    private static let pause = 1.0

    private let parts: ServerParts
    /// Seconds that an event lives after its last change.
    private let seconds: Double
    private let changes: AsyncStream<Void>
    /// When the events end, in seconds since 1970, by their keys; of the revision that was read.
    private var ends: [String: (revision: Int64, at: Double)] = [:]

    init(_ parts: ServerParts, seconds: Int) {
        self.parts = parts
        self.seconds = Double(seconds)
        let (stream, changed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        changes = stream
        changed.yield()
        parts.store.cache.observe(group: "", ["events"]) { changed.yield() }
    }

    /// Until its task is cancelled.
    func run() async {
        for await _ in changes {
            while let next = await sweep() {
                let wait = max(Self.pause, next - parts.now())
                guard (try? await Task.sleep(for: .seconds(wait))) != nil else { return }
            }
        }
    }

    /// Deletes what has ended.
    /// - Returns: when the next event ends; nil: there are none.
    func sweep() async -> Double? {
        let now = parts.now()
        var left: [String: (revision: Int64, at: Double)] = [:]
        for value in parts.store.cache.stored(group: "", resource: "events") {
            let known = ends[value.key].flatMap { $0.revision == value.modRevision ? $0.at : nil }
            let end = known ?? (Self.lastChange(value) ?? now) + seconds
            if end <= now {
                // Changed meanwhile: it lives on.
                let removed = try? await parts.store.remove(value)
                if removed != nil { continue }
            }
            left[value.key] = (value.modRevision, end)
        }
        ends = left
        return left.values.map(\.at).min()
    }

    /// When the server last wrote the event: managed fields tell of changes, else its creation counts.
    private static func lastChange(_ value: StoredValue) -> Double? {
        guard let event = try? ObjectRecord.decode(value) else { return nil }
        let metadata = event["metadata"]
        let times = [metadata["creationTimestamp"]] + (metadata["managedFields"].array ?? []).map { $0["time"] }
        return times.compactMap { $0.string.flatMap { (try? Timestamp(parsing: $0))?.time } }.max()
    }
}
