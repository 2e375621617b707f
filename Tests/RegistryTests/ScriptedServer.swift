import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// An HTTP/1.1 server on loopback that answers as a test says, and remembers what it was asked.
final class ScriptedServer: Sendable {
    struct Seen: Sendable {
        let method: HTTPMethod
        let target: String
        let headers: HTTPHeaders
        var body: [UInt8] = []
        var path: String { String(target.prefix { $0 != "?" }) }
        func header(_ name: String) -> String? { headers.first(name: name) }
    }
    struct Reply: Sendable {
        var status: HTTPResponseStatus = .ok
        var headers: HTTPHeaders = [:]
        var body: [UInt8] = []
        /// Bytes of the body after which the connection is closed.
        var cutAfter: Int?
        /// Close without a word.
        var dropsConnection = false
    }

    let port: Int
    private let channel: any Channel
    private let requests: NIOLockedValueBox<[Seen]>
    private let accepted: NIOLockedValueBox<Int>

    var seen: [Seen] { requests.withLockedValue { $0 } }
    /// Connections that were opened, those of failed handshakes included.
    var connections: Int { accepted.withLockedValue { $0 } }
    var address: String { "127.0.0.1:\(port)" }

    init(tls: NIOSSLContext? = nil, _ answer: @escaping @Sendable (Seen) -> Reply) async throws {
        let requests = NIOLockedValueBox<[Seen]>([])
        let accepted = NIOLockedValueBox(0)
        self.requests = requests
        self.accepted = accepted
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                accepted.withLockedValue { $0 += 1 }
                return channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        Handler { seen in
                            requests.withLockedValue { $0.append(seen) }
                            return answer(seen)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func stop() async throws { try await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let answer: (Seen) -> Reply
        private var seen: Seen?

        init(_ answer: @escaping (Seen) -> Reply) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): seen = Seen(method: head.method, target: head.uri, headers: head.headers)
            case .body(let bytes): seen?.body += Array(bytes.readableBytesView)
            case .end: if let seen { reply(answer(seen), to: seen, context) }
            }
        }

        private func reply(_ reply: Reply, to seen: Seen, _ context: ChannelHandlerContext) {
            if reply.dropsConnection { return context.close(promise: nil) }
            var head = HTTPResponseHead(version: .http1_1, status: reply.status, headers: reply.headers)
            if !head.headers.contains(name: "content-length") {
                head.headers.add(name: "content-length", value: "\(reply.body.count)")
            }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            let shown = seen.method == .HEAD ? [] : Array(reply.body.prefix(reply.cutAfter ?? reply.body.count))
            let sent = context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: shown)))))
            guard reply.cutAfter == nil else {
                let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
                return sent.whenComplete { _ in loopBound.value.close(promise: nil) }
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
