import CLinux
import struct Crypto.SHA256
import Linux
import OCI

enum FileHash {
    /// The digest of the whole file, from its start.
    static func digest(of file: OwnedDescriptor) throws -> Digest {
        var hash = SHA256()
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        var offset = 0
        while true {
            let count = try kernel("read", "file") { pread(file.raw, &chunk, chunk.count, offset) }
            if count == 0 { return Digest(hash: hash.finalize()) }
            chunk.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
            offset += count
        }
    }
}
