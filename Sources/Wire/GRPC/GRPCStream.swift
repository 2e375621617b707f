import JSON
import NIOConcurrencyHelpers
import NIOCore
import NIOHPACK
import NIOHTTP2

/// One call, as messages both ways. One reader at a time; a reader may run beside writers.
package final class GRPCStream: Sendable {
    /// `/package.Service/Method`.
    package let path: String
    /// What came with the call, names in lower case.
    package let metadata: [(name: String, value: String)]
    private let channel: any Channel
    private let inlet: NIOLoopBound<GRPCInlet>
    private let gone: Latch
    private let isServer: Bool
    private let hasAnswered = NIOLockedValueBox(false)
    /// Here already, and not asked for.
    private let waiting = NIOLockedValueBox<ArraySlice<ByteBuffer>>([])

    init(
        _ channel: any Channel, _ inlet: GRPCInlet, path: String, metadata: [(name: String, value: String)],
        gone: Latch, isServer: Bool
    ) {
        self.channel = channel
        self.inlet = NIOLoopBound(inlet, eventLoop: channel.eventLoop)
        self.path = path
        self.metadata = metadata
        self.gone = gone
        self.isServer = isServer
    }

    /// All values under the name.
    package func values(_ name: String) -> [String] { metadata.filter { $0.name == name }.map(\.value) }

    /// The next message; nil when the other side has said its last. Throws a `GRPCStatus` when the call failed there.
    package func receive() async throws -> ByteBuffer? {
        if let message = waiting.withLockedValue({ $0.popFirst() }) { return message }
        let messages = try await receiveAll()
        waiting.withLockedValue { $0 = messages.dropFirst() }
        return messages.first
    }

    /// The messages that are here, at least one; none when the other side has said its last.
    package func receiveAll() async throws -> [ByteBuffer] {
        let left = waiting.withLockedValue { waiting in
            defer { waiting = [] }
            return waiting
        }
        if !left.isEmpty { return Array(left) }
        let promise = channel.eventLoop.makePromise(of: [ByteBuffer].self)
        return try await withTaskCancellationHandler {
            channel.eventLoop.runNow { [inlet] in inlet.value.read(promise) }
            return try await promise.futureResult.get()
        } onCancel: {
            channel.eventLoop.execute { [inlet] in inlet.value.cancelReader() }
        }
    }

    /// Ends when the message is on its way: a slow reader slows its writer.
    package func send(_ message: [UInt8]) async throws { try await send(all: [message]) }

    /// One after the other, in one go.
    package func send(all messages: [[UInt8]]) async throws {
        guard !messages.isEmpty else { return }
        var framed = ByteBuffer()
        framed.reserveCapacity(messages.reduce(0) { $0 + $1.count + 5 })
        for message in messages {
            framed.writeInteger(UInt8(0))
            framed.writeInteger(UInt32(message.count))
            framed.writeBytes(message)
        }
        try await sendFramed(framed)
    }

    private func sendFramed(_ framed: ByteBuffer) async throws {
        let payload = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(framed)))
        guard isServer, needsHead() else { return try await channel.writeAndFlush(payload) }
        let head = HTTP2Frame.FramePayload.headers(
            .init(headers: [":status": "200", "content-type": "application/grpc"]))
        let promise = channel.eventLoop.makePromise(of: Void.self)
        channel.eventLoop.runNow { [channel] in
            channel.write(head, promise: nil)
            channel.writeAndFlush(payload, promise: promise)
        }
        try await promise.futureResult.get()
    }

    /// Of a server, before its first message: the answer begins with these fields besides those that every one has.
    package func begin(_ fields: [(name: String, value: String)]) async throws {
        guard needsHead() else { return }
        var headers: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]
        for field in fields { headers.add(name: field.name, value: field.value) }
        try await channel.writeAndFlush(HTTP2Frame.FramePayload.headers(.init(headers: headers)))
    }

    private func needsHead() -> Bool {
        hasAnswered.withLockedValue { answered in
            defer { answered = true }
            return !answered
        }
    }

    /// Of a client: nothing more will be sent.
    package func closeSend() async throws {
        try await channel.writeAndFlush(
            HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true)))
    }

    /// Of a server: the last word.
    func finish(_ status: GRPCStatus) async {
        var fields = HPACKHeaders()
        if needsHead() { fields = [":status": "200", "content-type": "application/grpc"] }
        fields.add(name: "grpc-status", value: "\(status.code.rawValue)")
        if !status.message.isEmpty { fields.add(name: "grpc-message", value: GRPCStatus.encode(status.message)) }
        if !status.details.isEmpty {
            let text = encodeBase64(status.bytes).prefix { $0 != "=" }
            fields.add(name: "grpc-status-details-bin", value: String(text))
        }
        try? await channel.writeAndFlush(
            HTTP2Frame.FramePayload.headers(.init(headers: fields, endStream: true)))
        try? await channel.close()
    }

    package func cancel() { channel.close(promise: nil) }

    /// Returns when the call is over, or when the task is cancelled.
    package func closed() async { await gone.wait() }
}
