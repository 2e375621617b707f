/// Pauses that double with each failure and are forgotten after a long time without one (client-go's flowcontrol
/// Backoff). Times are seconds since 1970.
struct BackOff: Sendable, Equatable {
    private struct Entry: Sendable, Equatable {
        var delay: Double
        var updated: Double
    }

    private var entries: [String: Entry] = [:]
    private let first: Double, longest: Double

    init(first: Double, longest: Double) {
        self.first = first
        self.longest = longest
    }

    /// The current pause; 0: none.
    func delay(_ key: String) -> Double { entries[key]?.delay ?? 0 }

    /// When the pause after an event is over; nil: there is none, or no more.
    func end(_ key: String, after event: Double, now: Double) -> Double? {
        guard let entry = entries[key], !isForgotten(entry, event) else { return nil }
        let end = event + entry.delay
        return now < end ? end : nil
    }

    /// When the pause since the last failure is over; nil: there is none, or no more.
    func end(_ key: String, now: Double) -> Double? {
        guard let entry = entries[key], !isForgotten(entry, now) else { return nil }
        let end = entry.updated + entry.delay
        return now < end ? end : nil
    }

    /// Counts one more failure, which happened at `event`.
    mutating func next(_ key: String, after event: Double, now: Double) {
        if let entry = entries[key], !isForgotten(entry, event) {
            entries[key] = Entry(delay: min(entry.delay * 2, longest), updated: now)
        } else {
            entries[key] = Entry(delay: first, updated: now)
        }
    }

    mutating func reset(_ key: String) { entries[key] = nil }

    private func isForgotten(_ entry: Entry, _ event: Double) -> Bool { event - entry.updated > longest * 2 }
}
