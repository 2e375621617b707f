import NIOConcurrencyHelpers
import NIOCore

/// Bytes on their way from one task to another: who puts more in than it holds waits until some are taken.
final class BoundedInbox: Sendable {
    private struct State {
        var parts: [ByteBuffer] = []
        var bytes = 0
        var hasEnded = false
        var taker: CheckedContinuation<ByteBuffer?, Never>?
        var putter: CheckedContinuation<Void, Never>?
    }

    private let maximumBytes: Int
    private let state = NIOLockedValueBox(State())
    /// Nothing more will come.
    let ended = Latch()

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// One task at a time. Ends at once when nobody will take any more.
    func put(_ part: ByteBuffer) async {
        await withCheckedContinuation { continuation in
            let (taker, goesOn) = state.withLockedValue {
                state -> (CheckedContinuation<ByteBuffer?, Never>?, Bool) in
                if state.hasEnded { return (nil, true) }
                if let taker = state.taker {
                    state.taker = nil
                    return (taker, true)
                }
                state.parts.append(part)
                state.bytes += part.readableBytes
                if state.bytes < maximumBytes { return (nil, true) }
                state.putter = continuation
                return (nil, false)
            }
            taker?.resume(returning: part)
            if goesOn { continuation.resume() }
        }
    }

    /// Nil at the end. One task at a time.
    func take() async -> ByteBuffer? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (part, putter, answers) = state.withLockedValue {
                    state -> (ByteBuffer?, CheckedContinuation<Void, Never>?, Bool) in
                    if !state.parts.isEmpty {
                        let part = state.parts.removeFirst()
                        state.bytes -= part.readableBytes
                        let putter = state.bytes < maximumBytes ? state.putter : nil
                        if putter != nil { state.putter = nil }
                        return (part, putter, true)
                    }
                    if state.hasEnded { return (nil, nil, true) }
                    state.taker = continuation
                    return (nil, nil, false)
                }
                putter?.resume()
                if answers { continuation.resume(returning: part) }
            }
        } onCancel: {
            end()
        }
    }

    /// What is in it can still be taken.
    func end() {
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
