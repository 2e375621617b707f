import JSON
import NIOCore
import NIOHPACK
import NIOHTTP2

enum GRPCLimit {
    /// The longest message that is read, in bytes: containerd's and BuildKit's own limit.
    static let messageBytes = 16 << 20
    /// Calls that one connection may have open.
    static let streams = 1_000
    /// Pings and settings that the other side may send in a second.
    static let controlFrames = 20_000
    /// Bytes of a stream that may be under way before they are read.
    static let window = 1 << 20
}

/// The event loop's side of one call: takes its messages apart. It reads ahead as far as a window holds: what a
/// server says last may be followed at once by the stream's reset, which takes along what wasn't read.
final class GRPCInlet: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload

    /// Called with the request's headers, in a server.
    private let began: ((HPACKHeaders) -> Void)?
    private let gone: Latch
    private var pending = ByteBuffer()
    private var hasEnded = false
    private var failure: (any Error)?
    private var reader: EventLoopPromise<[ByteBuffer]>?
    private var hasHeaders = false
    private let channel: any Channel

    init(_ channel: any Channel, gone: Latch, began: ((HPACKHeaders) -> Void)?) {
        self.channel = channel
        self.gone = gone
        self.began = began
    }

    /// All messages that are here, at least one; none at the end.
    func read(_ promise: EventLoopPromise<[ByteBuffer]>) {
        reader?.fail(CancellationError())
        reader = promise
        deliver()
        readOn()
    }

    private func readOn() {
        if !hasEnded, reader != nil || pending.readableBytes < GRPCLimit.window { channel.read() }
    }

    func cancelReader() {
        reader?.fail(CancellationError())
        reader = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        readOn()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let frame):
            if !hasHeaders {
                hasHeaders = true
                began?(frame.headers)
            }
            if began == nil { outcome(frame.headers) }
            if frame.endStream { end() }
        case .data(let frame):
            if case .byteBuffer(var bytes) = frame.data { pending.writeBuffer(&bytes) }
            if frame.endStream { end() } else { deliver() }
        default: break
        }
    }

    /// The status of an answer, from its trailers or from its only headers.
    private func outcome(_ headers: HPACKHeaders) {
        if let code = headers.first(name: "grpc-status").flatMap({ Int($0) }) {
            guard code != 0 else { return }
            var status = GRPCStatus(
                GRPCStatus.Code(rawValue: code) ?? .unknown,
                GRPCStatus.decode(headers.first(name: "grpc-message") ?? ""))
            if let text = headers.first(name: "grpc-status-details-bin"), let bytes = decodeBase64(text),
                let whole = try? GRPCStatus(bytes)
            {
                status.details = whole.details
            }
            failure = failure ?? status
        } else if let code = headers.first(name: ":status"), code != "200" {
            failure = failure ?? GRPCStatus(.unknown, "unexpected HTTP status code: \(code)")
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        readOn()
        context.fireChannelReadComplete()
    }

    private func deliver() {
        guard let promise = reader else { return }
        do {
            let messages = try allMessages()
            if !messages.isEmpty {
                reader = nil
                promise.succeed(messages)
            } else if hasEnded {
                reader = nil
                if let failure { return promise.fail(failure) }
                if pending.readableBytes > 0 {
                    return promise.fail(GRPCStatus(.internalFault, "the call ended inside a message"))
                }
                promise.succeed([])
            }
        } catch {
            reader = nil
            failure = error
            promise.fail(error)
            channel.close(promise: nil)
        }
    }

    private func allMessages() throws -> [ByteBuffer] {
        var messages: [ByteBuffer] = []
        while let message = try nextMessage() { messages.append(message) }
        if pending.readableBytes == 0 { pending = ByteBuffer() } else { pending.discardReadBytes() }
        return messages
    }

    /// A flag that says whether it is compressed, four bytes of length, and so many bytes.
    private func nextMessage() throws -> ByteBuffer? {
        let start = pending.readerIndex
        guard let flag = pending.getInteger(at: start, as: UInt8.self),
            let length = pending.getInteger(at: start + 1, as: UInt32.self)
        else { return nil }
        guard flag == 0 else { throw GRPCStatus(.unimplemented, "compressed messages are not accepted") }
        guard length <= GRPCLimit.messageBytes else {
            throw GRPCStatus(
                .resourceExhausted, "received message larger than max (\(length) vs. \(GRPCLimit.messageBytes))")
        }
        guard pending.readableBytes >= 5 + Int(length) else { return nil }
        pending.moveReaderIndex(forwardBy: 5)
        return pending.readSlice(length: Int(length))
    }

    private func end() {
        hasEnded = true
        deliver()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !hasEnded { failure = failure ?? GRPCStatus(.unavailable, "the connection was closed") }
        end()
        gone.open()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset behind the last word takes nothing back.
        if !hasEnded { failure = failure ?? GRPCStatus(.unavailable, "the call was broken off: \(error)") }
        end()
        context.close(promise: nil)
    }
}
