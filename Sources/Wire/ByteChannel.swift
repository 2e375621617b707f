import NIOCore

/// A connection as bytes that are pulled: nothing is read from the socket before somebody asks, and a write ends when
/// the kernel has taken its bytes. So neither side of a slow peer fills our memory.
final class ByteChannel: RawConnection {
    let channel: any Channel
    private let inlet: NIOLoopBound<Inlet>
    /// The peer will send nothing more.
    let inputEnded: Latch
    /// The connection is closed both ways.
    let gone: Latch

    /// On the channel's event loop, while the channel is set up.
    /// - Parameter startsTLS: our side has to begin a handshake: its answers are read without anybody asking, until
    ///   the first write has gone through.
    init(_ channel: any Channel, startsTLS: Bool = false) throws {
        let inlet = Inlet(isShakingHands: startsTLS)
        self.channel = channel
        self.inlet = NIOLoopBound(inlet, eventLoop: channel.eventLoop)
        inputEnded = inlet.inputEnded
        gone = inlet.gone
        try channel.pipeline.syncOperations.addHandler(inlet)
        // Not `channelInactive`: a channel that closes before it is active never gets that.
        channel.closeFuture.assumeIsolated().whenComplete { _ in inlet.close() }
    }

    func read() async throws -> ByteBuffer? {
        if channel.eventLoop.inEventLoop, let bytes = inlet.value.take() { return bytes }
        let promise = channel.eventLoop.makePromise(of: ByteBuffer?.self)
        channel.eventLoop.runNow { [inlet] in inlet.value.read(promise) }
        return try await promise.futureResult.get()
    }

    func write(_ bytes: ByteBuffer) async throws { try await write([bytes]) }

    /// All buffers in one go, flushed at once.
    func write(_ buffers: [ByteBuffer]) async throws {
        if channel.eventLoop.inEventLoop {
            try await writeOnLoop(buffers)?.get()
        } else {
            let promise = channel.eventLoop.makePromise(of: Void.self)
            channel.eventLoop.execute { self.send(buffers, promise) }
            try await promise.futureResult.get()
        }
    }

    /// On the event loop.
    /// - Returns: nil when the kernel has taken all of it; else when it has.
    func writeOnLoop(_ buffers: [ByteBuffer]) throws -> EventLoopFuture<Void>? {
        try channel.eventLoop.unlessDone { send(buffers, $0) }
    }

    private func send(_ buffers: [ByteBuffer], _ promise: EventLoopPromise<Void>) {
        if inlet.value.isShakingHands {
            promise.futureResult.assumeIsolated().whenComplete { [inlet] _ in inlet.value.isShakingHands = false }
        }
        for buffer in buffers.dropLast() { channel.write(buffer, promise: nil) }
        guard let last = buffers.last else { return promise.succeed() }
        channel.writeAndFlush(last, promise: promise)
    }

    func closeWrite() async { try? await channel.close(mode: .output) }

    func close() async {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        close(promise)
        try? await promise.futureResult.get()
    }

    /// Under TLS both sides say that they end: the peer's word is read for that; what it still sends is dropped.
    func close(_ promise: EventLoopPromise<Void>?) {
        channel.eventLoop.runNow { [channel, inlet] in
            inlet.value.drops = true
            // While a peer may end its half alone, its word doesn't count as the answer to ours when they cross.
            try? channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
            channel.close(promise: promise)
            channel.read()
        }
    }

    func closed() async { await gone.wait() }

    /// On the event loop: takes itself out of the pipeline, for whoever speaks another protocol over the channel from
    /// now on. Answers what has arrived and nobody asked for; reads find the connection's end, and only that.
    func leave() throws -> ByteBuffer? {
        let pending = inlet.value.take()
        channel.pipeline.syncOperations.removeHandler(inlet.value, promise: nil)
        return pending
    }

    /// Runs `expire` after `time` unless cancelled.
    func after(_ time: TimeAmount, _ expire: @escaping @Sendable (any Channel) -> Void) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: time) { [channel] in expire(channel) }
    }
}

/// The event loop's side of a `ByteChannel`.
private final class Inlet: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    let inputEnded = Latch()
    let gone = Latch()
    /// Arrived and not yet asked for: at most what one read brings, or what the kernel held when the peer closed.
    private var pending: ByteBuffer?
    private var hasEnded = false
    private var failure: (any Error)?
    private var reader: EventLoopPromise<ByteBuffer?>?
    private var context: ChannelHandlerContext?
    var isShakingHands: Bool
    /// Nobody will ask for what arrives.
    var drops = false

    init(isShakingHands: Bool) { self.isShakingHands = isShakingHands }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    /// What is here already.
    func take() -> ByteBuffer? {
        guard reader == nil else { return nil }
        defer { pending = nil }
        return pending
    }

    func read(_ promise: EventLoopPromise<ByteBuffer?>) {
        // A stream's reader that is still waiting when its connection is taken away from it.
        reader?.fail(CancellationError())
        reader = promise
        deliver()
        if reader != nil { context?.read() }
    }

    private func deliver() {
        guard let promise = reader else { return }
        if let bytes = pending {
            pending = nil
            reader = nil
            promise.succeed(bytes)
        } else if let failure {
            reader = nil
            promise.fail(failure)
        } else if hasEnded {
            reader = nil
            promise.succeed(nil)
        }
    }

    private func end() {
        hasEnded = true
        inputEnded.open()
        deliver()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if drops { return }
        if pending == nil { pending = bytes } else { pending?.writeBuffer(&bytes) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        deliver()
        if reader != nil || isShakingHands || drops, !hasEnded { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { end() }
        context.fireUserInboundEventTriggered(event)
    }

    /// A read that was asked for before the channel was registered has got lost.
    func channelActive(context: ChannelHandlerContext) {
        if reader != nil || isShakingHands { context.read() }
        context.fireChannelActive()
    }

    func close() {
        end()
        gone.open()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if failure == nil { failure = error }
        deliver()
        context.close(promise: nil)
    }
}
