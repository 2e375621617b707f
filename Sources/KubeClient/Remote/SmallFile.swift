import Fault
import Glibc

/// Configuration files, read and replaced in one piece.
enum SmallFile {
    /// Nil when there is no such file.
    static func read(_ path: String, limit: Int) throws(Fault) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Fault(.internalFault, "open \(path): \(reason(errno))")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = [], chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw Fault(.internalFault, "read \(path): \(reason(errno))") }
            if count == 0 { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= limit else { throw Fault(.invalid, "\(path) is larger than \(limit) bytes") }
        }
    }

    /// Throws when there is no such file.
    static func need(_ path: String, limit: Int = 1 << 20) throws(Fault) -> [UInt8] {
        guard let bytes = try read(path, limit: limit) else {
            throw Fault(.notFound, "open \(path): no such file or directory")
        }
        return bytes
    }

    /// Writes beside the file and renames over it, so that no reader sees half of it; a link's target is what is
    /// replaced. Held off by `PATH.lock`, as other clients do it.
    static func replace(_ path: String, with bytes: [UInt8]) throws(Fault) {
        let target = resolved(path)
        let folder = target.lastIndex(of: "/").map { String(target[..<$0]) } ?? "."
        makeFolders(folder)
        let lock = path + ".lock"
        let held = open(lock, O_CREAT | O_EXCL | O_CLOEXEC, 0)
        guard held >= 0 else { throw Fault(.conflict, "open \(lock): \(reason(errno))") }
        close(held)
        defer { unlink(lock) }
        let temporary = "\(target).\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Fault(.internalFault, "open \(temporary): \(reason(errno))") }
        let isWritten = writeAll(descriptor, bytes) && fsync(descriptor) == 0
        let cause = errno
        close(descriptor)
        guard isWritten, rename(temporary, target) == 0 else {
            let why = reason(isWritten ? errno : cause)
            unlink(temporary)
            throw Fault(.internalFault, "write \(path): \(why)")
        }
    }

    private static func resolved(_ path: String) -> String {
        guard let whole = realpath(path, nil) else { return path }
        defer { free(whole) }
        return String(cString: whole)
    }

    private static func makeFolders(_ path: String) {
        var at = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            at += "/" + part
            mkdir(at, 0o755)
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

    /// The kernel's sentence in Go's spelling: lower case.
    static func reason(_ code: Int32) -> String {
        let text = String(cString: strerror(code))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
