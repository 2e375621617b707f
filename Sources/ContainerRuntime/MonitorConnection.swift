import Fault
import Linux
import NIOCore
import NIOPosix

/// A connection to a container's monitor. Nothing is read before it is asked for, so a slow reader holds the monitor
/// back and not this process's memory; an idle one costs a descriptor.
package final class MonitorConnection: Sendable {
    private let channel: any Channel
    private let inbox: Inbox

    private init(_ channel: any Channel, _ inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// Takes the socket over.
    package static func over(_ socket: OwnedDescriptor) async throws -> MonitorConnection {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelInitializer { $0.pipeline.addHandler(inbox) }
            .withConnectedSocket(socket.release()).get()
        return MonitorConnection(channel, inbox)
    }

    /// nil when no monitor listens there (any more).
    package static func open(_ folder: String) async throws -> MonitorConnection? {
        guard let socket = try ProcessCalls.dialMonitor(folder) else { return nil }
        return try await over(socket)
    }

    package func send(_ kind: MonitorRequest, _ payload: [UInt8] = []) async throws {
        try await channel.writeAndFlush(MonitorFrames.request(kind, payload)).get()
    }

    /// Stdin in frames of at most `MonitorLimit.stdinFrame`; suspends while the process doesn't read.
    func sendInput(_ bytes: ByteBuffer) async throws {
        var bytes = bytes
        while let piece = bytes.readSlice(length: min(bytes.readableBytes, MonitorLimit.stdinFrame)),
            piece.readableBytes > 0
        {
            try await send(.stdin, Array(piece.readableBytesView))
        }
    }

    /// The next frame; nil when the monitor has closed. Cancelling the caller closes the connection.
    package func next() async throws -> MonitorAnswer? {
        try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await channel.eventLoop.flatSubmit { self.inbox.take(self.channel) }.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    package func close() async {
        try? await channel.close()
    }

    deinit { channel.close(promise: nil) }

    /// Frames that came and who waits for one. Confined to the channel's event loop, hence unchecked.
    private final class Inbox: ChannelInboundHandler, @unchecked Sendable {
        typealias InboundIn = ByteBuffer

        private var frames = MonitorFrames()
        private var waiter: EventLoopPromise<MonitorAnswer?>?
        private var failure: (any Error)?
        private var hasEnded = false

        func take(_ channel: any Channel) -> EventLoopFuture<MonitorAnswer?> {
            let promise = channel.eventLoop.makePromise(of: MonitorAnswer?.self)
            waiter?.fail(Fault(.internalFault, "two readers of one monitor connection"))
            waiter = promise
            deliver()
            if waiter != nil { channel.read() }
            return promise.futureResult
        }

        private func deliver() {
            guard let waiter else { return }
            do throws(PlanError) {
                if let frame = try frames.next() {
                    self.waiter = nil
                    waiter.succeed(frame)
                    return
                }
            } catch { failure = error }
            if let failure {
                self.waiter = nil
                waiter.fail(failure)
            } else if hasEnded {
                self.waiter = nil
                waiter.succeed(nil)
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            frames.add(unwrapInboundIn(data))
            deliver()
        }

        func channelReadComplete(context: ChannelHandlerContext) {
            if waiter != nil { context.read() }
        }

        func channelInactive(context: ChannelHandlerContext) {
            hasEnded = true
            deliver()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            // A monitor that ends while it is being written to is just gone.
            hasEnded = true
            deliver()
            context.close(promise: nil)
        }
    }
}

/// An attached client's side.
struct AttachedStdio: MonitorStdio {
    let connection: MonitorConnection

    func next() async throws -> (stream: UInt8, bytes: ByteBuffer)? {
        while let answer = try await connection.next() {
            if case .output(let stream, let bytes) = answer { return (stream, bytes) }
        }
        return nil
    }

    func write(_ bytes: ByteBuffer) async throws { try await connection.sendInput(bytes) }
    func closeInput() async { try? await connection.send(.closeStdin) }
    func close() async { await connection.close() }
}
