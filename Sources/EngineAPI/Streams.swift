import DockerModel
import Fault
import JSON
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Wire

/// Docker's stream media types.
enum StreamType {
    static let raw = "application/vnd.docker.raw-stream"
    static let multiplexed = "application/vnd.docker.multiplexed-stream"
}

/// Several outputs in one stream: each chunk behind eight bytes, its stream's number, three zeros and its length as a
/// big-endian integer. A terminal's output goes as it is.
func framed(_ chunk: OutputChunk, isTerminal: Bool) -> ByteBuffer {
    if isTerminal { return chunk.bytes }
    var frame = ByteBuffer()
    frame.reserveCapacity(8 + chunk.bytes.readableBytes)
    frame.writeInteger(UInt32(chunk.stream.rawValue) << 24)
    frame.writeInteger(UInt32(clamping: chunk.bytes.readableBytes))
    frame.writeImmutableBuffer(chunk.bytes)
    return frame
}

extension Call {
    func streamType(isTerminal: Bool) -> String {
        isTerminal || !version.namesMultiplexedStreams ? StreamType.raw : StreamType.multiplexed
    }

    /// Sends a source to its end or until the client goes, then frees it.
    func stream<Element>(
        _ source: Source<Element>, type: String, headers extra: [(String, String)] = [],
        _ encode: @escaping @Sendable (Element) -> ByteBuffer
    ) async throws {
        defer { source.cancel() }
        try await whileConnected(onGone: source.cancel) {
            var headers = headersWith(type)
            for (name, value) in extra { headers.replaceOrAdd(name: name, value: value) }
            try await responder.head(.ok, headers)
            while let element = try await source.next() { try await responder.write(encode(element)) }
            try await responder.end()
        }
    }

    func stream(_ source: ByteSource, type: String, headers extra: [(String, String)] = []) async throws {
        try await stream(source, type: type, headers: extra) { $0 }
    }

    func stream(_ source: JSONSource) async throws {
        try await stream(source, type: "application/json") { value in
            var bytes = value.bytes()
            bytes.append(UInt8(ascii: "\n"))
            return ByteBuffer(bytes: bytes)
        }
    }

    /// Work that tells how it gets on. Its head goes out with its first message, so that what fails before is an
    /// ordinary error and what fails after is one in the stream.
    func progress(_ work: @escaping @Sendable (@escaping ProgressSink) async throws -> Void) async throws {
        let sink: ProgressSink = { message in
            if !responder.hasBegun { try await responder.head(.ok, headersWith("application/json")) }
            try await responder.write(Self.line(message))
        }
        do {
            try await work(sink)
        } catch {
            guard responder.hasBegun else { throw error }
            log.info("failed after the answer had begun", metadata: ["error": "\(sentence(error))"])
            try await responder.write(Self.line(streamedError(error)))
        }
        if !responder.hasBegun { try await responder.head(.ok, headersWith("application/json")) }
        try await responder.end()
    }

    private static func line(_ message: JSON) -> ByteBuffer {
        var bytes = message.bytes()
        bytes.append(contentsOf: "\r\n".utf8)
        return ByteBuffer(bytes: bytes)
    }

    /// Turns the connection into a container's stdio until its output ends or the client is gone.
    ///
    /// The client's end of input closes the process's input and nothing else. Input that nobody wants any more is
    /// the server's to read away, so that the connection ends in order.
    func attach(_ attachment: Attachment, input: Bool) async throws {
        defer { attachment.output.cancel() }
        let raw = try await responder.hijack(contentType: streamType(isTerminal: attachment.isTerminal))
        await join(attachment, input: input, over: raw) { framed($0, isTerminal: attachment.isTerminal) }
    }

    /// The same over a WebSocket, where all output comes as it is: its frames name no stream.
    func attachWebSocket(_ attachment: Attachment, input: Bool) async throws {
        defer { attachment.output.cancel() }
        let socket = try await responder.upgradeToWebSocket()
        // Read in any case: a client says in a frame that it goes.
        let reading =
            input
            ? attachment
            : Attachment(
                output: attachment.output, write: { _ in }, closeInput: {}, isTerminal: attachment.isTerminal)
        await join(reading, input: true, over: socket, \.bytes)
        await socket.close()
    }

    private func join(
        _ attachment: Attachment, input: Bool, over raw: any RawConnection, _ encode: (OutputChunk) -> ByteBuffer
    ) async {
        let isOver = Latch()
        let reading = Task {
            guard input else { return }
            do {
                while !isOver.isOpen, let part = try await raw.read() { try await attachment.write(part) }
            } catch {
                log.debug("input ended", metadata: ["error": "\(error)"])
            }
            if !isOver.isOpen { await attachment.closeInput() }
        }
        let watching = Task {
            await raw.closed()
            if !Task.isCancelled { attachment.output.cancel() }
        }
        defer {
            isOver.open()
            reading.cancel()
            watching.cancel()
        }
        do {
            while let chunk = try await attachment.output.next() {
                try await raw.write(encode(chunk))
            }
        } catch {
            log.debug("output ended", metadata: ["error": "\(error)"])
        }
    }
}
