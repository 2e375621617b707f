import CLinux
import Linux
import NIOCore
import NIOPosix

/// Calls back when any program has changed tables, chains or rules of this network namespace (`nft monitor`): Docker
/// that starts after us, ufw that reloads. Elements of sets and maps, our published ports among them, don't count.
final class FirewallWatch: Sendable {
    private let channel: any Channel

    private enum Limit {
        /// Time for the rest of what one program changes; also the least time between two calls.
        static let settling = TimeAmount.milliseconds(500)
    }

    init(_ onChange: @escaping @Sendable () -> Void) throws {
        let socket = try NftablesEvents.socket()
        channel = try NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Listener(onChange))
                }
            }
            .takingOwnershipOfDescriptor(input: socket.release()).wait()
    }

    func stop() { channel.close(promise: nil) }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let onChange: @Sendable () -> Void
        private var isDue = false

        init(_ onChange: @escaping @Sendable () -> Void) { self.onChange = onChange }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !isDue, NftablesEvents.touchRules(Array(unwrapInboundIn(data).readableBytesView)) else { return }
            isDue = true
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: Limit.settling) {
                bound.value.isDue = false
                bound.value.onChange()
            }
        }
    }
}
