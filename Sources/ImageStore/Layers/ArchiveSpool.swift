import CLinux
import Fault
import Linux
import NIOCore
import NIOPosix
import OCI
import Synchronization

/// An archive of images (`docker save`, OCI layout) laid out as files, so that its parts can be read in any order.
/// Its folder goes with the last reference.
package final class ArchiveSpool: Sendable {
    private let trash: Trash
    private let folder: String
    private let root: SafeRoot

    fileprivate init(folder: String, trash: Trash) throws {
        self.folder = folder
        self.trash = trash
        root = try SafeRoot(path: folder)
    }

    deinit { try? trash.discard(folder) }

    /// The member's bytes; nil when there is none. Links in the archive are followed inside it.
    package func read(_ name: String, limit: Int) throws -> [UInt8]? { try root.read(name, limit: limit) }

    /// An open member, for reading in pieces. Throws `invalid` when the archive lacks it.
    package func open(_ name: String) throws -> SpooledFile {
        do throws(KernelError) {
            let file = try root.open(name, O_RDONLY | O_NONBLOCK)
            let status = try file.status()
            guard status.st_mode & mode_t(CLinux.S_IFMT) == mode_t(CLinux.S_IFREG) else {
                throw KernelError(call: "open", subject: name, errno: EINVAL)
            }
            return SpooledFile(file: file, size: Int64(status.st_size))
        } catch {
            throw Fault(.invalid, "archive has no usable file \"\(name)\"", cause: error)
        }
    }
}

package struct SpooledFile: Sendable {
    let file: OwnedDescriptor
    package let size: Int64

    enum Limit { static let piece = 1 << 20 }

    /// The bytes from `offset` on, at most a piece of them; nil at the end.
    package func piece(at offset: Int64) async throws -> ByteBuffer? {
        try await NIOThreadPool.singleton.runIfActive { [file] in
            var buffer = ByteBufferAllocator().buffer(capacity: Limit.piece)
            let count = try kernel("read", "archive") {
                buffer.withUnsafeMutableWritableBytes { pread(file.raw, $0.baseAddress, $0.count, off_t(offset)) }
            }
            buffer.moveWriterIndex(forwardBy: count)
            return count == 0 ? nil : buffer
        }
    }

    package func digest() async throws -> Digest {
        try await NIOThreadPool.singleton.runIfActive { [file] in try FileHash.digest(of: file) }
    }
}

extension ImageStore {
    /// Lays out an archive that comes piece by piece, plain or compressed.
    package func spool(_ next: () async throws -> ByteBuffer?) async throws -> ArchiveSpool {
        let folder = "\(folders.ingest)/\(UInt64.random(in: 0...UInt64.max)).layer"
        try kernel("mkdir", folder) { mkdir(folder, 0o700) }
        let spool = try ArchiveSpool(folder: folder, trash: trash)
        let unpack = try SpoolUnpack(folder)
        let lane = SerialLane(UnpackThreads.write)
        do {
            while let piece = try await next() { try await lane.run { try unpack.take(piece) } }
            try await lane.run { try unpack.finish() }
        } catch {
            throw StoreError.explain(error, "reading the archive")
        }
        return spool
    }
}

private final class SpoolUnpack: ByteOutput, @unchecked Sendable {
    // Unchecked: its lane runs one job at a time, and nobody else calls it.
    private let decompressor = DetectingDecompressor()
    private let extractor: TarExtractor
    private let reader: TarReader
    private let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: UnpackLane.Limit.bufferBytes, alignment: 4_096)

    init(_ folder: String) throws {
        var options = TarExtractor.Options()
        options.keepOwners = false
        options.mode = 0o600
        extractor = try TarExtractor(into: folder, options)
        reader = TarReader(extractor)
    }

    deinit { memory.deallocate() }

    func room() -> UnsafeMutableRawBufferPointer { memory }
    func wrote(_ count: Int) throws { try reader.feed(UnsafeRawBufferPointer(rebasing: memory.prefix(count))) }

    func take(_ piece: ByteBuffer) throws { try piece.withUnsafeReadableBytes { try decompressor.feed($0, to: self) } }

    func finish() throws {
        try decompressor.finish()
        try reader.finish()
        try extractor.finish()
    }
}
