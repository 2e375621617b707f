import Fault
import Glibc

/// A file read or written from its beginning to its end, with errors that name it.
final class PlainFile {
    /// Bytes moved in one call.
    static let blockBytes = 1 << 20

    let path: String
    private let descriptor: Int32

    init(reading path: String) throws(Fault) {
        self.path = path
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw Self.fault("open", path, errno == ENOENT ? .notFound : .internalFault) }
    }

    /// A new file, or an old one that is to be appended to.
    init(appendingTo path: String) throws(Fault) {
        self.path = path
        descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw Self.fault("open", path) }
    }

    deinit { close(descriptor) }

    func size() throws(Fault) -> Int64 {
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw Self.fault("stat", path) }
        return Int64(status.st_size)
    }

    /// The next bytes, at most so many; fewer only at the end.
    func read(_ count: Int) throws(Fault) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                buffer.baseAddress.map { Glibc.read(descriptor, $0 + filled, count - filled) } ?? 0
            }
            if got < 0 && errno == EINTR { continue }
            if got < 0 { throw Self.fault("read", path) }
            if got == 0 { break }
            filled += got
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    func write(_ bytes: [UInt8]) throws(Fault) {
        var written = 0
        while written < bytes.count {
            let put = bytes.withUnsafeBytes { buffer in
                buffer.baseAddress.map { Glibc.write(descriptor, $0 + written, bytes.count - written) } ?? 0
            }
            if put < 0 && errno == EINTR { continue }
            if put < 0 { throw Self.fault("write", path) }
            written += put
        }
    }

    func sync() throws(Fault) { if fsync(descriptor) != 0 { throw Self.fault("sync", path) } }

    static func rename(_ old: String, to new: String) throws(Fault) {
        if Glibc.rename(old, new) != 0 { throw fault("rename \(old) to", new) }
        let parent = new.lastIndex(of: "/").map { $0 == new.startIndex ? "/" : String(new[..<$0]) } ?? "."
        try LogFile.syncFolder(parent)
    }

    private static func fault(_ what: String, _ path: String, _ kind: Fault.Kind = .internalFault) -> Fault {
        Fault(kind, "can't \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
