import NIOConcurrencyHelpers

/// Values by name, for those who come before them: a client's calls arrive in any order.
final class Meeting<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var values: [Key: Value] = [:]
        var waiting: [Key: [Int: CheckedContinuation<Value?, Never>]] = [:]
        var next = 0
        /// Waits that ended before they had begun.
        var cancelled: Set<Int> = []
    }

    private let state = NIOLockedValueBox(State())

    subscript(_ key: Key) -> Value? { state.withLockedValue { $0.values[key] } }

    var count: Int { state.withLockedValue { $0.values.count } }

    /// False: there is one of that name.
    func put(_ value: Value, _ key: Key) -> Bool {
        let waiting: [CheckedContinuation<Value?, Never>]? = state.withLockedValue { state in
            guard state.values[key] == nil else { return nil }
            state.values[key] = value
            return state.waiting.removeValue(forKey: key).map { Array($0.values) } ?? []
        }
        for continuation in waiting ?? [] { continuation.resume(returning: value) }
        return waiting != nil
    }

    func remove(_ key: Key) { state.withLockedValue { $0.values[key] = nil } }

    /// Waits for it at most so long; nil: it didn't come.
    func wait(for key: Key, atMost limit: Duration) async -> Value? {
        if let value = self[key] { return value }
        return await withTaskGroup(of: Value?.self) { group in
            group.addTask { await self.wait(for: key) }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private func wait(for key: Key) async -> Value? {
        let id = state.withLockedValue { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isOver, value): (Bool, Value?) = state.withLockedValue { state in
                    if let value = state.values[key] { return (true, value) }
                    if state.cancelled.remove(id) != nil { return (true, nil) }
                    state.waiting[key, default: [:]][id] = continuation
                    return (false, nil)
                }
                if isOver { continuation.resume(returning: value) }
            }
        } onCancel: {
            let continuation = state.withLockedValue { state in
                if let waiting = state.waiting[key]?.removeValue(forKey: id) {
                    if state.waiting[key]?.isEmpty == true { state.waiting[key] = nil }
                    return Optional(waiting)
                }
                if state.values[key] == nil { state.cancelled.insert(id) }
                return nil
            }
            continuation?.resume(returning: nil)
        }
    }
}
