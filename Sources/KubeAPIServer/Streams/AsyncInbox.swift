import NIOConcurrencyHelpers

/// Values on their way from one task to another; who puts in more than fit waits.
final class AsyncInbox<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var hasEnded = false
        var taker: CheckedContinuation<Value?, Never>?
        var putter: CheckedContinuation<Void, Never>?
    }

    private let limit: Int
    private let state = NIOLockedValueBox(State())

    /// - Parameter limit: values that fit.
    init(limit: Int) { self.limit = limit }

    /// One task at a time.
    func put(_ value: Value) async {
        await withCheckedContinuation { continuation in
            let (taker, goesOn) = state.withLockedValue { state -> (CheckedContinuation<Value?, Never>?, Bool) in
                if state.hasEnded { return (nil, true) }
                if let taker = state.taker {
                    state.taker = nil
                    return (taker, true)
                }
                state.values.append(value)
                if state.values.count < limit { return (nil, true) }
                state.putter = continuation
                return (nil, false)
            }
            taker?.resume(returning: value)
            if goesOn { continuation.resume() }
        }
    }

    /// Nil at the end, or when the task is cancelled. One task at a time.
    func take() async -> Value? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (value, putter, answers) = state.withLockedValue {
                    state -> (Value?, CheckedContinuation<Void, Never>?, Bool) in
                    if !state.values.isEmpty {
                        defer { state.putter = nil }
                        return (state.values.removeFirst(), state.putter, true)
                    }
                    if state.hasEnded { return (nil, nil, true) }
                    state.taker = continuation
                    return (nil, nil, false)
                }
                putter?.resume()
                if answers { continuation.resume(returning: value) }
            }
        } onCancel: {
            finish()
        }
    }

    func finish() {
        let (taker, putter) = state.withLockedValue { state in
            state.hasEnded = true
            defer { (state.taker, state.putter) = (nil, nil) }
            return (state.taker, state.putter)
        }
        taker?.resume(returning: nil)
        putter?.resume()
    }
}
