import Fault
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// One request as a handler sees it. The body is pulled, so a slow handler slows its client.
package struct HTTPRequest: Sendable {
    package let method: HTTPMethod
    /// As sent, still percent-encoded, without the query.
    package let path: String
    /// Decoded, in order; a key may repeat.
    package let query: [(name: String, value: String)]
    /// Why the query can't be decoded, in Go's words; `query` then holds what could be.
    package let queryProblem: String?
    /// The query as sent, without its question mark.
    package var rawQuery = ""
    package let headers: HTTPHeaders
    /// Who is at the other end.
    package var peer = HTTPPeer()
    /// Nil at the end.
    package let nextBodyPart: @Sendable () async throws -> ByteBuffer?

    package init(
        method: HTTPMethod, path: String, query: [(name: String, value: String)], queryProblem: String?,
        headers: HTTPHeaders, peer: HTTPPeer = HTTPPeer(),
        nextBodyPart: @escaping @Sendable () async throws -> ByteBuffer?
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.queryProblem = queryProblem
        self.headers = headers
        self.peer = peer
        self.nextBodyPart = nextBodyPart
    }
}

/// The other end of a connection.
package struct HTTPPeer: Sendable {
    /// `10.0.0.7`; "" for a unix socket.
    package var address = ""
    /// What the client presented in the TLS handshake, DER, its own first, **not yet verified** against any authority;
    /// that it holds the first one's key is proven. Empty when it presented none.
    package var certificates: [[UInt8]] = []

    package init() {}
}

/// How a handler answers: `head`, then any number of `write`s, then `end`; or `send`; or `hijack`.
package protocol HTTPResponder: Sendable {
    func head(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) async throws
    /// Sent at once, chunked unless the head gave a content length; suspends while the client doesn't read.
    func write(_ bytes: ByteBuffer) async throws
    func end() async throws
    /// A whole answer of known length. To `HEAD` its body stays away.
    func send(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: ByteBuffer) async throws
    /// Sends `101 UPGRADED` when the client asked to upgrade (`Upgrade: tcp`), `200 OK` otherwise, and leaves HTTP.
    func hijack(contentType: String) async throws -> any RawConnection
    /// Answers a WebSocket's opening and leaves HTTP; throws a problem of status 400 when the request is none.
    func upgradeToWebSocket() async throws -> any RawConnection
    /// The same for those to whom the bounds of messages matter; `chosen` is the subprotocol, nil for none.
    func upgradeToMessages(choosing chosen: String?) async throws -> WebSocketMessages
    /// Sends `101 Switching Protocols` with these headers and leaves HTTP.
    func switchProtocols(_ headers: HTTPHeaders) async throws -> any RawConnection
    /// Returns when the client has gone away, or when the calling task is cancelled; for handlers that wait for
    /// something else. Bytes that a client sends ahead don't hide its going.
    func closed() async
    /// Whether the head is out, so that an error can no longer become a status.
    var hasBegun: Bool { get }
    /// For those who have what is to be written on the connection's event loop already; nil: there is only `write`.
    var loopWriter: (any LoopWriter)? { get }
}

/// Writes of an answer that no task waits for.
package protocol LoopWriter: Sendable {
    var eventLoop: any EventLoop { get }
    /// On the event loop, between `head` and `end`, not while another write waits.
    /// - Returns: nil when the kernel has taken all of it, as it mostly does at once; else when it has.
    func writeOnLoop(_ part: ByteBuffer) throws -> EventLoopFuture<Void>?
}

package typealias HTTPHandler = @Sendable (HTTPRequest, any HTTPResponder) async -> Void

/// An HTTP/1.1 server on any number of endpoints. Each connection is one task that reads a request, runs the handler
/// and goes on; at rest it holds no timer but the one that ends silent connections.
package final class HTTPServer: Sendable {
    private struct State {
        var listeners: [any Channel] = []
        var connections: [ObjectIdentifier: HTTPServerConnection] = [:]
        /// HTTP/2's.
        var multiplexed: [ObjectIdentifier: any Channel] = [:]
        var socketFiles: [String] = []
        var isDown = false
    }

    private let group: any EventLoopGroup
    private let handler: HTTPHandler
    private let log: Logger
    private let maximumConnections: Int
    private let state = NIOLockedValueBox(State())
    /// By event loop; none when handlers run on the concurrency runtime's own threads.
    private let executors: [ObjectIdentifier: LoopExecutor]

    /// - Parameters:
    ///   - maximumConnections: open connections; the next one is answered 503.
    ///   - onLoops: whether handlers run on their connections' event loops: for those that neither block nor compute
    ///     for long.
    package init(
        group: any EventLoopGroup, log: Logger, maximumConnections: Int = HTTPLimit.connections,
        onLoops: Bool = false, handler: @escaping HTTPHandler
    ) {
        self.group = group
        var executors: [ObjectIdentifier: LoopExecutor] = [:]
        if onLoops { for loop in group.makeIterator() { executors[ObjectIdentifier(loop)] = LoopExecutor(loop) } }
        self.executors = executors
        self.maximumConnections = maximumConnections
        self.log = log
        self.handler = handler
    }

    /// Begins to listen. Throws `conflict` when another process answers at a unix socket's path, and `internalFault`
    /// with the kernel's reason otherwise.
    /// - Parameter socketGroup: the group that may use a unix socket, besides root.
    /// - Parameter needsGroup: whether it is an error when there is no such group.
    /// - Returns: where it listens; the port is filled in when it was asked for as 0.
    @discardableResult
    package func listen(
        on endpoint: Endpoint, tls: TLSFiles? = nil, socketGroup: String = "docker", needsGroup: Bool = false,
        socketMode: UInt32 = 0o660
    ) async throws -> Endpoint {
        let bootstrap = bootstrap(try tls.map { try TLSContext.server($0) })
        let channel: any Channel
        switch endpoint {
        case .unix(let path):
            let descriptor = try UnixSocket.listen(
                at: path, group: socketGroup, needsGroup: needsGroup, mode: socketMode)
            channel = try await bootstrap.withBoundSocket(descriptor).get()
            state.withLockedValue { $0.socketFiles.append(path) }
        case .tcp(let host, let port):
            do {
                channel =
                    try await bootstrap
                    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .bind(host: host, port: port).get()
            } catch {
                throw Fault(.internalFault, "failed to listen on tcp://\(host):\(port): \(reason(error))", cause: error)
            }
        }
        state.withLockedValue { $0.listeners.append(channel) }
        if case .tcp(let host, _) = endpoint, let port = channel.localAddress?.port {
            return .tcp(host: host, port: port)
        }
        return endpoint
    }

    /// Listens on a socket that is bound and listening already, and takes its descriptor over.
    package func listen(descriptor: CInt) async throws {
        let channel = try await bootstrap(nil).withBoundSocket(descriptor).get()
        state.withLockedValue { $0.listeners.append(channel) }
    }

    /// Listens with TLS for HTTP/1.1 and HTTP/2 clients, who may present a certificate (`HTTPPeer.certificates`).
    /// - Parameter context: asked for each connection, so that a renewed certificate is used at once.
    package func listenSecurely(
        host: String, port: Int, context: @escaping @Sendable () throws -> NIOSSLContext
    ) async throws -> Endpoint {
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: 1_024)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { [self] channel in
                    channel.eventLoop.makeCompletedFuture { try acceptSecurely(channel, try context()) }
                }
                .bind(host: host, port: port).get()
            state.withLockedValue { $0.listeners.append(channel) }
            return .tcp(host: host, port: channel.localAddress?.port ?? port)
        } catch {
            throw Fault(.internalFault, "failed to listen on \(host):\(port): \(reason(error))", cause: error)
        }
    }

    private func acceptSecurely(_ channel: any Channel, _ context: NIOSSLContext) throws {
        let peer = NIOLockedValueBox(HTTPPeer())
        peer.withLockedValue { $0.address = channel.remoteAddress?.ipAddress ?? "" }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(
            NIOSSLServerHandler(
                context: context,
                customVerificationCallback: { certificates, promise in
                    peer.withLockedValue { peer in
                        peer.certificates = certificates.compactMap { try? $0.toDERBytes() }
                    }
                    promise.succeed(.certificateVerified)
                }))
        let timer = channel.eventLoop.scheduleTask(in: HTTPLimit.headTime) { channel.close(promise: nil) }
        try pipeline.addHandler(
            ProtocolChoice { [self] isHTTP2 in
                timer.cancel()
                let peer = peer.withLockedValue { $0 }
                if isHTTP2 {
                    try serveHTTP2(channel, peer)
                } else {
                    try channel.syncOptions?.setOption(.autoRead, value: false)
                    serve(HTTPServerConnection(try ByteChannel(channel), peer: peer, log: log))
                }
            })
    }

    private func serveHTTP2(_ channel: any Channel, _ peer: HTTPPeer) throws {
        let key = ObjectIdentifier(channel)
        let hasRoom = state.withLockedValue { state in
            guard state.connections.count + state.multiplexed.count < maximumConnections, !state.isDown else {
                return false
            }
            state.multiplexed[key] = channel
            return true
        }
        guard hasRoom else { return channel.close(promise: nil) }
        channel.closeFuture.whenComplete { [state] _ in
            state.withLockedValue { $0.multiplexed[key] = nil }
        }
        try HTTP2Connection.serve(channel, peer: peer, executor: executor(channel), handler: handler)
    }

    private func bootstrap(_ context: NIOSSLContext?) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: HTTPLimit.readBytes)
            )
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel, context) }
            }
    }

    private func accept(_ channel: any Channel, _ tls: NIOSSLContext?) throws {
        if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
        serve(HTTPServerConnection(try ByteChannel(channel), peer: HTTPPeer(), log: log))
    }

    private func serve(_ connection: HTTPServerConnection) {
        let hasRoom = state.withLockedValue { state in
            guard state.connections.count + state.multiplexed.count < maximumConnections, !state.isDown else {
                return false
            }
            state.connections[ObjectIdentifier(connection)] = connection
            return true
        }
        Task(executorPreference: executor(connection.bytes.channel)) { [handler] in
            if hasRoom { await connection.serve(handler) } else { await connection.refuse() }
            self.state.withLockedValue { $0.connections[ObjectIdentifier(connection)] = nil }
        }
    }

    private func executor(_ channel: any Channel) -> (any TaskExecutor)? {
        executors[ObjectIdentifier(channel.eventLoop)]
    }

    /// Open connections, for tests and logs.
    package var connectionCount: Int { state.withLockedValue { $0.connections.count + $0.multiplexed.count } }

    /// Stops listening, lets running requests end within `patience`, then closes what is left.
    package func shutdown(patience: TimeAmount? = nil) async {
        let (listeners, connections, multiplexed, files) = state.withLockedValue { state in
            state.isDown = true
            defer { state.listeners = [] }
            return (
                state.listeners, Array(state.connections.values), Array(state.multiplexed.values), state.socketFiles
            )
        }
        for file in files { UnixSocket.remove(file) }
        for listener in listeners { try? await listener.close() }
        for connection in connections { connection.finishSoon() }
        let closings = multiplexed.map { $0.close() }
        let deadline = group.next().scheduleTask(in: patience ?? HTTPLimit.shutdownTime) {
            for connection in connections { connection.bytes.channel.close(promise: nil) }
        }
        for connection in connections { await connection.bytes.gone.wait() }
        for closing in closings { try? await closing.get() }
        deadline.cancel()
    }
}

/// The kernel's words for an I/O error, without the call around them.
func reason(_ error: any Error) -> String {
    guard let failure = error as? IOError else { return "\(error)" }
    return errorText(failure.errnoCode)
}
