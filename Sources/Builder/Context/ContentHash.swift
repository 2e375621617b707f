import struct Crypto.SHA256
import ImageStore
import Linux
import NIOCore
import OCI

/// The digest of files' names, modes and content; times and owners don't count.
struct ContentHash {
    private var hash = SHA256()

    mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }
    mutating func update(_ text: String) { hash.update(data: Array(text.utf8) + [0]) }
    var digest: Digest { Digest(hash: hash.finalize()) }

    /// Of what `name` is in the folder. Blocking.
    static func of(
        _ name: String, in folder: OwnedDescriptor, leavingOut: (@Sendable (String, Bool) -> Bool)?
    ) throws -> Digest {
        var options = TreeArchiver.Options()
        options.fixedTime = 0
        options.leavesOut = leavingOut
        let archiver = TreeArchiver(name, in: folder, options)
        var hash = ContentHash()
        while let piece = try archiver.next() { piece.withUnsafeReadableBytes { hash.update($0) } }
        return hash.digest
    }
}
