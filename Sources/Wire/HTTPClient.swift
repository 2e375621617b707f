import Fault
import Glibc
import JSON
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

package struct HTTPAnswer: Sendable {
    package let status: HTTPResponseStatus
    package let headers: HTTPHeaders
    /// Nil at the end.
    package let nextBodyPart: @Sendable () async throws -> ByteBuffer?
    /// Ends the exchange before its end: the server sees the connection close.
    package let cancel: @Sendable () -> Void

    package init(
        status: HTTPResponseStatus, headers: HTTPHeaders,
        nextBodyPart: @escaping @Sendable () async throws -> ByteBuffer?,
        cancel: @escaping @Sendable () -> Void
    ) {
        self.status = status
        self.headers = headers
        self.nextBodyPart = nextBodyPart
        self.cancel = cancel
    }

    /// The whole body. Throws when it is larger than `limit` bytes.
    package func body(upTo limit: Int = 64 << 20) async throws -> ByteBuffer {
        var whole = ByteBuffer()
        while var part = try await nextBodyPart() {
            guard whole.readableBytes + part.readableBytes <= limit else {
                cancel()
                throw Fault(.internalFault, "the answer is larger than \(limit) bytes")
            }
            if whole.readableBytes == 0 { whole = part } else { whole.writeBuffer(&part) }
        }
        return whole
    }
}

package enum HTTPBodyToSend: Sendable {
    case none
    case bytes(ByteBuffer)
    /// Sent in chunks, each as soon as it is there; nil ends it. The server may answer before the end.
    case stream(@Sendable () async throws -> ByteBuffer?)
    /// The same of a length that is known: sent with `Content-Length`.
    case sized(Int, @Sendable () async throws -> ByteBuffer?)

    /// Whether it can be sent a second time: the others get a connection that no server has given up meanwhile.
    var isRepeatable: Bool {
        switch self {
        case .none, .bytes: true
        case .stream, .sized: false
        }
    }
}

/// What a server makes of a request to leave HTTP.
package enum HTTPHijack: Sendable {
    case connection(any RawConnection, HTTPHeaders)
    case answer(HTTPAnswer)
}

/// What a server makes of a request for a WebSocket.
package enum HTTPSocket: Sendable {
    case messages(WebSocketMessages, String)
    case answer(HTTPAnswer)
}

/// A way to a server that isn't an address: each connection is a socket that somebody else joins to the server.
package struct HTTPDialer: Sendable {
    package struct Line: Sendable {
        /// A connected stream socket; the client closes it.
        package let socket: Int32
        /// Asked when the server closed without an answer; nil: nothing more is known.
        package let whyClosed: @Sendable () async -> Fault?
        package init(socket: Int32, whyClosed: @escaping @Sendable () async -> Fault?) {
            self.socket = socket
            self.whyClosed = whyClosed
        }
    }
    package let open: @Sendable () throws -> Line
    package init(open: @escaping @Sendable () throws -> Line) { self.open = open }
}

/// An HTTP/1.1 client of one server. Connections are opened when needed and kept for the next request.
package final class HTTPClient: Sendable {
    package let endpoint: Endpoint
    private let tls: TLSFiles?
    private let material: TLSMaterial?
    /// Made of `material` at the first connection.
    private let context = NIOLockedValueBox<NIOSSLContext?>(nil)
    private let dialer: HTTPDialer?
    private let group: any EventLoopGroup
    /// Called once when nobody listens at the endpoint, before giving up: it may start the server.
    private let revive: (@Sendable () async throws -> Void)?
    private let idle = NIOLockedValueBox<[HTTPClientConnection]>([])

    package init(
        _ endpoint: Endpoint, tls: TLSFiles? = nil, group: any EventLoopGroup = HTTPClient.sharedLoop,
        revive: (@Sendable () async throws -> Void)? = nil, dialer: HTTPDialer? = nil, material: TLSMaterial? = nil
    ) {
        self.material = material
        self.endpoint = endpoint
        self.dialer = dialer
        self.tls = tls
        self.group = group
        self.revive = revive
    }

    /// One thread for the clients of a process, started at first use.
    package static let sharedLoop: any EventLoopGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// - Parameter target: path and query, percent-encoded.
    /// Throws `unavailable` with Docker's sentence when nobody listens.
    package func send(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders = HTTPHeaders(), body: HTTPBodyToSend = .none
    ) async throws -> HTTPAnswer {
        if body.isRepeatable, let kept = idle.withLockedValue({ $0.popLast() }) {
            // The server may have closed it meanwhile; then nothing of this request was understood.
            if kept.isOpen,
                let answer = try await unlessClosed({
                    try await kept.exchange(method, target, headers, body, host: host)
                })
            {
                return hand(answer, kept)
            }
            kept.close()
        }
        let fresh = try await connect()
        return hand(
            try await explaining(fresh) { try await fresh.exchange(method, target, headers, body, host: host) }, fresh)
    }

    private func unlessClosed(_ exchange: () async throws -> HTTPAnswer) async throws -> HTTPAnswer? {
        do { return try await exchange() } catch is HTTPClientConnection.ClosedBeforeAnswer { return nil }
    }

    /// Asks to leave HTTP (`Upgrade: tcp`), for attach and exec.
    package func hijack(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders = HTTPHeaders(), body: ByteBuffer? = nil
    ) async throws -> HTTPHijack {
        var headers = headers
        headers.replaceOrAdd(name: "Connection", value: "Upgrade")
        headers.replaceOrAdd(name: "Upgrade", value: "tcp")
        let connection = try await connect()
        let answer = try await explaining(connection) {
            try await connection.exchange(method, target, headers, body.map(HTTPBodyToSend.bytes) ?? .none, host: host)
        }
        let isStream = answer.headers.first(name: "content-type")?.hasPrefix("application/vnd.docker.") == true
        if answer.status.code == 101 || (answer.status.code == 200 && isStream) {
            return .connection(connection.raw(), answer.headers)
        }
        return .answer(hand(answer, connection))
    }

    /// Sends a request to leave HTTP as it is, whatever the protocol that it asks for.
    package func upgrade(_ method: HTTPMethod, _ target: String, headers: HTTPHeaders) async throws -> HTTPHijack {
        let connection = try await connect()
        let answer = try await explaining(connection) {
            try await connection.exchange(method, target, headers, .none, host: host)
        }
        if answer.status.code == 101 { return .connection(connection.raw(), answer.headers) }
        return .answer(hand(answer, connection))
    }

    /// Asks for a WebSocket that speaks one of the subprotocols.
    /// - Returns: the socket and the subprotocol that the server chose, or what it answered instead.
    package func webSocket(_ target: String, headers: HTTPHeaders, protocols: [String]) async throws -> HTTPSocket {
        var headers = headers
        headers.replaceOrAdd(name: "Connection", value: "Upgrade")
        headers.replaceOrAdd(name: "Upgrade", value: "websocket")
        headers.replaceOrAdd(name: "Sec-WebSocket-Version", value: "13")
        headers.replaceOrAdd(
            name: "Sec-WebSocket-Key", value: encodeBase64((0..<16).map { _ in UInt8.random(in: 0 ... .max) }))
        for name in protocols { headers.add(name: "Sec-WebSocket-Protocol", value: name) }
        switch try await upgrade(.GET, target, headers: headers) {
        case .answer(let answer): return .answer(answer)
        case .connection(let connection, let answered):
            return .messages(
                WebSocketMessages(connection, isClient: true), answered.first(name: "sec-websocket-protocol") ?? "")
        }
    }

    /// A connection as it is, for whoever speaks HTTP over it himself.
    package func dial() async throws -> any RawConnection { try await connect().raw() }

    private func explaining<T>(
        _ connection: HTTPClientConnection, _ work: () async throws -> T
    ) async throws -> T {
        do { return try await work() } catch let error as HTTPClientConnection.ClosedBeforeAnswer {
            throw await connection.whyClosed?() ?? explained(error)
        } catch { throw explained(error) }
    }

    private func hand(_ answer: HTTPAnswer, _ connection: HTTPClientConnection) -> HTTPAnswer {
        let keep: @Sendable () -> Void = { [idle] in
            guard connection.isReusable else { return connection.close() }
            let isKept = idle.withLockedValue { idle in
                guard idle.count < HTTPLimit.idleClientConnections else { return false }
                idle.append(connection)
                return true
            }
            if !isKept { connection.close() }
        }
        if connection.bodyHasEnded { keep() }
        let isOver = NIOLockedValueBox(connection.bodyHasEnded)
        return HTTPAnswer(
            status: answer.status, headers: answer.headers,
            nextBodyPart: {
                if isOver.withLockedValue({ $0 }) { return nil }
                if let part = try await connection.bodyPart() { return part }
                isOver.withLockedValue { $0 = true }
                keep()
                return nil
            }, cancel: { if !isOver.withLockedValue({ $0 }) { connection.close() } })
    }

    /// Closes the connections that are kept.
    package func shutdown() async {
        let kept = idle.withLockedValue { idle in
            defer { idle = [] }
            return idle
        }
        for connection in kept { connection.close() }
    }

    private var host: String {
        if dialer != nil { return "docker.example.com" }
        return switch endpoint {
        // A name that can't be looked up, as Docker's clients send it.
        case .unix: "api.moby.localhost"
        case .tcp(let host, let port): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }

    func connect() async throws -> HTTPClientConnection {
        do { return try await connectOnce() } catch {
            guard let revive, isAbsence(error) else { throw explained(error) }
            try await revive()
        }
        do { return try await connectOnce() } catch { throw explained(error) }
    }

    /// A peer that is cut off is noticed, and a new connection is tried; the kernel by itself would go on asking for a
    /// quarter of an hour, and wait longer each time.
    private func lively(_ bootstrap: ClientBootstrap) -> ClientBootstrap {
        guard case .tcp = endpoint, dialer == nil else { return bootstrap }
        return
            bootstrap
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: HTTPLimit.silence / 2)
            .channelOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: HTTPLimit.silence / 6)
            .channelOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 3)
            .channelOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: HTTPLimit.silence * 1_000)
    }

    private func connectOnce() async throws -> HTTPClientConnection {
        let context = try tlsContext()
        let wanted = material?.serverName
        let name: String? = if let wanted { wanted } else if case .tcp(let host, _) = endpoint { host } else { nil }
        let bytes = NIOLockedValueBox<ByteChannel?>(nil)
        let bootstrap = lively(ClientBootstrap(group: group))
            .connectTimeout(HTTPLimit.connectTime)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 4_096, initial: 16_384, maximum: HTTPLimit.readBytes)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        let serverName = name.flatMap { Self.isAddress($0) ? nil : $0 }
                        let handler = try NIOSSLClientHandler(context: context, serverHostname: serverName)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    let made = try ByteChannel(channel, startsTLS: context != nil)
                    bytes.withLockedValue { $0 = made }
                }
            }
        if let dialer {
            let line = try dialer.open()
            _ = try await bootstrap.withConnectedSocket(line.socket).get()
            guard let bytes = bytes.withLockedValue({ $0 }) else { throw ChannelError.ioOnClosedChannel }
            return HTTPClientConnection(bytes, whyClosed: line.whyClosed)
        }
        switch endpoint {
        case .unix(let path): _ = try await bootstrap.connect(unixDomainSocketPath: path).get()
        case .tcp(let host, let port): _ = try await bootstrap.connect(host: host, port: port).get()
        }
        guard let bytes = bytes.withLockedValue({ $0 }) else { throw ChannelError.ioOnClosedChannel }
        return HTTPClientConnection(bytes)
    }

    private func tlsContext() throws -> NIOSSLContext? {
        if let tls { return try TLSContext.client(tls) }
        guard let material else { return nil }
        if let known = context.withLockedValue({ $0 }) { return known }
        let made = try TLSContext.client(material)
        context.withLockedValue { $0 = made }
        return made
    }

    private static func isAddress(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }
}
