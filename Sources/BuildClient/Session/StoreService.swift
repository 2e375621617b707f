import BuildProtocol
import CLinux
import CommandLine
import Crypto
import Fault
import Linux
import OCI
import NIOCore
import Protobuf
import Wire

/// Folders of content by digest, in OCI's layout (containerd's content service): caches that travel, images in folders.
struct StoreService: SessionService {
    private static let service = "/containerd.services.content.v1.Content/"
    let methods = ["Info", "Read", "Write"].map { service + $0 }
    /// Paths of folders, by the names that the daemon uses.
    let folders: [String: String]

    private enum Limit {
        /// Bytes of one answer.
        static let piece = 1 << 20
    }

    private enum Action { static let status: Int64 = 0, write: Int64 = 1, commit: Int64 = 2 }

    func answer(_ call: GRPCStream) async throws {
        let name = call.values("buildkit-attachable-store-id").first ?? ""
        guard let folder = folders[name] else { throw GRPCStatus(.notFound, "no store of the name \(name)") }
        do {
            switch call.path.dropFirst(Self.service.count) {
            case "Info": try await info(call, folder)
            case "Read": try await read(call, folder)
            default: try await write(call, folder)
            }
        } catch let error as KernelError {
            throw GRPCStatus(error.errno == ENOENT ? .notFound : .unknown, "\(error)")
        } catch let fault as Fault {
            throw GRPCStatus(.unknown, fault.message)
        }
    }

    private static func path(_ digest: String, in folder: String) throws -> String {
        guard let digest = try? Digest(parsing: digest) else {
            throw GRPCStatus(.invalidArgument, "invalid digest \(digest)")
        }
        return "\(folder)/blobs/sha256/\(digest.hex)"
    }

    private func info(_ call: GRPCStream, _ folder: String) async throws {
        let digest = try await call.request().text(1)
        let file = try OwnedDescriptor.open(try Self.path(digest, in: folder), O_RDONLY)
        let size = Int64(try file.status().st_size)
        try await call.send(
            ProtobufWriter.message { answer in
                answer.message(1) { info in
                    info.text(1, digest)
                    info.number(2, size)
                }
            })
    }

    private func read(_ call: GRPCStream, _ folder: String) async throws {
        let request = try await call.request()
        let file = try OwnedDescriptor.open(try Self.path(request.text(1), in: folder), O_RDONLY)
        var offset = request.integer(2)
        let end = request.integer(3) > 0 ? offset + request.integer(3) : .max
        while offset < end {
            let (place, count) = (offset, min(Limit.piece, Int(clamping: end - offset)))
            let piece = try await onPool {
                var bytes = [UInt8](repeating: 0, count: count)
                let got = try kernel("read", folder) { pread(file.raw, &bytes, count, off_t(place)) }
                return Array(bytes[..<got])
            }
            if piece.isEmpty { return }
            try await call.send(
                ProtobufWriter.message { answer in
                    answer.number(1, place)
                    answer.bytes(2, piece)
                })
            offset += Int64(piece.count)
        }
    }

    /// A blob lies under its digest when it is whole and is what it says.
    private func write(_ call: GRPCStream, _ folder: String) async throws {
        var blob: IncomingBlob?
        defer { blob?.drop() }
        while let message = try await call.receive() {
            let request = try ProtobufFields(message.readableBytesView)
            let action = request.integer(1)
            if blob == nil {
                let path = try Self.path(request.text(4), in: folder)
                if access(path, F_OK) == 0 { throw GRPCStatus(.alreadyExists, "content \(request.text(4))") }
                blob = try await onPool { try IncomingBlob(path) }
            }
            guard let blob else { return }
            let data = request.bytes(6)
            let digest = request.text(4)
            if !data.isEmpty { try await onPool { try blob.append(data) } }
            if action == Action.commit { try await onPool { try blob.keep(as: digest) } }
            let size = blob.size
            try await call.send(
                ProtobufWriter.message { answer in
                    answer.number(1, action)
                    answer.number(4, size)
                    if action == Action.commit { answer.text(6, digest) }
                })
        }
    }
}

/// Content that comes in beside its place.
private final class IncomingBlob: @unchecked Sendable {
    // Unchecked: one task, which waits for each call's end.
    private let path: String
    private let temporary: String
    private let file: OwnedDescriptor
    private var hasher = SHA256()
    private var isKept = false
    private(set) var size: Int64 = 0

    init(_ path: String) throws {
        self.path = path
        try WholeFile.makeFolders(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]), mode: 0o755)
        temporary = "\(path).\(UInt32.random(in: 0 ... .max)).new"
        file = try OwnedDescriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o644)
    }

    func append(_ bytes: [UInt8]) throws {
        try file.writeAll(bytes, subject: temporary)
        hasher.update(data: bytes)
        size += Int64(bytes.count)
    }

    func keep(as digest: String) throws {
        guard "\(Digest(hash: hasher.finalize()))" == digest else {
            throw GRPCStatus(.failedPrecondition, "unexpected commit digest, expected \(digest)")
        }
        try kernel("fsync", temporary) { fsync(file.raw) }
        try kernel("rename", path) { rename(temporary, path) }
        isKept = true
    }

    func drop() { if !isKept { _ = unlink(temporary) } }
}
