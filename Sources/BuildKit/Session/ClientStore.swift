import Fault
import NIOCore
import OCI
import Protobuf
import Wire

/// A folder of content by digests on the client's disk (containerd's content service): caches and OCI layouts.
struct ClientStore: Sendable {
    let session: Session
    let name: String

    private static let service = "/containerd.services.content.v1.Content/"
    private var metadata: [(name: String, value: String)] { [("buildkit-attachable-store-id", name)] }

    private enum Action { static let status: Int64 = 0, write: Int64 = 1, commit: Int64 = 2 }

    /// Nothing happens when it is there already.
    func put(_ blob: Descriptor, _ next: () async throws -> ByteBuffer?) async throws {
        let stream = try await session.connection.call(Self.service + "Write", metadata: metadata)
        defer { stream.cancel() }
        do {
            _ = try await ask(stream, blob, Action.status, at: 0)
            var offset: Int64 = 0
            while var piece = try await next() {
                while let part = piece.readSlice(length: min(piece.readableBytes, 1 << 20)), part.readableBytes > 0 {
                    _ = try await ask(stream, blob, Action.write, at: offset, Array(part.readableBytesView))
                    offset += Int64(part.readableBytes)
                }
            }
            _ = try await ask(stream, blob, Action.commit, at: offset)
        } catch let status as GRPCStatus where status.code == .alreadyExists {
            return
        }
        try? await stream.closeSend()
    }

    private func ask(
        _ stream: GRPCStream, _ blob: Descriptor, _ action: Int64, at offset: Int64, _ data: [UInt8] = []
    ) async throws -> ProtobufFields {
        let request = ProtobufWriter.message { request in
            request.number(1, action)
            request.text(2, "hakobune-\(blob.digest)")
            request.number(3, blob.size)
            request.text(4, "\(blob.digest)")
            request.number(5, offset)
            if !data.isEmpty { request.bytes(6, data) }
        }
        try? await stream.send(request)
        guard let answer = try await stream.receive() else {
            throw Fault(.invalid, "the client's store ended in the middle of \(blob.digest)")
        }
        return try ProtobufFields(answer.readableBytesView)
    }

    func read(_ digest: Digest) async throws -> @Sendable () async throws -> ByteBuffer? {
        let stream = try await session.connection.call(Self.service + "Read", metadata: metadata)
        try? await stream.send(ProtobufWriter.message { $0.text(1, "\(digest)") })
        try? await stream.closeSend()
        return {
            guard let message = try await stream.receive() else { return nil }
            return ByteBuffer(bytes: try ProtobufFields(message.readableBytesView).bytes(2))
        }
    }
}
