import NIOConcurrencyHelpers

/// Lets a layer tell how far it is a few times a second, however often it gets on.
final class ProgressThrottle: Sendable {
    /// Least time between two progress messages of one layer.
    private static let interval = Duration.milliseconds(100)
    private let last = NIOLockedValueBox<ContinuousClock.Instant?>(nil)

    /// True the first time and then once an interval.
    func isDue() -> Bool {
        let now = ContinuousClock.now
        return last.withLockedValue { last in
            if let last, now - last < Self.interval { return false }
            last = now
            return true
        }
    }
}
