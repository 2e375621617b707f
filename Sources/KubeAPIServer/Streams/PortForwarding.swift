import JSON
import KubeModel
import NIOCore
import Wire

/// Ports of a pod, carried to a client: by SPDY a pair of streams for each connection (one for data, one for what goes
/// wrong), by the channel protocol two channels for each port.
struct PortForwarding: Sendable {
    let pod: JSON
    let node: any NodeInterface

    init(pod: JSON, node: any NodeInterface) {
        self.pod = pod
        self.node = node
    }

    func serve(_ connection: SPDYConnection) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await connection.run() }
            // A pair's streams may come in either order; they share a request ID.
            var waiting: [String: SPDYStream] = [:]
            for await stream in connection.opened {
                let id = stream.headers["requestid"] ?? ""
                guard let other = waiting.removeValue(forKey: id) else {
                    waiting[id] = stream
                    continue
                }
                let isData = stream.headers["streamtype"] == "data"
                let (data, failures) = isData ? (stream, other) : (other, stream)
                group.addTask { await carry(data, failures) }
            }
            group.cancelAll()
        }
    }

    private func carry(_ data: SPDYStream, _ failures: SPDYStream) async {
        let port = Int(data.headers["port"] ?? "") ?? 0
        do throws(APIStatus) {
            guard (1...65_535).contains(port) else { throw .badRequest("\"\(port)\" is not a valid port") }
            try await node.forward(to: pod, port: port, data)
        } catch {
            let name = pod["metadata"]["name"].string ?? ""
            try? await failures.write(
                ByteBuffer(string: "error forwarding port \(port) to pod \(name): \(error.message)"))
        }
        await data.close()
        await failures.close()
    }

    func serve(_ socket: WebSocketMessages, _ name: String, _ ports: [Int]) async {
        let streams = SocketStreams(socket, name)
        let lanes = ports.map { _ in BoundedInbox<ByteBuffer>(limit: 64) }
        await withTaskGroup(of: Void.self) { group in
            for (index, port) in ports.enumerated() {
                // Each channel's first message is its port, low byte first.
                let mark = ByteBuffer(bytes: [UInt8(port & 255), UInt8(port >> 8)])
                for channel in [2 * index, 2 * index + 1] { try? await streams.send(UInt8(channel), mark) }
                let lane = SocketLane(streams: streams, channel: UInt8(2 * index), inbox: lanes[index])
                group.addTask {
                    do throws(APIStatus) { try await node.forward(to: pod, port: port, lane) } catch {
                        try? await streams.send(UInt8(2 * index + 1), ByteBuffer(string: error.message))
                    }
                }
            }
            while var message = try? await socket.read() {
                guard let channel = message.readInteger(as: UInt8.self), channel % 2 == 0,
                    Int(channel / 2) < lanes.count
                else { continue }
                await lanes[Int(channel / 2)].put(message)
            }
            for lane in lanes { lane.end() }
            group.cancelAll()
        }
        await socket.close()
    }
}

/// One port's channel of a WebSocket as a connection.
private struct SocketLane: RawConnection {
    let streams: SocketStreams
    let channel: UInt8
    let inbox: BoundedInbox<ByteBuffer>

    func read() async throws -> ByteBuffer? { await inbox.take() }
    func write(_ bytes: ByteBuffer) async throws { try await streams.send(channel, bytes) }
    func closeWrite() async {}
    func close() async { inbox.end() }
    func closed() async {}
}

/// A WebSocket that carries the bytes of another protocol in its messages.
struct SocketTunnel: RawConnection {
    private let socket: WebSocketMessages

    init(_ socket: WebSocketMessages) { self.socket = socket }

    func read() async throws -> ByteBuffer? { try await socket.read() }
    func write(_ bytes: ByteBuffer) async throws { try await socket.write(bytes) }
    func closeWrite() async {}
    func close() async { await socket.close() }
    func closed() async {}
}
