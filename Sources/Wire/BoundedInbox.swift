import NIOConcurrencyHelpers

/// Values on their way from one task to another: who puts more in than it holds waits until some are taken.
package final class BoundedInbox<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var load = 0
        var hasEnded = false
        var taker: CheckedContinuation<Value?, Never>?
        var putter: CheckedContinuation<Void, Never>?
    }

    private let limit: Int
    private let weight: @Sendable (Value) -> Int
    private let state = NIOLockedValueBox(State())
    /// Nothing more will come.
    let ended = Latch()

    /// - Parameters:
    ///   - limit: how much it holds.
    ///   - weight: what a value counts for; without it, 1.
    package init(limit: Int, weight: @escaping @Sendable (Value) -> Int = { _ in 1 }) {
        self.limit = limit
        self.weight = weight
    }

    /// One task at a time. Ends at once when nobody will take any more.
    package func put(_ value: Value) async {
        await withCheckedContinuation { continuation in
            let (taker, goesOn) = state.withLockedValue { state -> (CheckedContinuation<Value?, Never>?, Bool) in
                if state.hasEnded { return (nil, true) }
                if let taker = state.taker {
                    state.taker = nil
                    return (taker, true)
                }
                state.values.append(value)
                state.load += weight(value)
                if state.load < limit { return (nil, true) }
                state.putter = continuation
                return (nil, false)
            }
            taker?.resume(returning: value)
            if goesOn { continuation.resume() }
        }
    }

    /// Nil at the end, or when the task is cancelled. One task at a time.
    package func take() async -> Value? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (value, putter, answers) = state.withLockedValue {
                    state -> (Value?, CheckedContinuation<Void, Never>?, Bool) in
                    if !state.values.isEmpty {
                        let value = state.values.removeFirst()
                        state.load -= weight(value)
                        let putter = state.load < limit ? state.putter : nil
                        if putter != nil { state.putter = nil }
                        return (value, putter, true)
                    }
                    if state.hasEnded { return (nil, nil, true) }
                    state.taker = continuation
                    return (nil, nil, false)
                }
                putter?.resume()
                if answers { continuation.resume(returning: value) }
            }
        } onCancel: {
            end()
        }
    }

    /// What is in it can still be taken.
    package func end() {
        let (taker, putter) = state.withLockedValue { state in
            state.hasEnded = true
            defer { (state.taker, state.putter) = (nil, nil) }
            return (state.taker, state.putter)
        }
        taker?.resume(returning: nil)
        putter?.resume()
        ended.open()
    }
}
