import NIOConcurrencyHelpers
import NIOCore

/// The server's side of a SPDY/3.1 connection: streams that the client opens, each a connection of its own. There is no
/// flow control but TCP's, as in the field's own library: a stream that isn't read holds the others back.
package final class SPDYConnection: Sendable {
    /// Streams that a client may have open at once.
    private static let maximumStreams = 256

    private struct State {
        var streams: [UInt32: SPDYStream] = [:]
    }

    private let raw: any RawConnection
    private let writer: SPDYWriter
    private let state = NIOLockedValueBox(State())
    /// Streams in the order in which the client opened them; ends with the connection.
    package let opened: AsyncStream<SPDYStream>
    private let openings: AsyncStream<SPDYStream>.Continuation

    package init(_ raw: any RawConnection) {
        self.raw = raw
        writer = SPDYWriter(raw)
        (opened, openings) = AsyncStream.makeStream()
    }

    /// Reads until the client goes or breaks the rules; to be run in a task of its own.
    package func run() async {
        let unpacker = SPDYUnpacker()
        var bytes = ByteBuffer()
        do {
            while let more = try await raw.read() {
                bytes.writeImmutableBuffer(more)
                while let frame = try SPDYFrame.next(from: &bytes) {
                    guard try await take(frame, unpacker) else { throw CancellationError() }
                }
                bytes.discardReadBytes()
            }
        } catch {
            // The client broke off or spoke nonsense; both end the connection.
        }
        let streams = state.withLockedValue { state in
            defer { state.streams = [:] }
            return Array(state.streams.values)
        }
        for stream in streams { stream.end() }
        openings.finish()
        await raw.close()
    }

    /// False at the connection's end.
    private func take(_ frame: SPDYFrame, _ unpacker: SPDYUnpacker) async throws -> Bool {
        switch frame {
        case .synStream(let id, let block, let isLast):
            guard let packed = unpacker.unpack(block), let headers = SPDYHeaderBlock.decode(packed) else {
                return false
            }
            try await open(id, headers, isLast: isLast)
        case .data(let id, let bytes, let isLast):
            guard let stream = state.withLockedValue({ $0.streams[id] }) else { return true }
            if bytes.readableBytes > 0 { await stream.receive(bytes) }
            if isLast { stream.end() }
        case .reset(let id, _):
            state.withLockedValue { $0.streams.removeValue(forKey: id) }?.end()
        case .ping(let id): try await writer.write(SPDYFrame.pong(id))
        case .goAway: return false
        case .other(let block):
            if let block, unpacker.unpack(block) == nil { return false }
        }
        return true
    }

    private func open(_ id: UInt32, _ headers: [String: String], isLast: Bool) async throws {
        let stream = SPDYStream(id, headers, writer)
        let hasRoom = state.withLockedValue { state in
            guard state.streams.count < Self.maximumStreams, state.streams[id] == nil else { return false }
            state.streams[id] = stream
            return true
        }
        guard hasRoom else { return try await writer.write(SPDYFrame.reset(id, 3)) }  // "refused stream"
        try await writer.reply(id)
        if isLast { stream.end() }
        openings.yield(stream)
    }

    package func close() async { await raw.close() }
}

/// One frame after another, each packed in the order in which it goes out.
private actor SPDYWriter {
    private let raw: any RawConnection
    private let packer = SPDYPacker()
    private var last: Task<Void, any Error>?

    init(_ raw: any RawConnection) { self.raw = raw }

    func reply(_ stream: UInt32) async throws {
        try await write(SPDYFrame.synReply(stream, block: packer.pack(SPDYHeaderBlock.encode([]))))
    }

    func write(_ frame: ByteBuffer) async throws {
        let previous = last
        let task = Task { [raw] in
            _ = await previous?.result
            try await raw.write(frame)
        }
        last = task
        try await task.value
    }
}

/// One stream of a SPDY connection.
package final class SPDYStream: RawConnection {
    package let id: UInt32
    /// Names in lower case: `streamtype`, `port`, `requestid`.
    package let headers: [String: String]
    private let writer: any SPDYFrameWriter
    private let inbox = BoundedInbox<ByteBuffer>(limit: 256 << 10) { $0.readableBytes }

    fileprivate init(_ id: UInt32, _ headers: [String: String], _ writer: SPDYWriter) {
        self.id = id
        self.headers = headers
        self.writer = writer
    }

    /// Largest data frame that goes out, in bytes.
    private static let chunk = 64 << 10

    func receive(_ bytes: ByteBuffer) async { await inbox.put(bytes) }
    func end() { inbox.end() }

    package func read() async throws -> ByteBuffer? { await inbox.take() }

    package func write(_ bytes: ByteBuffer) async throws {
        var rest = bytes
        while let part = rest.readSlice(length: min(rest.readableBytes, Self.chunk)), part.readableBytes > 0 {
            try await writer.write(SPDYFrame.data(id, part, isLast: false))
        }
    }

    package func closeWrite() async { try? await writer.write(SPDYFrame.data(id, ByteBuffer(), isLast: true)) }

    package func close() async {
        await closeWrite()
        inbox.end()
    }

    package func closed() async { await inbox.ended.wait() }
}

private protocol SPDYFrameWriter: Sendable {
    func write(_ frame: ByteBuffer) async throws
}

extension SPDYWriter: SPDYFrameWriter {}
