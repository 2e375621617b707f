import Engine
import Fault
import NIOCore
import OCI
import Registry

/// Where content goes and comes from: a registry's repository, or a store of the client's.
enum ContentPlace: Sendable {
    case registry(Reference, Credentials?, Engine)
    case client(ClientStore)

    /// Content from an offset on, piece by piece.
    typealias Pieces = @Sendable () async throws -> ByteBuffer?

    /// - Parameter source: content from an offset on.
    func put(_ blob: Descriptor, from source: @escaping @Sendable (Int64) async throws -> Pieces) async throws {
        switch self {
        case .registry(let reference, let credentials, let engine):
            _ = try await engine.registry.push(
                blob, to: reference, siblings: [], credentials, source: { try await source($0) }, progress: { _ in })
        case .client(let store):
            let next = try await source(0)
            try await store.put(blob) { try await next() }
        }
    }

    func put(_ blob: Descriptor, _ bytes: [UInt8]) async throws {
        try await put(blob, from: { offset in RegistryClient.source(bytes, from: offset) })
    }

    /// Under its digest, or under the reference's tag when it is the top.
    func put(manifest bytes: [UInt8], mediaType: String, isTop: Bool) async throws -> Descriptor {
        let descriptor = Descriptor(mediaType: mediaType, digest: Digest(of: bytes), size: Int64(bytes.count))
        switch self {
        case .registry(let reference, let credentials, let engine):
            let name = isTop ? reference : reference.withoutTag.at(descriptor.digest)
            _ = try await engine.registry.putManifest(bytes, mediaType: mediaType, as: name, credentials)
        case .client: try await put(descriptor, bytes)
        }
        return descriptor
    }

    /// Throws when it is larger than `limit` or not what its digest says.
    func content(_ blob: Descriptor, limit: Int) async throws -> [UInt8] {
        switch self {
        case .registry(let reference, let credentials, let engine):
            return try await engine.registry.content(blob, of: reference, limit: limit, credentials)
        case .client(let store):
            let next = try await store.read(blob.digest)
            var whole = ByteBuffer()
            while var piece = try await next() {
                guard whole.readableBytes + piece.readableBytes <= limit else {
                    throw Fault(.invalid, "\(blob.digest) is larger than \(limit) bytes")
                }
                whole.writeBuffer(&piece)
            }
            let bytes = Array(whole.readableBytesView)
            guard Digest(of: bytes) == blob.digest else {
                throw Fault(.invalid, "\(blob.digest) of the client's store is something else")
            }
            return bytes
        }
    }

    /// As it comes, from the beginning or from the place where an earlier attempt ended.
    func read(_ blob: Descriptor, from offset: Int64) async throws -> Pieces {
        switch self {
        case .registry(let reference, let credentials, let engine):
            return try await engine.registry.blob(blob, of: reference, from: offset, credentials)
        case .client(let store):
            let next = try await store.read(blob.digest)
            let left = SkippedBytes(offset)
            return {
                while let piece = try await next() { if let rest = left.rest(of: piece) { return rest } }
                return nil
            }
        }
    }
}

private final class SkippedBytes: @unchecked Sendable {
    // Unchecked: one reader, piece after piece.
    private var left: Int64
    init(_ left: Int64) { self.left = left }

    func rest(of piece: ByteBuffer) -> ByteBuffer? {
        var piece = piece
        let count = min(Int64(piece.readableBytes), left)
        left -= count
        piece.moveReaderIndex(forwardBy: Int(count))
        return piece.readableBytes > 0 ? piece : nil
    }
}
