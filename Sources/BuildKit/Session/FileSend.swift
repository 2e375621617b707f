import BuildProtocol
import Fault
import Linux
import NIOCore
import Protobuf
import Wire

/// What a build gives to its client's disk.
extension Session {
    static let send = "/moby.filesync.v1.FileSend/DiffCopy"

    private func begin(_ output: Int, _ metadata: [(name: String, value: String)] = []) async throws -> GRPCStream {
        guard supports(Self.send) else { throw Fault(.invalid, "method \(Self.send) not supported by the client") }
        return try await connection.call(
            Self.send,
            metadata: metadata + [
                ("buildkit-attachable-exporter-id", "\(output)"), ("buildkit-exporter-multi-platform", "1"),
            ])
    }

    /// One file, piece by piece.
    func sendFile(_ output: Int, facts: [String: String], _ next: () async throws -> ByteBuffer?) async throws {
        let stream = try await begin(output, facts.map { ("exporter-md-" + $0.key, $0.value) })
        defer { stream.cancel() }
        while var piece = try await next() {
            while let part = piece.readSlice(length: min(piece.readableBytes, 1 << 20)), part.readableBytes > 0 {
                try await stream.send(ProtobufWriter.message { $0.bytes(1, part.readableBytesView) })
            }
        }
        try? await stream.closeSend()
        // The client has it on its disk when it ends.
        while try await stream.receive() != nil {}
    }

    /// Whole trees, each below a name ("" for the top).
    func sendTrees(_ output: Int, _ trees: [(name: String, root: SafeRoot)]) async throws {
        let stream = try await begin(output)
        defer { stream.cancel() }
        do {
            try await FileSender(TreeWalk(trees), stream).run()
        } catch let fault as FileSyncFault {
            throw Fault(.invalid, fault.description, cause: fault)
        }
        try? await stream.closeSend()
        while try await stream.receive() != nil {}
    }
}
