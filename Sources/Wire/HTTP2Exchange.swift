import NIOConcurrencyHelpers
import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2

/// The event loop's side of one HTTP/2 stream: takes the request apart and starts its handler. The body is read from
/// the stream only when the handler asks, so flow control holds a fast client back.
final class HTTP2Inlet: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload

    private let stream: any Channel
    private let peer: HTTPPeer
    private let executor: (any TaskExecutor)?
    private let handler: HTTPHandler
    private var pending = ByteBuffer()
    private var hasEnded = false
    private var failure: (any Error)?
    private var reader: EventLoopPromise<ByteBuffer?>?
    private var task: Task<Void, Never>?
    private let gone = Latch()

    init(
        _ stream: any Channel, _ peer: HTTPPeer, _ executor: (any TaskExecutor)?, _ handler: @escaping HTTPHandler
    ) {
        self.stream = stream
        self.peer = peer
        self.executor = executor
        self.handler = handler
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let frame):
            if task == nil { begin(frame.headers, context) }
            if frame.endStream { end() }
        case .data(let frame):
            if case .byteBuffer(var bytes) = frame.data { pending.writeBuffer(&bytes) }
            if frame.endStream { end() } else { deliver() }
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if reader != nil, !hasEnded { context.read() }
        context.fireChannelReadComplete()
    }

    private func begin(_ headers: HPACKHeaders, _ context: ChannelHandlerContext) {
        let me = NIOLoopBound(self, eventLoop: stream.eventLoop)
        let exchange = HTTP2Exchange(stream, headers, peer, gone: gone) { [stream] in
            let promise = stream.eventLoop.makePromise(of: ByteBuffer?.self)
            stream.eventLoop.runNow { me.value.read(promise) }
            return try await promise.futureResult.get()
        }
        task = Task(executorPreference: executor) { [handler] in
            await handler(exchange.request, exchange)
            await exchange.finish()
        }
    }

    private func read(_ promise: EventLoopPromise<ByteBuffer?>) {
        reader?.fail(CancellationError())
        reader = promise
        deliver()
        if reader != nil { stream.read() }
    }

    private func deliver() {
        guard let promise = reader else { return }
        if pending.readableBytes > 0 {
            let bytes = pending
            pending = ByteBuffer()
            reader = nil
            promise.succeed(bytes)
        } else if let failure {
            reader = nil
            promise.fail(failure)
        } else if hasEnded {
            reader = nil
            promise.succeed(nil)
        }
    }

    private func end() {
        hasEnded = true
        deliver()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !hasEnded { failure = failure ?? ChannelError.inputClosed }
        deliver()
        gone.open()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failure = failure ?? error
        deliver()
        context.close(promise: nil)
    }
}

/// One request in a stream and its answer.
final class HTTP2Exchange: HTTPResponder, LoopWriter {
    private enum Phase { case waiting, streaming, ended }

    let request: HTTPRequest
    private let stream: any Channel
    private let gone: Latch
    private let phase = NIOLockedValueBox(Phase.waiting)

    init(
        _ stream: any Channel, _ fields: HPACKHeaders, _ peer: HTTPPeer, gone: Latch,
        nextBodyPart: @escaping @Sendable () async throws -> ByteBuffer?
    ) {
        self.stream = stream
        self.gone = gone
        var headers = HTTPHeaders()
        for field in fields where !field.name.hasPrefix(":") { headers.add(name: field.name, value: field.value) }
        if let authority = fields.first(name: ":authority"), !headers.contains(name: "host") {
            headers.add(name: "host", value: authority)
        }
        let target = (try? RequestTarget.split(fields.first(name: ":path") ?? "/")) ?? (path: "/", query: "")
        let (query, problem) = RequestTarget.query(target.query)
        var request = HTTPRequest(
            method: HTTPMethod(rawValue: fields.first(name: ":method") ?? "GET"), path: target.path, query: query,
            queryProblem: problem, headers: headers, peer: peer, nextBodyPart: nextBodyPart)
        request.rawQuery = target.query
        self.request = request
    }

    var hasBegun: Bool { phase.withLockedValue { $0 != .waiting } }

    private func fields(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) -> HPACKHeaders {
        var fields = HPACKHeaders([(":status", "\(status.code)")])
        for (name, value) in headers {
            let name = name.lowercased()
            // RFC 9113, 8.2.2: what belongs to one connection has no place in a stream.
            if ["connection", "transfer-encoding", "keep-alive", "upgrade"].contains(name) { continue }
            fields.add(name: name, value: value.filter { !$0.isNewline })
        }
        if !fields.contains(name: "date") { fields.add(name: "date", value: HTTPDate.now) }
        return fields
    }

    private func begin(_ next: Phase) throws {
        try phase.withLockedValue { phase in
            guard phase == .waiting else { throw ChannelError.operationUnsupported }
            phase = next
        }
    }

    func head(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) async throws {
        try begin(.streaming)
        try await stream.writeAndFlush(
            HTTP2Frame.FramePayload.headers(.init(headers: fields(status, headers))))
    }

    func write(_ bytes: ByteBuffer) async throws {
        if try hasNothing(toSend: bytes) { return }
        try await stream.writeAndFlush(HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(bytes))))
    }

    var loopWriter: (any LoopWriter)? { self }
    var eventLoop: any EventLoop { stream.eventLoop }

    func writeOnLoop(_ part: ByteBuffer) throws -> EventLoopFuture<Void>? {
        if try hasNothing(toSend: part) { return nil }
        return try stream.eventLoop.unlessDone { promise in
            stream.writeAndFlush(HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(part))), promise: promise)
        }
    }

    private func hasNothing(toSend bytes: ByteBuffer) throws -> Bool {
        guard bytes.readableBytes > 0 else { return true }
        guard phase.withLockedValue({ $0 == .streaming }) else { throw ChannelError.operationUnsupported }
        return request.method == .HEAD
    }

    func end() async throws {
        try phase.withLockedValue { phase in
            guard phase == .streaming else { throw ChannelError.operationUnsupported }
            phase = .ended
        }
        try await stream.writeAndFlush(
            HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true)))
    }

    func send(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: ByteBuffer) async throws {
        try begin(.ended)
        var headers = headers
        if status.mayHaveResponseBody { headers.replaceOrAdd(name: "content-length", value: "\(body.readableBytes)") }
        let isEmpty = request.method == .HEAD || body.readableBytes == 0
        let head = HTTP2Frame.FramePayload.headers(
            .init(headers: fields(status, headers), endStream: isEmpty))
        guard !isEmpty else { return try await stream.writeAndFlush(head) }
        let promise = stream.eventLoop.makePromise(of: Void.self)
        stream.eventLoop.runNow { [stream] in
            stream.write(head, promise: nil)
            stream.writeAndFlush(
                HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(body), endStream: true)), promise: promise)
        }
        try await promise.futureResult.get()
    }

    /// HTTP/2 has no upgrades; clients that want one speak HTTP/1.1.
    func hijack(contentType: String) async throws -> any RawConnection {
        throw HTTPProblem(400, "unable to upgrade: the connection speaks HTTP/2")
    }

    func upgradeToWebSocket() async throws -> any RawConnection {
        throw HTTPProblem(400, "unable to upgrade to a WebSocket: the connection speaks HTTP/2")
    }

    func upgradeToMessages(choosing chosen: String?) async throws -> WebSocketMessages {
        throw HTTPProblem(400, "unable to upgrade to a WebSocket: the connection speaks HTTP/2")
    }

    func switchProtocols(_ headers: HTTPHeaders) async throws -> any RawConnection {
        throw HTTPProblem(400, "unable to upgrade: the connection speaks HTTP/2")
    }

    func closed() async { await gone.wait() }

    /// After the handler: an answer that isn't complete is broken off, so that the client doesn't take it for whole.
    func finish() async {
        switch phase.withLockedValue({ $0 }) {
        case .waiting: try? await send(.internalServerError, HTTPHeaders(), ByteBuffer())
        case .streaming: try? await stream.close()
        case .ended: break
        }
    }
}
