import NIOCore
import Wire

/// The sending side of one tree: names what there is, and answers with the content that is asked for meanwhile.
package struct FileSender: Sendable {
    private enum Limit {
        /// Names that travel together.
        static let names = 128
    }

    private let walk: TreeWalk
    private let stream: GRPCStream

    package init(_ walk: TreeWalk, _ stream: GRPCStream) {
        self.walk = walk
        self.stream = stream
    }

    /// Ends when the receiver has all that it wants; the stream stays open.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await nameAll()
                return false
            }
            group.addTask {
                try await answer()
                return true
            }
            for try await isOver in group where isOver { break }
            group.cancelAll()
        }
    }

    private func nameAll() async throws {
        while true {
            let found = try await onPool { try walk.next(atMost: Limit.names) }
            if found.isEmpty { break }
            try await stream.send(all: found.map { FilePacket(.status, status: $0).bytes })
        }
        try await stream.send(FilePacket(.status).bytes)
    }

    private func answer() async throws {
        while let message = try await stream.receive() {
            let packet = try FilePacket(message.readableBytesView)
            switch packet.kind {
            case .request: try await send(packet.id)
            case .end: return try await stream.send(FilePacket(.end).bytes)
            case .failure:
                throw FileSyncFault("error from receiver: \(String(decoding: packet.data, as: UTF8.self))")
            case .status, .data: throw FileSyncFault("the receiver sends files")
            }
        }
        throw FileSyncFault("the receiver ended in the middle")
    }

    private func send(_ number: UInt32) async throws {
        guard let file = try await onPool({ try walk.open(number) }) else {
            throw FileSyncFault("invalid file id \(number)")
        }
        var isOver = false
        while !isOver {
            let piece = try await onPool { try file.read(atMost: FileSyncLimit.piece) }
            isOver = piece.isLast
            var packets: [FilePacket] = []
            if !piece.bytes.isEmpty { packets.append(FilePacket(.data, id: number, data: piece.bytes)) }
            if isOver { packets.append(FilePacket(.data, id: number)) }
            try await stream.send(all: packets.map(\.bytes))
        }
    }
}
