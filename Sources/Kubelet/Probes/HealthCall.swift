import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import Protobuf
import Wire

/// gRPC's health check (`grpc.health.v1.Health/Check`), as a call of its own connection.
struct HealthCall: Sendable {
    let host: String
    let port: Int
    /// "" asks for the server as a whole.
    let service: String
    let agent: String
    /// In seconds.
    let timeout: Double

    struct Reply: Sendable, Equatable {
        /// gRPC's; 0 is well.
        var status = 2
        var message = ""
        /// `HealthCheckResponse.ServingStatus`.
        var health = 0
    }

    private static let unimplemented = 12

    func ask() async -> ProbeAnswer {
        let place = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        do {
            let reply = try await within(timeout) { try await call() }
            guard reply.status == 0 else {
                return .failure(
                    reply.status == Self.unimplemented
                        ? "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): "
                            + reply.message
                        : "error: health rpc probe failed: rpc error: code = \(reply.status) desc = \(reply.message)")
            }
            if reply.health == 1 { return .success }
            let names = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]
            let name = names.indices.contains(reply.health) ? names[reply.health] : "\(reply.health)"
            return .failure("service unhealthy (responded with \"\(name)\")")
        } catch is TimedOut {
            return .failure(
                "timeout: failed to connect service \"\(place)\" within \(Int(timeout))s: context deadline exceeded")
        } catch {
            return .failure(
                "error: failed to connect service at \"\(place)\": \(DialReason.text(error, place))")
        }
    }

    private func call() async throws -> Reply {
        let (channel, streams) = try await ClientBootstrap(group: HTTPClient.sharedLoop)
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let streams = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
                        mode: .client, connectionConfiguration: .init(), streamConfiguration: .init()
                    ) { $0.eventLoop.makeSucceededVoidFuture() }
                    return (channel, streams)
                }
            }
        let reply = channel.eventLoop.makePromise(of: Reply.self)
        channel.closeFuture.whenComplete { _ in reply.fail(ChannelError.eof) }
        defer { channel.close(promise: nil) }
        let request = self.request, head = self.head
        streams.createStreamChannel { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.pipeline.syncOperations.addHandler(HealthStream(head, request, reply))
            }
        }.whenFailure { reply.fail($0) }
        return try await withTaskCancellationHandler {
            try await reply.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private var head: HPACKHeaders {
        HPACKHeaders([
            (":method", "POST"), (":scheme", "http"), (":path", "/grpc.health.v1.Health/Check"),
            (":authority", "\(host):\(port)"), ("te", "trailers"), ("content-type", "application/grpc"),
            ("user-agent", agent),
        ])
    }

    /// One message: a flag, its length, and `service` as field 1.
    private var request: ByteBuffer {
        let message = ProtobufWriter.message { $0.text(1, service) }
        var framed = ByteBuffer()
        framed.writeInteger(UInt8(0))
        framed.writeInteger(UInt32(message.count))
        framed.writeBytes(message)
        return framed
    }
}

/// The call's one stream.
private final class HealthStream: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let head: HPACKHeaders
    private let request: ByteBuffer
    private let reply: EventLoopPromise<HealthCall.Reply>
    private var found = HealthCall.Reply()
    private var body = ByteBuffer()

    init(_ head: HPACKHeaders, _ request: ByteBuffer, _ reply: EventLoopPromise<HealthCall.Reply>) {
        self.head = head
        self.request = request
        self.reply = reply
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.headers(.init(headers: head))), promise: nil)
        context.writeAndFlush(
            wrapOutboundOut(.data(.init(data: .byteBuffer(request), endStream: true))), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let frame):
            if let status = frame.headers.first(name: "grpc-status").flatMap({ Int($0) }) {
                found.status = status
                found.message = frame.headers.first(name: "grpc-message") ?? ""
            }
            if frame.endStream { finish() }
        case .data(let frame):
            if case .byteBuffer(var bytes) = frame.data, body.readableBytes < 1_024 { body.writeBuffer(&bytes) }
            if frame.endStream { finish() }
        default: return
        }
    }

    func channelInactive(context: ChannelHandlerContext) { reply.fail(ChannelError.eof) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { reply.fail(error) }

    private func finish() {
        // A flag, a length, then the message; an empty one is status 0.
        if let fields = try? ProtobufFields(body.readableBytesView.dropFirst(5)) {
            found.health = Int(clamping: fields.integer(1))
        }
        reply.succeed(found)
    }
}
