import DockerModel
import JSON
import NIOConcurrencyHelpers

/// Messages of one piece of work, for any number of clients that join at any time. Nobody's slowness holds up the
/// work: what a client hasn't read yet is kept for it, a newer state of an item in place of an older one, so that it
/// never grows beyond the items and their lines.
final class ProgressFeed: Sendable {
    private struct Reader {
        var queue = PendingMessages()
        var waiting: CheckedContinuation<JSON?, Never>?
    }
    private struct State {
        /// What a client that joins now is told first.
        var history = PendingMessages()
        var readers: [Int: Reader] = [:]
        var nextReader = 0
        var ended = false
    }
    private let state = NIOLockedValueBox(State())

    func post(_ message: JSON) {
        state.withLockedValue { state in
            state.history.add(message)
            for key in state.readers.keys {
                if let waiting = state.readers[key]?.waiting {
                    state.readers[key]?.waiting = nil
                    waiting.resume(returning: message)
                } else {
                    state.readers[key]?.queue.add(message)
                }
            }
        }
    }

    /// No more will come; readers end when they have read what is there.
    func end() {
        state.withLockedValue { state in
            state.ended = true
            for key in state.readers.keys {
                state.readers[key]?.waiting?.resume(returning: nil)
                state.readers[key]?.waiting = nil
            }
        }
    }

    /// Joins, with what was said so far.
    func join() -> Int {
        state.withLockedValue { state in
            state.nextReader += 1
            state.readers[state.nextReader] = Reader(queue: state.history)
            return state.nextReader
        }
    }

    /// The readers that are left.
    func leave(_ reader: Int) -> Int {
        state.withLockedValue { state in
            state.readers.removeValue(forKey: reader)?.waiting?.resume(returning: nil)
            return state.readers.count
        }
    }

    /// Nil at the end, and once the reader has left.
    func next(_ reader: Int) async -> JSON? {
        await withCheckedContinuation { continuation in
            state.withLockedValue { state in
                if let message = state.readers[reader]?.queue.removeFirst() {
                    continuation.resume(returning: message)
                } else if state.ended || state.readers[reader] == nil {
                    continuation.resume(returning: nil)
                } else {
                    state.readers[reader]?.waiting = continuation
                }
            }
        }
    }
}

/// Messages in order; a message about an item's progress takes the place of one that says the same state of it.
struct PendingMessages: Sendable {
    private var messages: [JSON] = []
    private var start = 0
    /// Where an item's last message is, counted from the first ever added.
    private var last: [String: Int] = [:]
    private var removed = 0

    mutating func add(_ message: JSON) {
        if let id = message["id"].string {
            if message["progress"].string != nil, let at = last[id].map({ $0 - removed + start }), at >= start,
                at < messages.count, messages[at]["status"] == message["status"]
            {
                messages[at] = message
                return
            }
            last[id] = removed + messages.count - start
        }
        messages.append(message)
    }

    mutating func removeFirst() -> JSON? {
        guard start < messages.count else { return nil }
        defer {
            start += 1
            removed += 1
            if start > 64 {
                messages.removeFirst(start)
                start = 0
            }
        }
        return messages[start]
    }
}
