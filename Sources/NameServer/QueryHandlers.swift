import NIOCore

/// Queries in datagrams, answered to whom they came from.
final class DatagramQueries: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>
    private let service: QueryService

    init(_ service: QueryService) { self.service = service }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let (channel, client) = (context.channel, envelope.remoteAddress)
        service.take(Array(envelope.data.readableBytesView), .datagram, on: context.eventLoop) { answer in
            channel.writeAndFlush(
                AddressedEnvelope(remoteAddress: client, data: ByteBuffer(bytes: answer)), promise: nil)
        }
    }

    /// One datagram that couldn't be received is no reason to stop.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Queries on a connection, which the client may send one after the other without waiting.
final class StreamQueries: ChannelInboundHandler {
    typealias InboundIn = [UInt8]
    typealias OutboundOut = ByteBuffer

    enum Limit {
        /// Without a query, until the connection ends.
        static let idle = TimeAmount.seconds(10)
        /// Unanswered queries of one connection; a client that sends more is cut off.
        static let queries = 64
    }

    private let service: QueryService
    private var unanswered = 0

    init(_ service: QueryService) { self.service = service }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard unanswered < Limit.queries else { return context.close(promise: nil) }
        unanswered += 1
        let channel = context.channel
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        service.take(unwrapInboundIn(data), .stream, on: context.eventLoop) { answer in
            bound.value.unanswered -= 1
            channel.writeAndFlush(StreamMessages.framed(answer), promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
