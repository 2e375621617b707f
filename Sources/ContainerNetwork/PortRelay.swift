import CLinux
import Linux
import NIOCore
import NIOPosix

/// Carries what arrives at a held port to a container: for IPv6 clients of a container that has only an IPv4 address,
/// and for ::1, which the kernel routes nowhere else.
protocol PortRelay: Sendable {
    func stop()
}

enum Relays {
    /// Nil for transports that can't be relayed (SCTP).
    static func start(_ hold: PortHold, to target: IPAddress, port: UInt16) throws -> (any PortRelay)? {
        let address = try SocketAddress(ipAddress: target.description, port: Int(port))
        switch hold.binding.transport {
        case .tcp: return try StreamRelay(listener: try hold.duplicate(), target: address)
        case .udp: return try DatagramRelay(socket: try hold.duplicate(), target: address)
        case .sctp: return nil
        }
    }
}

/// TCP: one connection to the container for each client's, half-closes included. Reading waits for writing, so the
/// slower side sets the pace.
final class StreamRelay: PortRelay {
    private let listener: any Channel

    private enum Limit {
        /// Time for the container to take a connection; it is one hop away.
        static let connect = TimeAmount.seconds(10)
    }

    /// Takes the listening descriptor over.
    init(listener descriptor: Int32, target: SocketAddress) throws {
        listener = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in
                Self.connect(client, to: target)
            }
            .withBoundSocket(descriptor).wait()
    }

    func stop() { listener.close(promise: nil) }

    private static func connect(_ client: any Channel, to target: SocketAddress) -> EventLoopFuture<Void> {
        ClientBootstrap(group: client.eventLoop)
            .connectTimeout(Limit.connect)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: false)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(to: target)
            .flatMap { server in
                // Both channels are on one event loop, so the pair needs no lock.
                do {
                    let (near, far) = RelayEnd.pair()
                    try client.pipeline.syncOperations.addHandler(near)
                    try server.pipeline.syncOperations.addHandler(far)
                    return client.eventLoop.makeSucceededVoidFuture()
                } catch {
                    server.close(promise: nil)
                    return client.eventLoop.makeFailedFuture(error)
                }
            }
    }
}

/// One of two joined channels: what one reads the other writes.
private final class RelayEnd: ChannelDuplexHandler {
    typealias InboundIn = NIOAny
    typealias OutboundIn = NIOAny

    private var partner: RelayEnd?
    private var context: ChannelHandlerContext?
    private var wantsRead = false

    static func pair() -> (RelayEnd, RelayEnd) {
        let a = RelayEnd(), b = RelayEnd()
        a.partner = b
        b.partner = a
        return (a, b)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin() }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin()
        context.fireChannelActive()
    }

    private func begin() {
        guard partner?.context != nil else { return }
        context?.read()
        partner?.context?.read()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        partner = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { partner?.context?.write(data, promise: nil) }

    func channelReadComplete(context: ChannelHandlerContext) {
        partner?.context?.flush()
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            partner?.context?.close(mode: .output, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        partner?.context?.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        partner?.context?.close(promise: nil)
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.readIfWaiting() }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if partner?.context?.channel.isWritable == true {
            context.read()
        } else {
            wantsRead = true
        }
    }

    private func readIfWaiting() {
        guard wantsRead else { return }
        wantsRead = false
        context?.read()
    }
}

/// UDP: a socket to the container for each client address, closed when it has been idle.
final class DatagramRelay: PortRelay {
    private let channel: any Channel

    /// Takes the bound descriptor over.
    init(socket descriptor: Int32, target: SocketAddress) throws {
        channel = try DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramFanOut(target: target))
                }
            }
            .withBoundSocket(descriptor).wait()
    }

    func stop() { channel.close(promise: nil) }
}

/// On the host's side: sends each client's datagrams through that client's own socket.
private final class DatagramFanOut: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private enum Limit {
        /// Clients at a time; a newcomer beyond it is dropped, as a full conntrack table would.
        static let clients = 4_096
        /// Idle time after which a client's socket is closed (the kernel's nf_conntrack_udp_timeout_stream).
        static let idle = TimeAmount.seconds(120)
    }

    private let target: SocketAddress
    private var clients: [SocketAddress: EventLoopFuture<any Channel>] = [:]

    init(target: SocketAddress) { self.target = target }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let outward = socket(for: envelope.remoteAddress, context) else { return }
        let datagram = AddressedEnvelope(remoteAddress: target, data: envelope.data)
        outward.whenSuccess { $0.writeAndFlush(datagram, promise: nil) }
    }

    private func socket(for client: SocketAddress, _ context: ChannelHandlerContext) -> EventLoopFuture<any Channel>? {
        if let known = clients[client] { return known }
        guard clients.count < Limit.clients else { return nil }
        let near = context.channel
        let any = target.protocol == .inet ? "0.0.0.0" : "::"
        let made = DatagramBootstrap(group: context.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        IdleStateHandler(allTimeout: Limit.idle), DatagramReturn(near: near, client: client),
                    ])
                }
            }
            .bind(host: any, port: 0)
        clients[client] = made
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        made.whenFailure { _ in loopBound.value.clients[client] = nil }
        made.whenSuccess { channel in
            channel.closeFuture.whenComplete { _ in loopBound.value.clients[client] = nil }
        }
        return made
    }

    func channelInactive(context: ChannelHandlerContext) {
        for channel in clients.values { channel.whenSuccess { $0.close(promise: nil) } }
        context.fireChannelInactive()
    }
}

/// On the container's side: answers go back to the one client.
private final class DatagramReturn: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let near: any Channel
    private let client: SocketAddress

    init(near: any Channel, client: SocketAddress) {
        self.near = near
        self.client = client
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        near.writeAndFlush(AddressedEnvelope(remoteAddress: client, data: unwrapInboundIn(data).data), promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    }
}
