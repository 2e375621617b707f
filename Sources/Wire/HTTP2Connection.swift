import NIOCore
import NIOHTTP2

/// One client's connection in HTTP/2 (RFC 9113): each stream is a request with a task of its own.
enum HTTP2Connection {
    /// Requests that one connection may have open; watches hold one each. Go's clients open a second connection past it.
    static let streams = 1_000
    /// Bytes of a request body that may be under way in one stream before its handler reads them.
    static let window = 1 << 20

    /// On the channel's event loop, once TLS has agreed upon `h2`.
    static func serve(
        _ channel: any Channel, peer: HTTPPeer, executor: (any TaskExecutor)?, handler: @escaping HTTPHandler
    ) throws {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: streams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: HTTPLimit.headBytes),
            HTTP2Setting(parameter: .initialWindowSize, value: window),
        ]
        var flow = NIOHTTP2Handler.StreamConfiguration()
        flow.targetWindowSize = window
        flow.outboundBufferSizeHighWatermark = 256 << 10
        flow.outboundBufferSizeLowWatermark = 64 << 10
        _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
            mode: .server,
            connectionConfiguration: connection,
            streamConfiguration: flow
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.syncOptions?.setOption(.autoRead, value: false)
                try stream.pipeline.syncOperations.addHandler(HTTP2Inlet(stream, peer, executor, handler))
                stream.read()
            }
        }
        let idle = IdleWatch(channel)
        try channel.pipeline.syncOperations.addHandler(idle, position: .first)
    }
}

/// Closes a connection on which nothing arrives or leaves for `HTTPLimit.idleTime`. A connection with an open watch
/// is kept alive by its client's pings.
private final class IdleWatch: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let channel: any Channel
    private var last = NIODeadline.now()
    private var timer: Scheduled<Void>?

    init(_ channel: any Channel) { self.channel = channel }

    func handlerAdded(context: ChannelHandlerContext) { schedule(after: HTTPLimit.idleTime) }
    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        last = .now()
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        last = .now()
        context.write(data, promise: promise)
    }

    private func schedule(after time: TimeAmount) {
        timer = channel.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
            let silent = NIODeadline.now() - last
            if silent >= HTTPLimit.idleTime {
                channel.close(promise: nil)
            } else {
                schedule(after: HTTPLimit.idleTime - silent)
            }
        }
    }
}
