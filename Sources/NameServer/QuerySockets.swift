import NIOCore
import NIOPosix

/// The sockets that queries come by. Each serves until its channel is closed.
extension QueryService {
    private enum SocketLimit {
        /// Connections that wait to be accepted.
        static let backlog: Int32 = 128
        /// The longest query in a datagram, in bytes.
        static let query = 4_096
    }

    package func datagrams(at address: SocketAddress) async throws -> any Channel {
        try await datagramBootstrap.bind(to: address).get()
    }

    package func connections(at address: SocketAddress) async throws -> any Channel {
        try await serverBootstrap.bind(to: address).get()
    }

    /// - Parameter socket: a bound datagram socket, which is this channel's from now on.
    package func datagrams(over socket: CInt) async throws -> any Channel {
        try await datagramBootstrap.withBoundSocket(socket).get()
    }

    /// - Parameter socket: a bound and listening socket, which is this channel's from now on.
    package func connections(over socket: CInt) async throws -> any Channel {
        try await serverBootstrap.withBoundSocket(socket).get()
    }

    private var datagramBootstrap: DatagramBootstrap {
        DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: SocketLimit.query))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramQueries(self))
                }
            }
    }

    private var serverBootstrap: ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: SocketLimit.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(readTimeout: StreamQueries.Limit.idle))
                    try pipeline.addHandler(ByteToMessageHandler(StreamMessages()))
                    try pipeline.addHandler(StreamQueries(self))
                }
            }
    }
}
