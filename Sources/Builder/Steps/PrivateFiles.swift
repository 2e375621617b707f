import CLinux
import Engine
import Fault
import ImageStore
import Linux
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Secrets and sockets of one RUN, in a folder that only root sees and that no disk keeps (the engine's run folder).
final class PrivateFiles: Sendable {
    private let folder: String
    private let count = NIOLockedValueBox(0)
    private let listeners = NIOLockedValueBox<[any Channel]>([])

    enum Limit {
        /// Connections to one agent that may wait to be taken.
        static let backlog: Int32 = 16
    }

    init(_ folder: String) { self.folder = folder }

    private func newPath() throws -> String {
        if access(folder, F_OK) != 0 { try makeFolder(folder, mode: 0o700) }
        let number = count.withLockedValue { count in
            count += 1
            return count
        }
        return "\(folder)/\(number)"
    }

    /// Answers the new file's path.
    func add(_ bytes: [UInt8], owner: (UInt32, UInt32), mode: UInt32) async throws -> String {
        try await onPool { [self] in
            let path = try newPath()
            let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            try file.writeAll(bytes, subject: path)
            try kernel("fchown", path) { fchown(file.raw, owner.0, owner.1) }
            try kernel("fchmod", path) { fchmod(file.raw, mode_t(mode)) }
            return path
        }
    }

    typealias Joined =
        @Sendable (
            _ input: @escaping @Sendable () async throws -> ByteBuffer?,
            _ output: @escaping @Sendable (ByteBuffer) async throws -> Void
        ) async throws -> Void

    /// Answers the path of a socket, each of whose connections is given to `join`.
    func listen(owner: (UInt32, UInt32), mode: UInt32, join: @escaping Joined) async throws -> String {
        let path = try newPath()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: Limit.backlog)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let joined = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                    let task = Task { try? await Self.serve(joined, join) }
                    channel.closeFuture.whenComplete { _ in task.cancel() }
                }
            }
            .bind(unixDomainSocketPath: path).get()
        listeners.withLockedValue { $0.append(channel) }
        try kernel("chown", path) { chown(path, owner.0, owner.1) }
        try kernel("chmod", path) { chmod(path, mode_t(mode)) }
        return path
    }

    private static func serve(_ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ join: Joined) async throws {
        try await channel.executeThenClose { inbound, outbound in
            let pieces = Pieces(inbound.makeAsyncIterator())
            try await join({ try await pieces.next() }, { try await outbound.write($0) })
        }
    }

    /// Idempotent; also in a cancelled task.
    func remove() async {
        let open = listeners.withLockedValue { listeners in
            defer { listeners = [] }
            return listeners
        }
        for listener in open { try? await listener.close() }
        guard count.withLockedValue({ $0 > 0 }) else { return }
        try? FileTree.remove(folder)
    }
}

private final class Pieces: @unchecked Sendable {
    // Unchecked: one reader, who waits for each piece.
    private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    init(_ iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator) { self.iterator = iterator }
    func next() async throws -> ByteBuffer? { try await iterator.next() }
}
