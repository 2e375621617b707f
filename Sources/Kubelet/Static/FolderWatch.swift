import CLinux
import Linux
import NIOCore
import NIOPosix

/// Tells when files of a folder come, change or go (inotify(7)).
final class FolderWatch: Sendable {
    let changes: AsyncStream<Void>
    private let channel: any Channel

    /// The folder must exist.
    init(_ folder: String) async throws {
        let inotify = OwnedDescriptor(
            taking: try kernel("inotify_init1", folder) { inotify_init1(hako_in_flags()) })
        let events = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)
        try kernel("inotify_add_watch", folder) { inotify_add_watch(inotify.raw, folder, events) }
        // One unread wake-up stands for any number of changes.
        let (stream, sink) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        changes = stream
        channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Waker { sink.yield() })
                }
            }
            .takingOwnershipOfDescriptor(input: inotify.release()).get()
    }

    deinit { channel.close(promise: nil) }

    private final class Waker: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let wake: @Sendable () -> Void
        init(_ wake: @escaping @Sendable () -> Void) { self.wake = wake }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { wake() }
    }
}
