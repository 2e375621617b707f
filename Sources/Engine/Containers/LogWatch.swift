import CLinux
import Fault
import Linux
import NIOCore
import NIOPosix
import Synchronization

/// Wakes a reader when a log file is written or rotated (inotify(7)), and when its container has ended.
final class LogWatch: Sendable {
    private let changes: AsyncStream<Void>
    private let sink: AsyncStream<Void>.Continuation
    private struct State {
        var channel: (any Channel)?
        var isEnded = false
        var tasks: [Task<Void, Never>] = []
    }
    private let state = Mutex(State())

    private init() {
        // One unread wake-up stands for any number of changes.
        (changes, sink) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Watches the folder that the file is in: it sees the file written, and another put in its place.
    static func start(
        _ path: String, for events: Int32 = IN_MODIFY | IN_CREATE | IN_MOVED_TO,
        until end: AsyncStream<Container.Outcome>
    ) async throws -> LogWatch {
        let watch = LogWatch()
        let inotify = OwnedDescriptor(
            taking: try kernel("inotify_init1", path) { inotify_init1(hako_in_flags()) })
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        try kernel("inotify_add_watch", folder) { inotify_add_watch(inotify.raw, folder, UInt32(events)) }
        let channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(WakeHandler { watch.sink.yield() })
                }
            }
            .takingOwnershipOfDescriptor(input: inotify.release()).get()
        let task = Task {
            for await _ in end {}
            watch.end()
        }
        watch.state.withLock { state in
            state.channel = channel
            state.tasks.append(task)
        }
        return watch
    }

    private final class WakeHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let wake: @Sendable () -> Void
        init(_ wake: @escaping @Sendable () -> Void) { self.wake = wake }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { wake() }
    }

    /// The container has ended: what is in the files by now is all.
    var isEnded: Bool { state.withLock { $0.isEnded } }

    func end() {
        state.withLock { $0.isEnded = true }
        sink.yield()
    }

    /// Ends at that time, nanoseconds since the epoch; nil: not by itself.
    func end(at time: Int64?) {
        guard let time else { return }
        let task = Task {
            let left = time - nowNanoseconds()
            if left > 0 { try? await Task.sleep(for: .nanoseconds(left)) }
            if !Task.isCancelled { self.end() }
        }
        state.withLock { $0.tasks.append(task) }
    }

    func change() async {
        for await _ in changes { return }
    }

    /// Frees everything; also wakes the reader. Idempotent.
    func stop() {
        let (channel, tasks) = state.withLock { state in
            defer {
                state.channel = nil
                state.tasks = []
                state.isEnded = true
            }
            return (state.channel, state.tasks)
        }
        for task in tasks { task.cancel() }
        channel?.close(promise: nil)
        sink.finish()
    }
}
