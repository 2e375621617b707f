import NIOConcurrencyHelpers

/// How long to wait before another attempt: doubling, capped, and spread so that clients don't return in step.
package struct RetryPolicy: Sendable {
    /// Milliseconds before the second attempt.
    package var baseMilliseconds: Int64 = 500
    package var attempts = Limit.attempts

    package init() {}

    /// Milliseconds before attempt `attempt` + 1 (the first attempt is 1); nil: give up.
    /// `chance` in 0..<1 spreads the wait over its upper half; the server's own wish, in seconds, comes first.
    func wait(after attempt: Int, serverAsks: Int64?, chance: Double) -> Int64? {
        guard attempt < attempts else { return nil }
        let cap = Limit.waitSeconds * 1000
        if let serverAsks { return min(serverAsks, Limit.waitSeconds) * 1000 }
        let full = min(cap, baseMilliseconds << Int64(min(attempt - 1, 16)))
        return full / 2 + Int64(Double(full / 2) * chance)
    }
}
