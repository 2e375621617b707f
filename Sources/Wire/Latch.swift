import NIOConcurrencyHelpers

/// Something that happens once. Waiting ends when it has happened or when the waiting task is cancelled.
package final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var next = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        /// Waits that were cancelled before they had begun.
        var cancelled: Set<Int> = []
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    package var isOpen: Bool { state.withLockedValue { $0.isOpen } }

    package func open() {
        let waiting = state.withLockedValue { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    package func wait() async {
        let id = state.withLockedValue { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLockedValue { state in
                    if state.isOpen || state.cancelled.remove(id) != nil { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLockedValue { state in
                if let waiting = state.waiting.removeValue(forKey: id) { return Optional(waiting) }
                if !state.isOpen { state.cancelled.insert(id) }
                return nil
            }
            continuation?.resume()
        }
    }
}
