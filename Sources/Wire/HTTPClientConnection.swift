import Fault
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1

/// A client's side of one connection; one exchange at a time.
final class HTTPClientConnection: Sendable {
    /// The server closed before it said anything.
    struct ClosedBeforeAnswer: Error, CustomStringConvertible {
        let description = "the server closed the connection without an answer"
    }

    private struct State {
        var persists = true
        var isSending = false
    }

    private let bytes: ByteChannel
    private let reader: HTTPMessageReader
    private let state = NIOLockedValueBox(State())

    /// Asked when the server closed without an answer.
    let whyClosed: (@Sendable () async -> Fault?)?

    init(_ bytes: ByteChannel, whyClosed: (@Sendable () async -> Fault?)? = nil) {
        self.bytes = bytes
        self.whyClosed = whyClosed
        reader = HTTPMessageReader(bytes)
    }

    var isOpen: Bool { bytes.channel.isActive && !bytes.inputEnded.isOpen }
    var bodyHasEnded: Bool { reader.bodyHasEnded }
    var isReusable: Bool { isOpen && !reader.hasBuffered && state.withLockedValue { $0.persists && !$0.isSending } }

    func bodyPart() async throws -> ByteBuffer? { try await reader.bodyPart() }
    func raw() -> any RawConnection { HijackedConnection(reader) }
    func close() { bytes.close(nil) }

    func exchange(
        _ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders, _ body: HTTPBodyToSend, host: String
    ) async throws -> HTTPAnswer {
        var head = Self.encode(method, target, headers, body, host: host)
        switch body {
        case .none: try await write([head])
        case .bytes(let bytes):
            if bytes.readableBytes <= 4_096 {
                head.writeImmutableBuffer(bytes)
                try await write([head])
            } else {
                // Beside the reading: a server may answer, and close, before it has taken all of it.
                try await write([head])
                send { [once = NIOLockedValueBox<ByteBuffer?>(bytes)] in
                    once.withLockedValue { bytes in
                        defer { bytes = nil }
                        return bytes
                    }
                } isChunked: {
                    false
                }
            }
        case .stream(let next):
            try await write([head])
            send(next) { true }
        case .sized(_, let next):
            try await write([head])
            send(next) { false }
        }
        return try await answer(to: method)
    }

    /// Ends quietly when the connection is closed: the reading that follows finds what the server answered before, or why
    /// it closed.
    private func write(_ buffers: [ByteBuffer]) async throws {
        do { try await bytes.write(buffers) } catch  where error is IOError || error is ChannelError {}
    }

    private func send(_ next: @escaping @Sendable () async throws -> ByteBuffer?, isChunked: @Sendable () -> Bool) {
        let chunked = isChunked()
        state.withLockedValue { $0.isSending = true }
        Task { [bytes, state] in
            do {
                while let part = try await next() {
                    if part.readableBytes == 0 { continue }
                    let size = ByteBuffer(string: String(part.readableBytes, radix: 16) + "\r\n")
                    try await bytes.write(chunked ? [size, part, ByteBuffer(string: "\r\n")] : [part])
                }
                if chunked { try await bytes.write(ByteBuffer(string: "0\r\n\r\n")) }
                state.withLockedValue { $0.isSending = false }
            } catch {
                // Without its end the body is broken, and so is the connection; an answer may still come.
                state.withLockedValue { $0.persists = false }
                await bytes.closeWrite()
            }
        }
    }

    private func answer(to method: HTTPMethod) async throws -> HTTPAnswer {
        while true {
            let head: HTTPHead?
            do { head = try await reader.head() } catch is IOError { throw ClosedBeforeAnswer() }
            guard let head else { throw ClosedBeforeAnswer() }
            guard head.startLine.0.hasPrefix("HTTP/1."), let code = UInt(head.startLine.1), (100...999).contains(code)
            else {
                throw HTTPProblem(400, "malformed HTTP response")
            }
            if code < 200, code != 101 { continue }
            let isStream = head.headers.first(name: "content-type")?.hasPrefix("application/vnd.docker.") == true
            let body = code == 101 ? HTTPBody.none : try HTTPBody.ofAnswer(status: code, to: method, head.headers)
            reader.begin(body)
            let closes =
                head.headers.lists("close", in: "connection")
                || (head.startLine.0 == "HTTP/1.0" && !head.headers.lists("keep-alive", in: "connection"))
            state.withLockedValue { state in
                if closes || body == .untilClose || code == 101 || isStream && body == .untilClose {
                    state.persists = false
                }
            }
            return HTTPAnswer(
                status: HTTPResponseStatus(statusCode: Int(code), reasonPhrase: head.startLine.2),
                headers: head.headers,
                nextBodyPart: { [self] in try await bodyPart() }, cancel: { [self] in close() })
        }
    }

    private static func encode(
        _ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders, _ body: HTTPBodyToSend, host: String
    ) -> ByteBuffer {
        var out = ByteBuffer()
        out.reserveCapacity(512)
        out.writeString("\(method.rawValue) \(target) HTTP/1.1\r\n")
        if !headers.contains(name: "host") { out.writeString("Host: \(host)\r\n") }
        for (name, value) in headers { out.writeString("\(name): \(value)\r\n") }
        switch body {
        case .none:
            if method == .POST || method == .PUT { out.writeString("Content-Length: 0\r\n") }
        case .bytes(let bytes): out.writeString("Content-Length: \(bytes.readableBytes)\r\n")
        case .stream: out.writeString("Transfer-Encoding: chunked\r\n")
        case .sized(let count, _): out.writeString("Content-Length: \(count)\r\n")
        }
        out.writeString("\r\n")
        return out
    }
}
