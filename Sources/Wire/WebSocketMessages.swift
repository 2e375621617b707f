import NIOConcurrencyHelpers
import NIOCore

/// A WebSocket whose messages have bounds: Kubernetes' channel protocols put a channel's number before each.
package final class WebSocketMessages: Sendable {
    private struct State {
        var decoder: WebSocketDecoder
        var buffered = ByteBuffer()
        var hasSentClose = false
    }

    /// Largest message that a peer may send, in bytes: what `kubectl cp` and exec write at once is 32 KiB.
    private static let maximumBytes = 4 << 20

    private let raw: any RawConnection
    private let isClient: Bool
    private let state: NIOLockedValueBox<State>

    /// - Parameter isClient: which side of the connection we are.
    init(_ raw: any RawConnection, isClient: Bool = false) {
        self.raw = raw
        self.isClient = isClient
        state = NIOLockedValueBox(State(decoder: WebSocketDecoder(tellsMessages: true, readsServer: isClient)))
    }

    /// The next message; nil once the peer has closed. One reader at a time.
    package func read() async throws -> ByteBuffer? {
        var message = ByteBuffer()
        while true {
            let event: WebSocketDecoder.Event?
            do {
                event = try state.withLockedValue { state in try state.decoder.next(from: &state.buffered) }
            } catch {
                await fail(1002)  // "protocol error", RFC 6455 section 7.4.1
                return nil
            }
            switch event {
            case .data(let bytes):
                guard message.readableBytes + bytes.readableBytes <= Self.maximumBytes else {
                    await fail(1009)  // "message too big"
                    return nil
                }
                message.writeImmutableBuffer(bytes)
            case .messageEnd: return message
            case .ping(let bytes): try await raw.write(frame(WebSocketDecoder.Opcode.pong, bytes))
            case .close(let bytes):
                await sendClose(bytes)
                await raw.close()
                return nil
            case nil:
                guard let more = try await raw.read() else { return nil }
                state.withLockedValue { _ = $0.buffered.writeImmutableBuffer(more) }
            }
        }
    }

    /// Suspends while the peer doesn't read.
    /// - Parameter isText: for the base64 forms of the protocols.
    package func write(_ message: ByteBuffer, isText: Bool = false) async throws {
        let opcode = isText ? WebSocketDecoder.Opcode.text : WebSocketDecoder.Opcode.binary
        try await raw.write(frame(opcode, message))
    }

    package func close() async {
        await sendClose(ByteBuffer(integer: UInt16(1000)))
        await raw.close()
    }

    private func frame(_ opcode: UInt8, _ payload: ByteBuffer) -> ByteBuffer {
        let mask = isClient ? (0..<4).map { _ in UInt8.random(in: 0 ... .max) } : []
        return WebSocketDecoder.frame(opcode, payload, mask: mask)
    }

    private func fail(_ code: UInt16) async {
        await sendClose(ByteBuffer(integer: code))
        await raw.close()
    }

    private func sendClose(_ payload: ByteBuffer) async {
        let isFirst = state.withLockedValue { state in
            defer { state.hasSentClose = true }
            return !state.hasSentClose
        }
        if isFirst { try? await raw.write(frame(WebSocketDecoder.Opcode.close, payload)) }
    }
}
