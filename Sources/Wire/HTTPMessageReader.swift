import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1

/// Takes messages off a connection, one after the other: a head, then the parts of its body. One caller at a time.
/// Bytes behind a message stay here for the next one, or for the stream that the connection turns into.
final class HTTPMessageReader: Sendable {
    private struct State {
        var buffered = ByteBuffer()
        var body = HTTPBody.none
    }

    let bytes: ByteChannel
    private let state = NIOLockedValueBox(State())

    init(_ bytes: ByteChannel) { self.bytes = bytes }

    /// Nil when the peer closed between two messages. `began` is called when a part of the head is here, and not all.
    func head(began: () -> Void = {}) async throws -> HTTPHead? {
        var scanned = 0
        var hasBegun = false
        while true {
            let head: HTTPHead? = try state.withLockedValue { state in
                Self.skipEmptyLines(&state.buffered)
                if let length = HTTPHead.length(in: state.buffered, scanned: &scanned) {
                    guard length <= HTTPLimit.headBytes, let slice = state.buffered.readSlice(length: length) else {
                        throw HTTPProblem(431, "request header fields too large")
                    }
                    return try HTTPHead(slice)
                }
                guard state.buffered.readableBytes <= HTTPLimit.headBytes else {
                    throw HTTPProblem(431, "request header fields too large")
                }
                // A TLS client's first bytes, say, whose end would be waited for in vain.
                let first = state.buffered.getInteger(at: state.buffered.readerIndex, as: UInt8.self)
                if let first, !HTTPHead.isTokenByte(first) { throw HTTPProblem(400, "this is no HTTP") }
                return nil
            }
            if let head { return head }
            if !hasBegun, hasBuffered {
                began()
                hasBegun = true
            }
            guard try await fill() else {
                if hasBuffered { throw HTTPProblem(400, "connection closed inside a head") }
                return nil
            }
        }
    }

    /// What the body of the message whose head was just read looks like.
    func begin(_ body: HTTPBody) { state.withLockedValue { $0.body = body } }

    var bodyHasEnded: Bool { state.withLockedValue { $0.body == .none } }

    /// Nil at the body's end. Throws when the peer closes before it.
    func bodyPart() async throws -> ByteBuffer? {
        while true {
            let step = try state.withLockedValue { try $0.body.next(from: &$0.buffered) }
            switch step {
            case .part(let part): return part
            case .end: return nil
            case .needsMore:
                if try await fill() { continue }
                return try state.withLockedValue { state in
                    guard state.body == .untilClose else { throw HTTPProblem(400, "connection closed inside a body") }
                    state.body = .none
                    return nil
                }
            }
        }
    }

    /// Reads the rest of the body away; false when that is too much.
    func drain() async throws -> Bool {
        var count = 0
        while let part = try await bodyPart() {
            count += part.readableBytes
            if count > HTTPLimit.drainedBytes { return false }
        }
        return true
    }

    /// Bytes that came behind the last message; nil when there are none.
    func takeBuffered() -> ByteBuffer? {
        state.withLockedValue { state in
            guard state.buffered.readableBytes > 0 else { return nil }
            defer { state.buffered = ByteBuffer() }
            return state.buffered
        }
    }

    var hasBuffered: Bool { state.withLockedValue { $0.buffered.readableBytes > 0 } }

    private func fill() async throws -> Bool {
        guard var more = try await bytes.read() else { return false }
        state.withLockedValue { state in
            if state.buffered.readableBytes == 0 {
                state.buffered = more
            } else {
                state.buffered.discardReadBytes()
                state.buffered.writeBuffer(&more)
            }
        }
        return true
    }

    private static func skipEmptyLines(_ buffer: inout ByteBuffer) {
        while let byte = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self), byte == 0x0D || byte == 0x0A {
            buffer.moveReaderIndex(forwardBy: 1)
        }
    }
}
