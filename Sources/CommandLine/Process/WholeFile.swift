import Fault
import Glibc

/// Files read and replaced in one piece.
package enum WholeFile {
    /// Throws `notFound` in the shell's words, or `invalid` for a file over the limit.
    package static func read(_ path: String, limit: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Fault(.notFound, "open \(path): \(message(errno))") }
        defer { close(descriptor) }
        var bytes: [UInt8] = [], chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw Fault(.internalFault, "read \(path): \(message(errno))") }
            if count == 0 { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= limit else { throw Fault(.invalid, "\(path) is larger than \(limit) bytes") }
        }
    }

    /// Writes beside the file, flushes, and renames over it; makes the folder when it is missing.
    package static func replace(_ path: String, with bytes: [UInt8], mode: mode_t) throws {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        try makeFolders(folder, mode: 0o700)
        let temporary = "\(path).\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Fault(.internalFault, "open \(temporary): \(message(errno))") }
        let isWritten = writeAll(descriptor, bytes) && fsync(descriptor) == 0
        let cause = errno
        close(descriptor)
        guard isWritten, rename(temporary, path) == 0 else {
            let reason = message(isWritten ? errno : cause)
            unlink(temporary)
            throw Fault(.internalFault, "write \(path): \(reason)")
        }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    private static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    package static func makeFolders(_ path: String, mode: mode_t) throws {
        var at = ""
        for part in path.split(separator: "/") {
            at += (at.isEmpty && !path.hasPrefix("/") ? "" : "/") + part
            if mkdir(at, mode) != 0, errno != EEXIST { throw Fault(.internalFault, "mkdir \(at): \(message(errno))") }
        }
    }

    /// The kernel's sentence in Go's spelling: lower case.
    package static func message(_ code: Int32) -> String {
        let text = String(cString: strerror(code))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
