import NIOConcurrencyHelpers

/// Time ran out before the work was done.
struct TimedOut: Error {}

/// What the work gives, or `TimedOut`; work that doesn't heed its cancellation is left to itself then.
func within<T: Sendable>(
    _ seconds: Double, _ work: @escaping @Sendable () async throws -> T
) async throws -> T {
    let gate = Gate<T>()
    let worker = Task {
        do { gate.open(.success(try await work())) } catch { gate.open(.failure(error)) }
    }
    let timer = Task {
        do { try await Task.sleep(for: .milliseconds(Int(seconds * 1_000))) } catch { return }
        gate.open(.failure(TimedOut()))
    }
    defer {
        timer.cancel()
        worker.cancel()
    }
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { gate.wait($0) }
    } onCancel: {
        gate.open(.failure(CancellationError()))
    }
}

/// Passes on the first of several outcomes.
private final class Gate<T: Sendable>: Sendable {
    private struct State {
        var outcome: Result<T, any Error>?
        var waiting: CheckedContinuation<T, any Error>?
    }
    private let state = NIOLockedValueBox(State())

    func open(_ outcome: Result<T, any Error>) {
        let waiting = state.withLockedValue { state -> CheckedContinuation<T, any Error>? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(with: outcome)
    }

    func wait(_ continuation: CheckedContinuation<T, any Error>) {
        let outcome = state.withLockedValue { state -> Result<T, any Error>? in
            if state.outcome == nil { state.waiting = continuation }
            return state.outcome
        }
        if let outcome { continuation.resume(with: outcome) }
    }
}
