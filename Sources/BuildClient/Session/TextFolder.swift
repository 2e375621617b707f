import BuildProtocol
import NIOCore
import Wire

/// A folder of files from memory, as the file protocol's sender: a Dockerfile from standard input, or nothing at all.
struct TextFolder: Sendable {
    /// In the order of their names.
    private let files: [(name: String, content: [UInt8])]

    init(_ files: [String: [UInt8]]) {
        self.files = files.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Ends when the receiver has all that it wants.
    func send(over stream: GRPCStream) async throws {
        var packets = files.map { file in
            var status = FileStatus()
            status.path = file.name
            status.mode = 0o644
            status.size = Int64(file.content.count)
            return FilePacket(.status, status: status)
        }
        packets.append(FilePacket(.status))
        try await stream.send(all: packets.map(\.bytes))
        while let message = try await stream.receive() {
            let packet = try FilePacket(message.readableBytesView)
            switch packet.kind {
            case .request:
                guard files.indices.contains(Int(packet.id)) else {
                    throw FileSyncFault("invalid file id \(packet.id)")
                }
                let content = files[Int(packet.id)].content
                for start in stride(from: 0, to: content.count, by: FileSyncLimit.piece) {
                    let piece = content[start..<min(content.count, start + FileSyncLimit.piece)]
                    try await stream.send(FilePacket(.data, id: packet.id, data: Array(piece)).bytes)
                }
                try await stream.send(FilePacket(.data, id: packet.id).bytes)
            case .end: return try await stream.send(FilePacket(.end).bytes)
            case .failure:
                throw FileSyncFault("error from receiver: \(String(decoding: packet.data, as: UTF8.self))")
            case .status, .data: throw FileSyncFault("the receiver sends files")
            }
        }
    }
}
