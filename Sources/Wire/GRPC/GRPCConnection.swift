import NIOCore
import NIOHPACK
import NIOHTTP2

/// Answers a call: reads and sends messages; its return is the status `ok`, a thrown `GRPCStatus` is the status.
package typealias GRPCHandler = @Sendable (GRPCStream) async throws -> Void

/// gRPC over a connection that has left HTTP/1.1, in either role: Docker's `/grpc` (the client calls) and `/session`
/// (the daemon calls).
package final class GRPCConnection: Sendable {
    private let channel: any Channel
    private let streams: NIOHTTP2Handler.StreamMultiplexer
    private let gone = Latch()

    private init(_ channel: any Channel, _ streams: NIOHTTP2Handler.StreamMultiplexer) {
        self.channel = channel
        self.streams = streams
        channel.closeFuture.whenComplete { [gone] _ in gone.open() }
    }

    /// Takes the connection over. Throws when it isn't one that an HTTP server handed out.
    /// - Parameter handler: for the other side's calls; nil: there are none.
    package static func over(_ raw: any RawConnection, handler: GRPCHandler?) async throws -> GRPCConnection {
        guard let hijacked = raw as? HijackedConnection else { throw ChannelError.operationUnsupported }
        return try await hijacked.handOver { channel in
            var connection = NIOHTTP2Handler.ConnectionConfiguration()
            connection.initialSettings = [
                HTTP2Setting(parameter: .maxConcurrentStreams, value: GRPCLimit.streams),
                HTTP2Setting(parameter: .maxHeaderListSize, value: HTTPLimit.headBytes),
                HTTP2Setting(parameter: .initialWindowSize, value: GRPCLimit.window),
            ]
            // Go's side measures the line with a ping for each turn of data.
            connection.controlFrameRateLimit.maximumCount = GRPCLimit.controlFrames
            connection.controlFrameRateLimit.windowLength = .seconds(1)
            var flow = NIOHTTP2Handler.StreamConfiguration()
            flow.targetWindowSize = GRPCLimit.window
            let streams = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
                mode: handler == nil ? .client : .server, connectionConfiguration: connection,
                streamConfiguration: flow
            ) { stream in
                stream.eventLoop.makeCompletedFuture {
                    guard let handler else { throw ChannelError.operationUnsupported }
                    try accept(stream, handler)
                }
            }
            return GRPCConnection(channel, streams)
        }
    }

    /// On the event loop.
    private static func accept(_ channel: any Channel, _ handler: @escaping GRPCHandler) throws {
        try channel.syncOptions?.setOption(.autoRead, value: false)
        let gone = Latch()
        let holder = NIOLoopBoundBox<GRPCInlet?>(nil, eventLoop: channel.eventLoop)
        let inlet = GRPCInlet(channel, gone: gone) { headers in
            guard let inlet = holder.value else { return }
            holder.value = nil
            let metadata = headers.filter { !$0.name.hasPrefix(":") }.map { (name: $0.name, value: $0.value) }
            let stream = GRPCStream(
                channel, inlet, path: headers.first(name: ":path") ?? "", metadata: metadata, gone: gone,
                isServer: true)
            let task = Task {
                do {
                    try await handler(stream)
                    await stream.finish(.ok)
                } catch let status as GRPCStatus {
                    await stream.finish(status)
                } catch is CancellationError {
                    await stream.finish(GRPCStatus(.cancelled, "context canceled"))
                } catch {
                    await stream.finish(GRPCStatus(.unknown, "\(error)"))
                }
            }
            channel.closeFuture.whenComplete { _ in task.cancel() }
        }
        holder.value = inlet
        try channel.pipeline.syncOperations.addHandler(inlet)
        channel.read()
    }

    /// Begins a call of the other side.
    package func call(_ path: String, metadata: [(name: String, value: String)] = []) async throws -> GRPCStream {
        var fields = HPACKHeaders([
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"),
            ("content-type", "application/grpc"), ("te", "trailers"), ("user-agent", "hakobune"),
        ])
        for (name, value) in metadata { fields.add(name: name, value: value) }
        let made = channel.eventLoop.makePromise(of: GRPCStream.self)
        let ready = streams.createStreamChannel { stream in
            stream.eventLoop.makeCompletedFuture {
                try stream.syncOptions?.setOption(.autoRead, value: false)
                let gone = Latch()
                let inlet = GRPCInlet(stream, gone: gone, began: nil)
                try stream.pipeline.syncOperations.addHandler(inlet)
                made.succeed(
                    GRPCStream(stream, inlet, path: path, metadata: metadata, gone: gone, isServer: false))
            }
        }
        ready.whenFailure { made.fail($0) }
        let stream = try await ready.get()
        try await stream.writeAndFlush(HTTP2Frame.FramePayload.headers(.init(headers: fields)))
        return try await made.futureResult.get()
    }

    /// A call with one message each way.
    package func call(
        _ path: String, _ request: [UInt8], metadata: [(name: String, value: String)] = []
    ) async throws -> ByteBuffer {
        let stream = try await call(path, metadata: metadata)
        return try await withTaskCancellationHandler {
            // A server may have answered before all was sent: its status says more than our failing.
            try? await stream.send(request)
            try? await stream.closeSend()
            guard let answer = try await stream.receive() else {
                throw GRPCStatus(.internalFault, "\(path) ended without an answer")
            }
            guard try await stream.receive() == nil else {
                throw GRPCStatus(.internalFault, "\(path) answered more than once")
            }
            return answer
        } onCancel: {
            stream.cancel()
        }
    }

    package func close() { channel.close(promise: nil) }

    /// Returns when the connection is closed, or when the task is cancelled.
    package func closed() async { await gone.wait() }
}

extension HijackedConnection {
    /// The channel for whoever speaks another protocol over it; what arrived early is given to that.
    fileprivate func handOver<T: Sendable>(
        _ configure: @escaping @Sendable (any Channel) throws -> T
    ) async throws -> T {
        let bytes = reader.bytes
        let early = reader.takeBuffered()
        return try await bytes.channel.eventLoop.submit {
            let channel = bytes.channel
            let pending = try bytes.leave()
            try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
            let made = try configure(channel)
            for piece in [early, pending].compactMap({ $0 }) { channel.pipeline.fireChannelRead(piece) }
            channel.pipeline.fireChannelReadComplete()
            try channel.syncOptions?.setOption(.autoRead, value: true)
            channel.read()
            return made
        }.get()
    }
}
