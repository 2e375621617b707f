import Fault
import Glibc

/// Small files of the data folder: keys, certificates, kubeconfigs.
///
/// A file is replaced whole: written beside its place, synced, renamed over it, and the folder synced, so that a reader
/// or a crash sees the old file or the new one.
enum PrivateFile {
    /// Largest file that is read, in bytes: a bundle of a few hundred certificates fits.
    static let maximumBytes = 4 << 20

    /// Nil when there is no such file.
    static func read(_ path: String) throws(Fault) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("read", path)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= maximumBytes else {
                throw Fault(.invalid, "\(path) is larger than \(maximumBytes) bytes")
            }
        }
    }

    static func text(_ path: String) throws(Fault) -> String? {
        guard let bytes = try read(path) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Parameter mode: 0600 for keys and what holds them.
    static func write(_ path: String, _ text: String, mode: mode_t) throws(Fault) {
        let draft = "\(path).new-\(getpid())"
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard file >= 0 else { throw failure("create", draft) }
        do {
            defer { close(file) }
            guard fchmod(file, mode) == 0 else { throw failure("set the mode of", draft) }
            try writeAll(file, Array(text.utf8), draft)
            guard fsync(file) == 0 else { throw failure("write", draft) }
        } catch {
            unlink(draft)
            throw error as? Fault ?? Fault(.internalFault, "could not write \(draft)")
        }
        guard rename(draft, path) == 0 else {
            let fault = failure("replace", path)
            unlink(draft)
            throw fault
        }
        syncFolder(of: path)
    }

    /// Makes the folder, and those above it, where they aren't there.
    static func makeFolder(_ path: String, mode: mode_t = 0o700) throws(Fault) {
        var built = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            built += "/\(part)"
            if mkdir(built, mode) != 0, errno != EEXIST { throw failure("create the folder", built) }
        }
    }

    private static func writeAll(_ file: Int32, _ bytes: [UInt8], _ path: String) throws(Fault) {
        var at = 0
        while at < bytes.count {
            let count = bytes[at...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            at += count
        }
    }

    private static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let handle = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { return }
        fsync(handle)
        close(handle)
    }

    private static func failure(_ what: String, _ path: String) -> Fault {
        Fault(.unavailable, "could not \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
