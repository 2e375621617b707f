import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1

/// One request and its answer.
final class HTTPExchange: HTTPResponder, LoopWriter {
    struct Request {
        let method: HTTPMethod
        let path: String
        let query: String
        let headers: HTTPHeaders
        /// HTTP/1.1, which has chunks.
        let isModern: Bool
    }

    private enum Phase { case waiting, streaming(Framing), ended, hijacked }
    private enum Framing { case chunked, length(left: Int), untilClose, none }

    private struct State {
        var phase = Phase.waiting
        var persists: Bool
        /// The client holds its body back until told to go on.
        var owesContinue: Bool
    }

    /// A chunk up to this size, in bytes, is copied between its length and its end: one TLS record instead of three.
    private static let joinedBytes = 16 << 10

    let request: HTTPRequest
    private let wire: Request
    private let reader: HTTPMessageReader
    private let state: NIOLockedValueBox<State>
    private var bytes: ByteChannel { reader.bytes }

    init(_ wire: Request, _ reader: HTTPMessageReader, peer: HTTPPeer, persists: Bool, expectsContinue: Bool) {
        self.wire = wire
        self.reader = reader
        let state = NIOLockedValueBox(State(persists: persists, owesContinue: expectsContinue && wire.isModern))
        self.state = state
        let (query, problem) = RequestTarget.query(wire.query)
        var request = HTTPRequest(
            method: wire.method, path: wire.path, query: query, queryProblem: problem, headers: wire.headers, peer: peer
        ) {
            let owes = state.withLockedValue { state in
                defer { state.owesContinue = false }
                if case .waiting = state.phase { return state.owesContinue }
                return false
            }
            if owes { try await reader.bytes.write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")) }
            return try await reader.bodyPart()
        }
        request.rawQuery = wire.query
        self.request = request
    }

    var hasBegun: Bool {
        state.withLockedValue { if case .waiting = $0.phase { false } else { true } }
    }

    /// The client may still be sending: the answer was complete before the request was, or the connection is a stream.
    var endsOpen: Bool {
        switch state.withLockedValue({ $0.phase }) {
        case .ended: !reader.bodyHasEnded
        case .hijacked: true
        case .waiting, .streaming: false
        }
    }

    func head(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) async throws {
        try await bytes.write(try begin(status, headers, bodyLength: nil))
    }

    func send(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: ByteBuffer) async throws {
        var message = try begin(status, headers, bodyLength: body.readableBytes)
        state.withLockedValue { $0.phase = .ended }
        guard wire.method != .HEAD, body.readableBytes > 0 else { return try await bytes.write(message) }
        if body.readableBytes <= 4_096 {
            message.writeImmutableBuffer(body)
            try await bytes.write(message)
        } else {
            try await bytes.write([message, body])
        }
    }

    private func begin(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, bodyLength: Int?) throws -> ByteBuffer {
        var headers = headers
        let persists = try state.withLockedValue { state in
            guard case .waiting = state.phase else { throw ChannelError.operationUnsupported }
            let hasBody = status.mayHaveResponseBody
            if let bodyLength {
                if hasBody { headers.replaceOrAdd(name: "Content-Length", value: "\(bodyLength)") }
                state.phase = .streaming(.none)
            } else if !hasBody || wire.method == .HEAD {
                state.phase = .streaming(.none)
            } else if let length = headers.first(name: "content-length").flatMap({ Int($0) }) {
                state.phase = .streaming(.length(left: length))
            } else if wire.isModern {
                headers.replaceOrAdd(name: "Transfer-Encoding", value: "chunked")
                state.phase = .streaming(.chunked)
            } else {
                state.persists = false
                state.phase = .streaming(.untilClose)
            }
            // A body that the client never got leave to send can't be skipped.
            if state.owesContinue, !reader.bodyHasEnded { state.persists = false }
            return state.persists
        }
        if !headers.contains(name: "Date") { headers.add(name: "Date", value: HTTPDate.now) }
        if !persists { headers.replaceOrAdd(name: "Connection", value: "close") }
        return Self.encode(status, headers, isModern: wire.isModern, persists: persists)
    }

    private static func encode(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, isModern: Bool, persists: Bool)
        -> ByteBuffer
    {
        var out = ByteBuffer()
        out.reserveCapacity(512)
        out.writeString("HTTP/1.\(isModern ? 1 : 0) \(status.code) \(status.reasonPhrase)\r\n")
        if !isModern, persists { out.writeString("Connection: keep-alive\r\n") }
        for (name, value) in headers {
            out.writeString(name)
            out.writeString(": ")
            out.writeString(value.contains(where: \.isNewline) ? String(value.filter { !$0.isNewline }) : value)
            out.writeString("\r\n")
        }
        out.writeString("\r\n")
        return out
    }

    func write(_ part: ByteBuffer) async throws {
        let framed = try framed(part)
        if !framed.isEmpty { try await bytes.write(framed) }
    }

    var loopWriter: (any LoopWriter)? { self }
    var eventLoop: any EventLoop { bytes.channel.eventLoop }

    func writeOnLoop(_ part: ByteBuffer) throws -> EventLoopFuture<Void>? {
        let framed = try framed(part)
        return framed.isEmpty ? nil : try bytes.writeOnLoop(framed)
    }

    /// A part of the body as it goes over the wire.
    private func framed(_ part: ByteBuffer) throws -> [ByteBuffer] {
        guard part.readableBytes > 0 else { return [] }
        let framing = try state.withLockedValue { state in
            guard case .streaming(let framing) = state.phase else { throw ChannelError.operationUnsupported }
            if case .length(let left) = framing {
                guard part.readableBytes <= left else { throw ChannelError.operationUnsupported }
                state.phase = .streaming(.length(left: left - part.readableBytes))
            }
            return framing
        }
        switch framing {
        case .none: return []
        case .length, .untilClose: return [part]
        case .chunked:
            let size = String(part.readableBytes, radix: 16)
            guard part.readableBytes <= Self.joinedBytes else {
                return [ByteBuffer(string: size + "\r\n"), part, ByteBuffer(string: "\r\n")]
            }
            var whole = ByteBuffer()
            whole.reserveCapacity(part.readableBytes + size.utf8.count + 4)
            whole.writeString(size)
            whole.writeStaticString("\r\n")
            whole.writeImmutableBuffer(part)
            whole.writeStaticString("\r\n")
            return [whole]
        }
    }

    func end() async throws {
        let isChunked = try state.withLockedValue { state in
            guard case .streaming(let framing) = state.phase else { throw ChannelError.operationUnsupported }
            state.phase = .ended
            switch framing {
            case .chunked: return true
            case .length(let left):
                if left > 0 { state.persists = false }
                return false
            case .none, .untilClose: return false
            }
        }
        if isChunked { try await bytes.write(ByteBuffer(string: "0\r\n\r\n")) }
    }

    func hijack(contentType: String) async throws -> any RawConnection {
        guard try await reader.drain() else { throw HTTPProblem(413, "request body too large") }
        let upgrades = wire.headers.lists("tcp", in: "upgrade") && wire.headers.lists("upgrade", in: "connection")
        try state.withLockedValue { state in
            guard case .waiting = state.phase else { throw ChannelError.operationUnsupported }
            state.phase = .hijacked
        }
        let head =
            upgrades
            ? "HTTP/1.1 101 UPGRADED\r\nContent-Type: \(contentType)\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nContent-Type: \(contentType)\r\n\r\n"
        try await bytes.write(ByteBuffer(string: head))
        return HijackedConnection(reader)
    }

    func upgradeToWebSocket() async throws -> any RawConnection {
        let head = try WebSocketHandshake.answer(to: wire.headers)
        try leaveHTTP()
        try await bytes.write(head)
        return WebSocketConnection(HijackedConnection(reader))
    }

    func upgradeToMessages(choosing chosen: String?) async throws -> WebSocketMessages {
        let head = try WebSocketHandshake.answer(to: wire.headers, choosing: chosen)
        try leaveHTTP()
        try await bytes.write(head)
        return WebSocketMessages(HijackedConnection(reader))
    }

    func switchProtocols(_ headers: HTTPHeaders) async throws -> any RawConnection {
        guard try await reader.drain() else { throw HTTPProblem(413, "request body too large") }
        try leaveHTTP()
        try await bytes.write(Self.encode(.switchingProtocols, headers, isModern: true, persists: true))
        return HijackedConnection(reader)
    }

    private func leaveHTTP() throws {
        try state.withLockedValue { state in
            guard case .waiting = state.phase else { throw ChannelError.operationUnsupported }
            state.phase = .hijacked
        }
    }

    /// The end of the client's input counts as its going, as it does for Go's server: an HTTP client that still wants
    /// its answer keeps its side open.
    func closed() async { await bytes.inputEnded.wait() }

    /// After the handler: whether the connection can take another request.
    func finish() async -> Bool {
        let phase = state.withLockedValue { $0.phase }
        switch phase {
        case .hijacked: return false
        case .waiting:
            guard (try? await send(.internalServerError, HTTPHeaders(), ByteBuffer())) != nil else { return false }
        // A stream that broke off: closing without its end tells the client.
        case .streaming: return false
        case .ended: break
        }
        guard state.withLockedValue({ $0.persists }) else { return false }
        if reader.bodyHasEnded { return true }
        let timer = bytes.after(HTTPLimit.drainTime) { $0.close(promise: nil) }
        defer { timer.cancel() }
        return (try? await reader.drain()) ?? false
    }
}
