import NIOConcurrencyHelpers

/// A clock that stands until it is advanced.
final class TestClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        let offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct State {
        var now = Instant(offset: .zero)
        var sleepers: [Int: (until: Instant, wake: CheckedContinuation<Void, any Error>)] = [:]
        var watchers: [CheckedContinuation<Void, Never>] = []
        var next = 0
    }

    private let state = NIOLockedValueBox(State())
    var now: Instant { state.withLockedValue { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let number = state.withLockedValue { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wake in
                let watchers = state.withLockedValue { state in
                    state.sleepers[number] = (deadline, wake)
                    defer { state.watchers = [] }
                    return state.watchers
                }
                for watcher in watchers { watcher.resume() }
                if Task.isCancelled { cancel(number) }
            }
        } onCancel: {
            cancel(number)
        }
    }

    private func cancel(_ number: Int) {
        state.withLockedValue { $0.sleepers.removeValue(forKey: number) }?.wake.resume(throwing: CancellationError())
    }

    /// Waits for somebody to sleep, then lets that much time pass.
    func advance(by duration: Duration) async {
        await untilSomebodySleeps()
        let due = state.withLockedValue { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.map(\.wake)
        }
        for wake in due { wake.resume() }
    }

    func untilSomebodySleeps() async {
        await withCheckedContinuation { done in
            let isReady = state.withLockedValue { state in
                if state.sleepers.isEmpty { state.watchers.append(done) }
                return !state.sleepers.isEmpty
            }
            if isReady { done.resume() }
        }
    }
}
