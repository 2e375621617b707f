import CLinux
import Fault
import Linux
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// Blobs that are on their way: files that grow, each written by one request at a time. They outlive the process; what
/// nobody goes on with for a day goes when the next upload to its repository begins.
final class BlobUploads: Sendable {
    private struct State {
        var busy: Set<String> = []
        /// Of uploads that this process has seen from their first byte.
        var hashes: [String: ContentHash] = [:]
    }

    private static let patience: Int = 24 * 3_600
    private static let idDigits = 32

    private let folders: RegistryFolders
    private let state = NIOLockedValueBox(State())

    init(_ folders: RegistryFolders) { self.folders = folders }

    /// - Returns: the new upload's ID.
    func begin(in repository: String, by algorithm: ContentName.Algorithm) throws -> String {
        let folder = folders.uploads(repository)
        try RegistryFolders.make(folder)
        sweep(folder)
        let id = (0..<2).map { _ in
            let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        let path = "\(folder)/\(id)"
        _ = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        state.withLockedValue { $0.hashes[id] = ContentHash(algorithm) }
        return id
    }

    private func sweep(_ folder: String) {
        for name in RegistryFolders.names(in: folder) {
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0, time(nil) - status.st_mtim.tv_sec > Self.patience else {
                continue
            }
            _ = unlink("\(folder)/\(name)")
            state.withLockedValue { $0.hashes[name] = nil }
        }
    }

    private func file(_ id: String, in repository: String) throws(RegistryRefusal) -> String {
        guard id.utf8.count == Self.idDigits,
            id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw .noUpload(String(id.prefix(100))) }
        return "\(folders.uploads(repository))/\(id)"
    }

    /// Bytes that have come.
    func size(_ id: String, in repository: String) throws(RegistryRefusal) -> Int64 {
        guard let size = RegistryFolders.size(try file(id, in: repository)) else { throw .noUpload(id) }
        return size
    }

    func cancel(_ id: String, in repository: String) throws(RegistryRefusal) {
        guard unlink(try file(id, in: repository)) == 0 else { throw .noUpload(id) }
        state.withLockedValue { $0.hashes[id] = nil }
    }

    /// Runs `body` alone on the upload. Throws 409 when another request writes to it.
    func holding<T>(_ id: String, _ body: () async throws -> T) async throws -> T {
        guard state.withLockedValue({ $0.busy.insert(id).inserted }) else {
            throw RegistryRefusal(.conflict, .blobUploadInvalid, "another request is writing to upload \(id)")
        }
        defer { state.withLockedValue { _ = $0.busy.remove(id) } }
        return try await body()
    }

    /// Appends a body. What came of a body that breaks off stays, and the client may go on from there.
    /// - Returns: how many bytes have come in all.
    func append(
        _ id: String, in repository: String, _ next: @Sendable () async throws -> ByteBuffer?
    ) async throws -> Int64 {
        let path = try file(id, in: repository)
        guard let before = RegistryFolders.size(path) else { throw RegistryRefusal.noUpload(id) }
        let target = try OwnedDescriptor.open(path, O_WRONLY | O_APPEND)
        var size = before
        while let part = try await next() {
            // Taken away, so that a write that fails half-way leaves none that is wrong.
            let hash = state.withLockedValue { $0.hashes.removeValue(forKey: id) }
            let grown = try await NIOThreadPool.singleton.runIfActive {
                try target.writeAll(part.readableBytesView, subject: path)
                var hash = hash
                part.withUnsafeReadableBytes { hash?.update($0) }
                return hash
            }
            state.withLockedValue { $0.hashes[id] = grown }
            size += Int64(part.readableBytes)
        }
        return size
    }

    /// Checks what has come against its digest and syncs it.
    /// - Returns: the file, to be adopted. Throws 400 and forgets the upload when it is something else.
    func complete(_ id: String, in repository: String, as name: ContentName) async throws -> String {
        let path = try file(id, in: repository)
        let known = state.withLockedValue { $0.hashes.removeValue(forKey: id) }
        let actual = try await NIOThreadPool.singleton.runIfActive {
            let file = try OwnedDescriptor.open(path, O_RDWR)
            try kernel("fsync", path) { fsync(file.raw) }
            if let known, known.name.algorithm == name.algorithm { return known.name }
            return try Self.hash(file, path, by: name.algorithm)
        }
        guard actual == name else {
            _ = unlink(path)
            throw RegistryRefusal(
                .badRequest, .digestInvalid, "what was uploaded has the digest \(actual), not \(name); upload it anew")
        }
        return path
    }

    private static func hash(_ file: OwnedDescriptor, _ path: String, by algorithm: ContentName.Algorithm)
        throws(KernelError) -> ContentName
    {
        var hash = ContentHash(algorithm)
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        var offset: off_t = 0
        while true {
            let count = try kernel("pread", path) { pread(file.raw, &piece, piece.count, offset) }
            if count == 0 { return hash.name }
            piece.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            offset += off_t(count)
        }
    }
}
