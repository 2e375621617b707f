import CLinux
import struct Crypto.SHA256
import Fault
import Linux
import NIOCore
import OCI

/// socket → sha256 → blob file, decompress → sha256, untar → layer folder: every byte goes through once. The parts
/// before and after decompression run side by side.
actor LayerPipeline: LayerIngest {
    enum Limit {
        /// Most that a layer may grow when it is decompressed, once it has grown past `ratioFrom`. gzip can't do more
        /// than 1,032; a zstd bomb can.
        static let ratio: Int64 = 2_000
        static let ratioFrom: Int64 = 1 << 30
        /// How much is written before the disk is told to begin: the fsync at the end then has little left to do.
        static let writeBackBytes: Int64 = 8 << 20
        static let resumeChunk = 1 << 20
        /// Least bytes that are passed on at a time.
        static let pieceBytes = 256 << 10
    }

    nonisolated let offset: Int64
    private let front: Front
    private let lane = SerialLane(UnpackThreads.decompress)
    private var pending: Task<Void, any Error>?
    private var isDone = false
    /// Small pieces are put together before they are passed on: handing one over costs more than copying it.
    private var gathered = ByteBuffer()
    private var failure: Fault?
    private let commit: @Sendable (_ size: Int64, _ compression: DetectingDecompressor.Compression) async throws -> Void
    private let discard: @Sendable (_ keepPartial: Bool) async -> Void

    /// `partial` holds what has come of the blob; `folder` is empty and becomes the layer.
    init(
        blob: Descriptor, diffID: Digest, partial: OwnedDescriptor, folder: String,
        commit:
            @escaping @Sendable (_ size: Int64, _ compression: DetectingDecompressor.Compression) async throws -> Void,
        discard: @escaping @Sendable (_ keepPartial: Bool) async -> Void
    ) throws {
        var options = TarExtractor.Options()
        options.whiteouts = true
        front = Front(
            blob: blob, diffID: diffID, partial: partial, output: UnpackLane(try TarExtractor(into: folder, options)))
        offset = min(Int64(try partial.status().st_size), blob.size)
        self.commit = commit
        self.discard = discard
    }

    /// Takes what an earlier ingest left through the pipeline.
    func resume() async throws {
        guard offset > 0 else { return }
        let (lane, front, length) = (lane, front, offset)
        try await lane.run { try front.replay(length) }
    }

    func write(_ bytes: ByteBuffer) async throws {
        if gathered.readableBytes == 0, bytes.readableBytes >= Limit.pieceBytes { return try await pass(bytes) }
        gathered.writeImmutableBuffer(bytes)
        if gathered.readableBytes >= Limit.pieceBytes { try await flush() }
    }

    private func flush() async throws {
        guard gathered.readableBytes > 0 else { return }
        let piece = gathered
        gathered = ByteBuffer()
        try await pass(piece)
    }

    /// Waits for the piece before, then lets this one be worked on.
    private func pass(_ bytes: ByteBuffer) async throws {
        do {
            try await pending?.value
        } catch {
            let fault = Self.explain(error, front.blob)
            failure = fault
            throw fault
        }
        let (lane, front) = (lane, front)
        pending = Task { try await lane.run { try front.take(bytes) } }
    }

    func finish() async throws {
        do {
            try await flush()
            try await pending?.value
            let (lane, front) = (lane, front)
            try await lane.run { try front.finish() }
            let unpacked = try await front.output.finish()
            guard unpacked.diffID == front.diffID else {
                throw Fault(
                    .invalid,
                    "layer \(front.blob.digest.short) unpacks to \(unpacked.diffID), but its image names \(front.diffID)"
                )
            }
            try await lane.run { try front.sync() }
            try await commit(unpacked.size, front.compression)
            isDone = true
        } catch {
            let fault = Self.explain(error, front.blob)
            await stop(keepPartial: Self.isWorthKeeping(after: fault))
            throw fault
        }
    }

    func cancel() async {
        if failure == nil {
            do {
                try await flush()
                try await pending?.value
            } catch {
                failure = Self.explain(error, front.blob)
            }
        }
        await stop(keepPartial: failure.map(Self.isWorthKeeping) ?? true)
    }

    /// Wrong content is no use to the next pull, and a full disk needs the room.
    private static func isWorthKeeping(after fault: Fault) -> Bool {
        if let error = fault.cause as? KernelError, error.errno == ENOSPC || error.errno == EDQUOT { return false }
        return fault.kind != .invalid
    }

    /// Stops, and forgets what had come.
    func abandon() async { await stop(keepPartial: false) }

    private func stop(keepPartial: Bool) async {
        guard !isDone else { return }
        isDone = true
        try? await lane.run {}
        await front.output.drain()
        await discard(keepPartial)
    }

    static func explain(_ error: any Error, _ blob: Descriptor) -> Fault {
        if let fault = error as? Fault { return fault }
        if let error = error as? KernelError, error.errno == ENOSPC || error.errno == EDQUOT {
            return Fault(
                .internalFault,
                "failed to register layer: \(error.call) \(error.subject): no space left on device. Free some, e.g. with `docker system prune`",
                cause: error)
        }
        return Fault(.internalFault, "failed to register layer \(blob.digest.short): \(error)", cause: error)
    }
}

/// The first half: hash, keep and decompress what comes. Used by one job at a time.
private final class Front: @unchecked Sendable {
    // Unchecked: its lane runs one job at a time, and nobody else calls it.
    let blob: Descriptor
    let diffID: Digest
    let output: UnpackLane
    private let partial: OwnedDescriptor
    private let decompressor = DetectingDecompressor()
    private var hash = SHA256()
    private var taken: Int64 = 0
    private var writeBackFrom: Int64 = 0

    var compression: DetectingDecompressor.Compression { decompressor.compression }

    init(blob: Descriptor, diffID: Digest, partial: OwnedDescriptor, output: UnpackLane) {
        self.blob = blob
        self.diffID = diffID
        self.partial = partial
        self.output = output
    }

    func take(_ bytes: ByteBuffer) throws {
        try bytes.withUnsafeReadableBytes { bytes in
            try check(bytes.count)
            var done = 0
            while done < bytes.count {
                done += try kernel("write", "blob \(blob.digest.short)") {
                    pwrite(partial.raw, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(taken) + done)
                }
            }
            try pass(bytes)
            if taken - writeBackFrom >= LayerPipeline.Limit.writeBackBytes {
                _ = sync_file_range(
                    partial.raw, off_t(writeBackFrom), off_t(taken - writeBackFrom), UInt32(SYNC_FILE_RANGE_WRITE))
                writeBackFrom = taken
            }
        }
    }

    private func check(_ count: Int) throws {
        guard taken + Int64(count) <= blob.size else {
            throw Fault(.invalid, "layer \(blob.digest.short) is longer than the \(blob.size) bytes its manifest says")
        }
    }

    private func pass(_ bytes: UnsafeRawBufferPointer) throws {
        hash.update(bufferPointer: bytes)
        taken += Int64(bytes.count)
        try decompressor.feed(bytes, to: output)
        guard output.total < LayerPipeline.Limit.ratioFrom || output.total < taken * LayerPipeline.Limit.ratio else {
            throw Fault(
                .invalid,
                "layer \(blob.digest.short) grows more than \(LayerPipeline.Limit.ratio) times when unpacked: refused")
        }
    }

    func replay(_ length: Int64) throws {
        var chunk = [UInt8](repeating: 0, count: LayerPipeline.Limit.resumeChunk)
        while taken < length {
            let wanted = Int(min(Int64(chunk.count), length - taken))
            let count = try kernel("read", "blob \(blob.digest.short)") {
                pread(partial.raw, &chunk, wanted, off_t(taken))
            }
            guard count > 0 else { throw KernelError(call: "read", subject: "blob \(blob.digest.short)", errno: EIO) }
            try chunk.withUnsafeBytes { try pass(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        }
    }

    /// Verifies the compressed content before the rest of it is believed.
    func finish() throws {
        guard taken == blob.size else {
            throw Fault(.unavailable, "layer \(blob.digest.short) is incomplete: \(taken) of \(blob.size) bytes")
        }
        let actual = Digest(hash: hash.finalize())
        guard actual == blob.digest else {
            throw Fault(.invalid, "layer verification failed for digest \(blob.digest): got \(actual)")
        }
        try decompressor.finish()
    }

    func sync() throws {
        try kernel("ftruncate", "blob \(blob.digest.short)") { ftruncate(partial.raw, off_t(taken)) }
        try kernel("fsync", "blob \(blob.digest.short)") { fsync(partial.raw) }
    }
}
