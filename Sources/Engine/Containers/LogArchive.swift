import CLinux
import ContainerRuntime
import Fault
import ImageStore
import Linux

/// A rotated log as `PATH.N.gz`: gzip, with the inode number that the file had in an extra field of its header
/// (RFC 1952, 2.3.1.1), by which a reader that was in the middle of it knows it again.
enum LogArchive {
    private static let fieldID: [UInt8] = Array("HK".utf8)
    private static let hasExtraField: UInt8 = 4

    static func header(inode: UInt64) -> [UInt8] {
        let field = fieldID + [8, 0] + (0..<8).map { UInt8(truncatingIfNeeded: inode >> (8 * $0)) }
        // Magic, deflate, flags; no time; fastest; Unix; the extra field's length.
        return [0x1F, 0x8B, 8, hasExtraField, 0, 0, 0, 0, 4, 3, UInt8(field.count), 0] + field
    }

    /// Of the file that was compressed; nil when somebody else made the archive.
    static func inode(of archive: OwnedDescriptor) throws(KernelError) -> UInt64? {
        let expected = header(inode: 0)
        var bytes = [UInt8](repeating: 0, count: expected.count)
        guard try LogFiles.read(archive, &bytes, bytes.count, at: 0) == bytes.count else { return nil }
        let fixed = expected.count - 8
        guard bytes[..<fixed] == expected[..<fixed] else { return nil }
        return bytes[fixed...].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Throws `CancellationError` when `isCancelled` says so between two pieces.
    static func compress(_ source: OwnedDescriptor, to target: OwnedDescriptor, isCancelled: () -> Bool) throws {
        try target.writeAll(header(inode: UInt64(try source.status().st_ino)))
        let compressor = GzipCompressor(hasHeader: false)
        var buffer = [UInt8](repeating: 0, count: LogLimit.readBytes)
        var offset = 0
        while true {
            if isCancelled() { throw CancellationError() }
            let count = try LogFiles.read(source, &buffer, buffer.count, at: offset)
            offset += count
            try buffer.withUnsafeBytes { bytes in
                try compressor.feed(UnsafeRawBufferPointer(rebasing: bytes[..<count]), isLast: count == 0) {
                    try target.writeAll($0)
                }
            }
            if count == 0 { return }
        }
    }

    /// The content in a file without name. What is behind a damage is not in it: half a log says more than none.
    static func expand(_ archive: OwnedDescriptor, in folder: String) throws(KernelError) -> OwnedDescriptor {
        let target: OwnedDescriptor
        do throws(KernelError) {
            target = try .open(folder, O_RDWR | O_DIRECTORY | hako_o_tmpfile(), mode: 0o600)
        } catch {
            guard error.errno == EOPNOTSUPP else { throw error }
            let path = "\(folder)/.expanded-\(UInt64.random(in: 0 ... .max))"
            target = try .open(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            unlink(path)
        }
        let output = Expansion(target), decompressor = GzipDecompressor()
        var buffer = [UInt8](repeating: 0, count: LogLimit.readBytes)
        var offset = 0
        while true {
            let count = try LogFiles.read(archive, &buffer, buffer.count, at: offset)
            if count == 0 { return target }
            offset += count
            do {
                try buffer.withUnsafeBytes {
                    try decompressor.feed(UnsafeRawBufferPointer(rebasing: $0[..<count]), to: output)
                }
            } catch let error as KernelError {
                throw error
            } catch { return target }
        }
    }

    private final class Expansion: ByteOutput {
        private let file: OwnedDescriptor
        private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: LogLimit.readBytes, alignment: 16)

        init(_ file: OwnedDescriptor) { self.file = file }
        deinit { memory.deallocate() }

        func room() -> UnsafeMutableRawBufferPointer { memory }
        func wrote(_ count: Int) throws { try file.writeAll(memory[..<count]) }
    }
}
