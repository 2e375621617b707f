import CLinux
import Fault
import Linux
import NIOCore
import NIOHTTP1
import NIOPosix
import Wire

/// Blobs to those who pull, whole or in ranges.
struct BlobAnswers: Sendable {
    /// Bytes that are read and sent in one go.
    private static let pieceBytes = 512 << 10

    let store: RegistryStore

    func get(_ repository: String, _ digest: String, _ request: HTTPRequest, _ responder: any HTTPResponder)
        async throws
    {
        guard let name = ContentName(digest) else { throw RegistryRefusal.noDigest(digest) }
        guard let path = store.blob(name, in: repository), let size = RegistryFolders.size(path) else {
            throw RegistryRefusal.noBlob(name, in: repository)
        }
        var headers = HTTPHeaders([
            ("Content-Type", "application/octet-stream"), ("Docker-Content-Digest", name.description),
            ("ETag", "\"\(name)\""), ("Accept-Ranges", "bytes"), ("Cache-Control", "max-age=31536000"),
        ])
        var status = HTTPResponseStatus.ok
        var range: Range<Int64> = 0..<size
        switch ByteRange.asked(request.headers.first(name: "range"), of: size) {
        case .all: break
        case .part(let part):
            status = .partialContent
            range = Range(part)
            headers.add(name: "Content-Range", value: "bytes \(part.lowerBound)-\(part.upperBound)/\(size)")
        case .nothing:
            headers.add(name: "Content-Range", value: "bytes */\(size)")
            throw RegistryRefusal(
                .rangeNotSatisfiable, .sizeInvalid, "blob \(name) has \(size) bytes, none in the range asked for",
                headers)
        }
        headers.add(name: "Content-Length", value: "\(range.count)")
        try await responder.head(status, headers)
        if request.method != .HEAD {
            let file = try OwnedDescriptor.open(path, O_RDONLY)
            while !range.isEmpty {
                let piece = try await Self.piece(file, path, range)
                try await responder.write(piece)
                range = (range.lowerBound + Int64(piece.readableBytes))..<range.upperBound
            }
        }
        try await responder.end()
    }

    /// The range's first bytes.
    private static func piece(_ file: OwnedDescriptor, _ path: String, _ range: Range<Int64>) async throws -> ByteBuffer
    {
        try await NIOThreadPool.singleton.runIfActive {
            var buffer = ByteBuffer()
            let wanted = min(pieceBytes, range.count)
            let count = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { space in
                try kernel("pread", path) { pread(file.raw, space.baseAddress, wanted, off_t(range.lowerBound)) }
            }
            guard count > 0 else { throw Fault(.internalFault, "\(path) is shorter than it was") }
            return buffer
        }
    }

    func delete(_ repository: String, _ digest: String, _ responder: any HTTPResponder) async throws {
        guard let name = ContentName(digest) else { throw RegistryRefusal.noDigest(digest) }
        guard store.removeBlob(name, in: repository) else { throw RegistryRefusal.noBlob(name, in: repository) }
        try await responder.send(.accepted, HTTPHeaders(), ByteBuffer())
    }
}
