import struct Crypto.SHA256
import Fault
import NIOConcurrencyHelpers
import OCI
import Synchronization

/// The second half of the pipeline: takes tar bytes in a few reused buffers, hashes and unpacks them on a thread of
/// its own while the first half decompresses on.
final class UnpackLane: ByteOutput, @unchecked Sendable {
    // Unchecked: `current` and `filled` belong to the decompressing side, `hash` and `reader` to the lane's jobs, which
    // run one after the other; what both touch is in `failure` and behind `hasFree`.
    enum Limit {
        /// One buffer, in bytes: fits the second-level cache, and large enough that handing it over costs nothing.
        static let bufferBytes = 256 << 10
        /// Buffers on the way; more don't help two threads.
        static let buffers = 6
    }

    private let lane = SerialLane(UnpackThreads.write)
    private let memory: UnsafeMutableRawPointer
    /// True while a buffer is free.
    private let hasFree = ConditionLock(value: true)
    /// Guarded by `hasFree`.
    private var free = Array(0..<Limit.buffers)
    private let failure = Mutex<(any Error)?>(nil)
    private var current: Int?
    private var filled = 0
    /// Tar bytes so far; for the decompressing side.
    private(set) var total: Int64 = 0

    private var hash = SHA256()
    private let extractor: TarExtractor
    private let reader: TarReader

    init(_ extractor: TarExtractor) {
        self.extractor = extractor
        reader = TarReader(extractor)
        memory = UnsafeMutableRawPointer.allocate(byteCount: Limit.bufferBytes * Limit.buffers, alignment: 4_096)
    }

    deinit { memory.deallocate() }

    private func buffer(_ index: Int) -> UnsafeMutableRawPointer { memory.advanced(by: index * Limit.bufferBytes) }

    func room() throws -> UnsafeMutableRawBufferPointer {
        let index: Int
        if let current {
            index = current
        } else {
            hasFree.lock(whenValue: true)
            index = free.removeLast()
            hasFree.unlock(withValue: !free.isEmpty)
            (current, filled) = (index, 0)
        }
        if let error = failure.withLock({ $0 }) { throw error }
        return UnsafeMutableRawBufferPointer(
            start: buffer(index).advanced(by: filled), count: Limit.bufferBytes - filled)
    }

    func wrote(_ count: Int) throws {
        filled += count
        total += Int64(count)
        if filled == Limit.bufferBytes { handOver() }
    }

    private func handOver() {
        guard let index = current else { return }
        let bytes = UnsafeRawBufferPointer(start: buffer(index), count: filled)
        current = nil
        lane.enqueue { [self, bytes = SendableBytes(bytes)] in
            take(bytes.value)
            hasFree.lock()
            free.append(index)
            hasFree.unlock(withValue: true)
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        guard failure.withLock({ $0 == nil }) else { return }
        do {
            hash.update(bufferPointer: bytes)
            try reader.feed(bytes)
        } catch {
            failure.withLock { $0 = error }
        }
    }

    /// Unpacks what is left; gives the tar's digest and the bytes of its files.
    func finish() async throws -> (diffID: Digest, size: Int64) {
        handOver()
        return try await lane.run { [self] in
            if let error = failure.withLock({ $0 }) { throw error }
            try reader.finish()
            try extractor.finish()
            return (Digest(hash: hash.finalize()), extractor.unpackedBytes)
        }
    }

    /// Waits until no job touches the folder any more.
    func drain() async { try? await lane.run {} }
}

/// A buffer that is handed from one side to the other, never shared.
private struct SendableBytes: @unchecked Sendable {
    let value: UnsafeRawBufferPointer
    init(_ value: UnsafeRawBufferPointer) { self.value = value }
}
