import JSON
import KubeClient
import NIOConcurrencyHelpers

/// Counts pods that have got a node.
final class Bound: Sendable {
    private struct State {
        var count = 0
        var waiting: (count: Int, who: CheckedContinuation<Void, Never>)?
    }

    private let state = NIOLockedValueBox(State())

    func take(_ change: ObjectChange) {
        guard let new = change.new, !(new["spec"]["nodeName"].string ?? "").isEmpty else { return }
        if let old = change.old, !(old["spec"]["nodeName"].string ?? "").isEmpty { return }
        let who = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
            state.count += 1
            guard let waiting = state.waiting, state.count >= waiting.count else { return nil }
            state.waiting = nil
            return waiting.who
        }
        who?.resume()
    }

    func reached(_ count: Int) async {
        await withCheckedContinuation { who in
            let isThere = state.withLockedValue { state in
                if state.count >= count { return true }
                state.waiting = (count, who)
                return false
            }
            if isThere { who.resume() }
        }
    }
}
