import Crypto
import JSON
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1

/// The opening of a WebSocket (RFC 6455 section 4.2).
enum WebSocketHandshake {
    /// What the key is hashed with (section 1.3).
    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The answer's head. Throws 400 when the request doesn't ask for a WebSocket of version 13.
    /// - Parameter chosen: the subprotocol to speak; nil: the client's, when it offers one alone.
    static func answer(to headers: HTTPHeaders, choosing chosen: String? = nil) throws(HTTPProblem) -> ByteBuffer {
        guard headers.lists("websocket", in: "upgrade"), headers.lists("upgrade", in: "connection") else {
            throw HTTPProblem(400, "not websocket protocol")
        }
        guard headers["sec-websocket-version"] == ["13"] else {
            throw HTTPProblem(400, "missing or bad WebSocket Version")
        }
        guard let key = headers.first(name: "sec-websocket-key"), decodeBase64(key)?.count == 16 else {
            throw HTTPProblem(400, "missing or bad Sec-WebSocket-Key")
        }
        var text =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(accept(key))\r\n"
        let protocols = headers[canonicalForm: "sec-websocket-protocol"]
        if let chosen {
            text += "Sec-WebSocket-Protocol: \(chosen)\r\n"
        } else if protocols.count == 1 {
            text += "Sec-WebSocket-Protocol: \(protocols[0])\r\n"
        }
        return ByteBuffer(string: text + "\r\n")
    }

    static func accept(_ key: String) -> String {
        encodeBase64(Array(Insecure.SHA1.hash(data: Array((key + suffix).utf8))))
    }
}

/// A connection that has become a WebSocket: what is written goes out as binary frames, and what is read are the bytes
/// of the client's data frames, however it cut them. Pings are answered; a close frame ends the reading.
struct WebSocketConnection: RawConnection {
    private struct State {
        var decoder = WebSocketDecoder()
        var buffered = ByteBuffer()
        var hasSentClose = false
    }

    private let raw: any RawConnection
    private let state = NIOLockedValueBox(State())

    init(_ raw: any RawConnection) { self.raw = raw }

    func read() async throws -> ByteBuffer? {
        while true {
            do {
                let event = try state.withLockedValue { state in try state.decoder.next(from: &state.buffered) }
                switch event {
                case .data(let bytes): return bytes
                case .messageEnd: continue
                case .ping(let bytes): try await raw.write(WebSocketDecoder.frame(WebSocketDecoder.Opcode.pong, bytes))
                case .close(let bytes):
                    await sendClose(bytes)
                    await raw.close()
                    return nil
                case nil:
                    guard let more = try await raw.read() else { return nil }
                    state.withLockedValue { _ = $0.buffered.writeImmutableBuffer(more) }
                }
            } catch is WebSocketFault {
                await sendClose(ByteBuffer(integer: UInt16(1002)))  // "protocol error", section 7.4.1
                await raw.close()
                return nil
            }
        }
    }

    func write(_ bytes: ByteBuffer) async throws {
        try await raw.write(WebSocketDecoder.frame(WebSocketDecoder.Opcode.binary, bytes))
    }

    /// The close frame: a WebSocket has no half that could be closed alone.
    func closeWrite() async { await sendClose(ByteBuffer(integer: UInt16(1000))) }

    func close() async {
        await closeWrite()
        await raw.close()
    }

    func closed() async { await raw.closed() }

    private func sendClose(_ payload: ByteBuffer) async {
        let isFirst = state.withLockedValue { state in
            defer { state.hasSentClose = true }
            return !state.hasSentClose
        }
        if isFirst { try? await raw.write(WebSocketDecoder.frame(WebSocketDecoder.Opcode.close, payload)) }
    }
}
