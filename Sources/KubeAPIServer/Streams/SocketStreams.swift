import JSON
import KubeModel
import NIOCore
import Wire

/// Kubernetes' channels over a WebSocket: each message begins with a channel's number (`v4.channel.k8s.io`,
/// `v5.channel.k8s.io`, which can close one channel, the base64 form of v4, and those of old, which tell of a failure
/// in words only).
package struct SocketStreams: CommandStreams {
    package enum Channel {
        package static let input: UInt8 = 0, output: UInt8 = 1, error: UInt8 = 2, status: UInt8 = 3, size: UInt8 = 4
        /// v5: the next byte's channel has ended.
        package static let close: UInt8 = 255
    }

    /// What we speak, the best first.
    package static let protocols = [
        "v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io",
    ]

    private let socket: WebSocketMessages
    private let isBase64: Bool
    /// The end is told by a status, also a good one.
    private let tellsStatus: Bool
    private let input: BoundedInbox<ByteBuffer>
    private let sizes: BoundedInbox<TerminalSize>

    /// - Parameter name: "" for clients that chose none, who are spoken to by `channel.k8s.io`.
    package init(_ socket: WebSocketMessages, _ name: String) {
        self.socket = socket
        isBase64 = name.contains("base64")
        tellsStatus = name.hasPrefix("v")
        input = BoundedInbox(limit: 64)
        sizes = BoundedInbox(limit: 16)
    }

    /// Sorts the client's messages until it goes; to be run beside the command.
    package func run() async {
        defer {
            input.end()
            sizes.end()
        }
        while var message = try? await socket.read() {
            guard var channel = message.readInteger(as: UInt8.self) else { continue }
            if isBase64 {
                channel &-= UInt8(ascii: "0")
                guard let bytes = decodeBase64(String(buffer: message)) else { return }
                message = ByteBuffer(bytes: bytes)
            }
            switch channel {
            case Channel.input: if message.readableBytes > 0 { await input.put(message) }
            case Channel.size: if let size = TerminalSize(message) { await sizes.put(size) }
            case Channel.close: if message.readInteger(as: UInt8.self) == Channel.input { input.end() }
            default: break
            }
        }
    }

    package func readInput() async throws -> ByteBuffer? { await input.take() }
    package func nextSize() async -> TerminalSize? { await sizes.take() }
    package func writeOutput(_ bytes: ByteBuffer) async throws { try await send(Channel.output, bytes) }
    package func writeError(_ bytes: ByteBuffer) async throws { try await send(Channel.error, bytes) }

    package func finish(_ end: CommandEnd) async {
        let status = end.status
        if tellsStatus {
            try? await send(Channel.status, ByteBuffer(bytes: status.bytes()))
        } else if status["status"] != "Success" {
            try? await send(Channel.status, ByteBuffer(string: status["message"].string ?? ""))
        }
        await socket.close()
    }

    package func send(_ channel: UInt8, _ bytes: ByteBuffer) async throws {
        var message = ByteBuffer()
        if isBase64 {
            message.writeInteger(channel + UInt8(ascii: "0"))
            message.writeString(encodeBase64(Array(bytes.readableBytesView)))
        } else {
            message.writeInteger(channel)
            message.writeImmutableBuffer(bytes)
        }
        try await socket.write(message, isText: isBase64)
    }
}
