import Glibc
@_spi(CustomByteBufferAllocator) import NIOCore

/// Memory for values: exactly as many bytes as they have. A `ByteBuffer` of its own accord takes the next power of two.
package enum StoredBytes {
    private static let allocator = ByteBufferAllocator()
    /// Spare bytes of a caller's buffer that aren't worth a copy.
    private static let spareBytes = 128

    static func copy(_ bytes: UnsafeRawBufferPointer) -> ByteBuffer {
        guard bytes.count > 0, let memory = malloc(bytes.count) else { return ByteBuffer() }
        let buffer = UnsafeMutableRawBufferPointer(start: memory, count: bytes.count)
        buffer.copyMemory(from: bytes)
        return ByteBuffer(takingOwnershipOf: buffer, allocator: allocator)
    }

    /// The buffer itself when it holds little else, so that a slice doesn't keep a whole request in memory.
    package static func kept(_ buffer: ByteBuffer) -> ByteBuffer {
        buffer.storageCapacity <= buffer.readableBytes + spareBytes
            ? buffer : buffer.withUnsafeReadableBytes { copy($0) }
    }
}
