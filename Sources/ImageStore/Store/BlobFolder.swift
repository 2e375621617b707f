import CLinux
import Fault
import Linux
import NIOCore
import NIOPosix
import OCI

/// Contents as files named by their digest. A file that has its final name is complete and on the disk.
struct BlobFolder: BlobStore {
    let folders: StoreFolders

    func contains(_ digest: Digest) async throws -> Bool { try await size(of: digest) != nil }

    func size(of digest: Digest) async throws -> Int64? {
        var status = stat()
        return stat(folders.blob(digest), &status) == 0 ? Int64(status.st_size) : nil
    }

    func read(_ digest: Digest, limit: Int) async throws -> [UInt8] {
        let path = folders.blob(digest)
        return try await NIOThreadPool.singleton.runIfActive {
            do throws(KernelError) {
                return try OwnedDescriptor.open(path, O_RDONLY).readToEnd(limit: limit, subject: path)
            } catch {
                switch error.errno {
                case ENOENT: throw Fault(.notFound, "content \(digest) is not in the store")
                case EFBIG: throw Fault(.invalid, "content \(digest) is larger than \(limit) bytes")
                default: throw error
                }
            }
        }
    }

    func write(_ bytes: [UInt8], expecting digest: Digest) async throws {
        let actual = Digest(of: bytes)
        guard actual == digest else {
            throw Fault(.invalid, "content verification failed: got \(actual), want \(digest)")
        }
        guard try await size(of: digest) != Int64(bytes.count) else { return }
        let path = folders.blob(digest)
        let temporary = folders.partial(digest) + ".\(UInt32.random(in: 0...UInt32.max)).small"
        let folder = folders.blobs
        try await NIOThreadPool.singleton.runIfActive {
            do {
                let file = try OwnedDescriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
                try file.writeAll(bytes, subject: temporary)
                try kernel("fsync", temporary) { fsync(file.raw) }
                try kernel("rename", path) { rename(temporary, path) }
                try StoreFolders.sync(folder)
            } catch {
                _ = unlink(temporary)
                throw StoreError.explain(error, "writing content \(digest.short)")
            }
        }
    }

    /// Puts a verified, synced file in its place.
    func adopt(_ temporary: String, as digest: Digest) throws(KernelError) {
        let path = folders.blob(digest)
        try kernel("rename", path) { rename(temporary, path) }
        try StoreFolders.sync(folders.blobs)
    }

    func remove(_ digest: Digest) { _ = unlink(folders.blob(digest)) }
}

enum StoreError {
    /// A full disk in words that help; other errors with what was being done.
    static func explain(_ error: any Error, _ doing: @autoclosure () -> String) -> Fault {
        if let fault = error as? Fault { return fault }
        if let error = error as? KernelError, error.errno == ENOSPC || error.errno == EDQUOT {
            return Fault(
                .internalFault, "\(doing()): no space left on device. Free some, e.g. with `docker system prune`",
                cause: error)
        }
        return Fault(.internalFault, "\(doing()): \(error)", cause: error)
    }
}

extension ImageStore {
    enum ReadLimit {
        /// Bytes of a blob handed out at a time.
        static let chunk = 512 << 10
    }

    /// The blob's bytes, piece by piece; `next` gives nil at the end.
    package func readBlob(_ digest: Digest, from offset: Int64) async throws -> @Sendable () async throws -> ByteBuffer?
    {
        let path = folders.blob(digest)
        let file: OwnedDescriptor
        do throws(KernelError) {
            file = try OwnedDescriptor.open(path, O_RDONLY)
        } catch {
            throw error.errno == ENOENT
                ? Fault(.notFound, "content \(digest) is not in the store")
                : StoreError.explain(error, "reading content \(digest.short)")
        }
        let position = Position(offset)
        return {
            try await NIOThreadPool.singleton.runIfActive {
                let at = position.value
                let buffer = try Self.read(file, at: at, path)
                position.value = at + Int64(buffer?.readableBytes ?? 0)
                return buffer
            }
        }
    }

    private static func read(_ file: OwnedDescriptor, at offset: Int64, _ path: String) throws -> ByteBuffer? {
        var buffer = ByteBufferAllocator().buffer(capacity: ReadLimit.chunk)
        let count = try kernel("read", path) {
            buffer.withUnsafeMutableWritableBytes { pread(file.raw, $0.baseAddress, $0.count, off_t(offset)) }
        }
        buffer.moveWriterIndex(forwardBy: count)
        return count == 0 ? nil : buffer
    }

    /// Where a reader is; only one call of `next` runs at a time.
    private final class Position: @unchecked Sendable {
        var value: Int64
        init(_ value: Int64) { self.value = value }
    }
}
