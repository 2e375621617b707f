import CLinux
import struct Crypto.SHA256
import Fault
import Linux
import NIOCore
import OCI

extension ImageStore {
    /// Makes a layer of a tar that nobody has a digest for yet (commit, import, build). A compressed tar is kept as it
    /// is, a plain one is compressed.
    package func addLayer(
        _ next: () async throws -> ByteBuffer?, _ lease: Lease
    ) async throws -> (diffID: Digest, blob: Descriptor) {
        let path = "\(folders.ingest)/\(UInt64.random(in: 0...UInt64.max)).small"
        do {
            let (diffID, blob) = try await spool(path, next)
            try await adopt(path, blob, diffID, lease)
            return (diffID, blob)
        } catch {
            _ = unlink(path)
            throw StoreError.explain(error, "making a layer")
        }
    }

    /// Makes a layer of an upper folder of overlayfs, which nothing is mounted on any more: the folder itself becomes the
    /// layer, so that nothing is unpacked again. `next` gives its tar.
    /// - Parameter size: bytes of its files, asked for when the tar has ended.
    package func addLayer(
        folder: String, _ next: () async throws -> ByteBuffer?, size: () -> Int64, _ lease: Lease
    ) async throws -> (diffID: Digest, blob: Descriptor) {
        let path = "\(folders.ingest)/\(UInt64.random(in: 0...UInt64.max)).small"
        do {
            let (diffID, blob) = try await spool(path, next)
            lease.hold(diffID)
            lease.hold(blob.digest)
            try await take(folder, path, blob, diffID, size: size())
            return (diffID, blob)
        } catch {
            _ = unlink(path)
            throw StoreError.explain(error, "making a layer")
        }
    }

    private func spool(_ path: String, _ next: () async throws -> ByteBuffer?) async throws -> (Digest, Descriptor) {
        let lane = SerialLane(UnpackThreads.decompress)
        let spool = try LayerSpool(path)
        while let piece = try await next() { try await lane.run { try spool.take(piece) } }
        return try await lane.run {
            let made = try spool.finish()
            try spool.sync()
            return made
        }
    }

    private func adopt(_ path: String, _ blob: Descriptor, _ diffID: Digest, _ lease: Lease) async throws {
        lease.hold(blob.digest)
        try kernel("rename", path) { rename(path, folders.partial(blob.digest)) }
        guard let ingest = try await ingestLayer(blob, diffID: diffID, lease) else {
            _ = unlink(folders.partial(blob.digest))
            return
        }
        guard ingest.offset == blob.size else {
            await ingest.cancel()
            throw Fault(.internalFault, "layer \(blob.digest.short) was changed while it was unpacked")
        }
        try await ingest.finish()
    }
}

/// Writes a layer's blob and finds its digests. Used by one job at a time.
private final class LayerSpool: ByteOutput, @unchecked Sendable {
    // Unchecked: its lane runs one job at a time, and nobody else calls it.
    private let file: OwnedDescriptor
    private let path: String
    private var blobHash = SHA256()
    private var tarHash = SHA256()
    private var size: Int64 = 0
    private var writeBackFrom: Int64 = 0
    private var head: [UInt8] = []
    private var compressor: GzipCompressor?
    private var decompressor: DetectingDecompressor?
    private let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: UnpackLane.Limit.bufferBytes, alignment: 4_096)

    init(_ path: String) throws {
        self.path = path
        file = try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
    }

    deinit { memory.deallocate() }

    func take(_ piece: ByteBuffer) throws {
        try piece.withUnsafeReadableBytes { bytes in
            if compressor == nil, decompressor == nil {
                head.append(contentsOf: bytes)
                if head.count >= DetectingDecompressor.magicBytes { try begin() }
            } else {
                try pass(bytes)
            }
        }
    }

    private func begin() throws {
        if DetectingDecompressor.compression(of: head) == .none {
            compressor = GzipCompressor()
        } else {
            decompressor = DetectingDecompressor()
        }
        let first = head
        head = []
        try first.withUnsafeBytes { try pass($0) }
    }

    private func pass(_ bytes: UnsafeRawBufferPointer) throws {
        if let compressor {
            tarHash.update(bufferPointer: bytes)
            try compressor.feed(bytes, isLast: false, keep)
        } else {
            try keep(bytes)
            try decompressor?.feed(bytes, to: self)
        }
    }

    private func keep(_ bytes: UnsafeRawBufferPointer) throws {
        blobHash.update(bufferPointer: bytes)
        try file.writeAll(bytes, subject: path)
        size += Int64(bytes.count)
        guard size - writeBackFrom >= LayerPipeline.Limit.writeBackBytes else { return }
        _ = sync_file_range(
            file.raw, off_t(writeBackFrom), off_t(size - writeBackFrom), UInt32(SYNC_FILE_RANGE_WRITE))
        writeBackFrom = size
    }

    /// On the disk when it returns.
    func sync() throws { try kernel("fsync", path) { fsync(file.raw) } }

    func room() -> UnsafeMutableRawBufferPointer { memory }
    func wrote(_ count: Int) { tarHash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: memory.prefix(count))) }

    func finish() throws -> (diffID: Digest, blob: Descriptor) {
        if compressor == nil, decompressor == nil { try begin() }
        if let compressor { try compressor.feed(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true, keep) }
        try decompressor?.finish()
        let isZstd = decompressor?.compression == .zstd
        return (
            Digest(hash: tarHash.finalize()),
            Descriptor(
                mediaType: isZstd ? MediaType.ociLayerZstd : MediaType.dockerLayerGzip,
                digest: Digest(hash: blobHash.finalize()), size: size)
        )
    }
}
