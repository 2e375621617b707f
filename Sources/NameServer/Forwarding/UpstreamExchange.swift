import NIOCore
import NIOPosix
import Wire

/// One question to one server, on a socket of its own that is closed after the answer.
enum UpstreamExchange {
    struct TimeOut: Error {}

    static func byDatagram(
        _ server: SocketAddress, _ ticket: Forwarder.Ticket, _ bytes: [UInt8], limit: TimeAmount,
        on loop: any EventLoop
    ) -> EventLoopFuture<[UInt8]> {
        let promise = loop.makePromise(of: [UInt8].self)
        DatagramBootstrap(group: loop)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: DNSMessage.Limit.message)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramAnswer(ticket, promise))
                }
            }
            .connect(to: server)
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    end(channel, after: limit, promise)
                    channel.writeAndFlush(
                        AddressedEnvelope(remoteAddress: server, data: ByteBuffer(bytes: bytes))
                    ).whenFailure { promise.fail($0) }
                case .failure(let error): promise.fail(error)
                }
            }
        return promise.futureResult
    }

    static func byConnection(
        _ server: SocketAddress, _ ticket: Forwarder.Ticket, _ bytes: [UInt8], limit: TimeAmount,
        on loop: any EventLoop
    ) -> EventLoopFuture<[UInt8]> {
        let promise = loop.makePromise(of: [UInt8].self)
        ClientBootstrap(group: loop)
            .connectTimeout(limit)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(StreamMessages()))
                    try channel.pipeline.syncOperations.addHandler(StreamAnswer(ticket, promise))
                }
            }
            .connect(to: server)
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    end(channel, after: limit, promise)
                    channel.writeAndFlush(StreamMessages.framed(bytes)).whenFailure { promise.fail($0) }
                case .failure(let error): promise.fail(error)
                }
            }
        return promise.futureResult
    }

    private static func end(_ channel: any Channel, after limit: TimeAmount, _ promise: EventLoopPromise<[UInt8]>) {
        let timer = channel.eventLoop.scheduleTask(in: limit) { promise.fail(TimeOut()) }
        promise.futureResult.whenComplete { _ in
            timer.cancel()
            channel.close(promise: nil)
        }
    }

    /// Whether the bytes answer the question. Anything else isn't for us: somebody guesses, or answers late.
    fileprivate static func isAnswer(_ bytes: [UInt8], to ticket: Forwarder.Ticket) -> Bool {
        guard bytes.count >= 12, let message = try? DNSMessage(parsing: bytes) else { return false }
        return message.isResponse && message.id == ticket.id
            && (message.questions == [ticket.question] || message.questions.isEmpty && message.status != .ok)
    }

    private final class DatagramAnswer: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        private let ticket: Forwarder.Ticket
        private let promise: EventLoopPromise<[UInt8]>

        init(_ ticket: Forwarder.Ticket, _ promise: EventLoopPromise<[UInt8]>) {
            self.ticket = ticket
            self.promise = promise
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).data.readableBytesView)
            if UpstreamExchange.isAnswer(bytes, to: ticket) { promise.succeed(bytes) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }
        func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
    }

    private final class StreamAnswer: ChannelInboundHandler {
        typealias InboundIn = [UInt8]
        private let ticket: Forwarder.Ticket
        private let promise: EventLoopPromise<[UInt8]>

        init(_ ticket: Forwarder.Ticket, _ promise: EventLoopPromise<[UInt8]>) {
            self.ticket = ticket
            self.promise = promise
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            if UpstreamExchange.isAnswer(bytes, to: ticket) { promise.succeed(bytes) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }
        func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
    }
}
