import NIOCore
import NIOHTTP1

struct Request: Sendable {
    var method = HTTPMethod.GET
    let path: String
    var type = "application/json"
    var accept = "application/json"
    var body: String?
}

struct Reply: Sendable {
    let status: Int
    let bytes: Int
    /// The first bytes of the body, for people; all of it when the request asked so.
    let body: ByteBuffer
}

/// One connection, one request at a time. Used on its event loop only.
final class Client: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// Bytes of an unasked-for body that are kept.
    private static let keptBytes = 400

    private let host: String
    private let token: String?
    private var context: ChannelHandlerContext?
    private var done: ((Result<Reply, Failure>) -> Void)?
    /// Gets the body as it comes, instead of the reply.
    private var listener: ((ByteBuffer) -> Void)?
    private var keepsBody = false
    private var status = 0
    private var bytes = 0
    private var body = ByteBuffer()

    init(host: String, token: String?) {
        self.host = host
        self.token = token
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// On the event loop. `done` is called there.
    func send(_ request: Request, keepsBody: Bool = false, done: @escaping (Result<Reply, Failure>) -> Void) {
        guard let context else { return done(.failure(Failure("the connection is closed"))) }
        self.done = done
        self.keepsBody = keepsBody
        (status, bytes) = (0, 0)
        body.clear()
        var head = HTTPRequestHead(version: .http1_1, method: request.method, uri: request.path)
        head.headers.add(name: "Host", value: host)
        head.headers.add(name: "Accept", value: request.accept)
        head.headers.add(name: "User-Agent", value: "kubeload")
        if let token { head.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body = request.body {
            head.headers.add(name: "Content-Type", value: request.type)
            head.headers.add(name: "Content-Length", value: "\(body.utf8.count)")
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if let body = request.body {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// On the event loop: sends a request whose answer goes on and on.
    func listen(_ request: Request, _ listener: @escaping (ByteBuffer) -> Void) {
        self.listener = listener
        send(request) { _ in }
    }

    func close() { context?.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(var part):
            bytes += part.readableBytes
            if let listener { return listener(part) }
            if keepsBody {
                body.writeBuffer(&part)
            } else if body.readableBytes < Self.keptBytes {
                body.writeBytes(part.readableBytesView.prefix(Self.keptBytes))
            }
        case .end: finish(.success(Reply(status: status, bytes: bytes, body: body)))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(Failure("the server closed the connection")))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(Failure("\(error)")))
        context.close(promise: nil)
    }

    private func finish(_ result: Result<Reply, Failure>) {
        guard let done else { return }
        self.done = nil
        done(result)
    }
}
