import CLinux
import Linux

/// The kubelet's own files on its node.
enum NodeFiles {
    /// Makes the folder and those above it; one that exists is kept as it is.
    static func makeFolder(_ path: String, mode: mode_t = 0o750) throws(KernelError) {
        var at = ""
        for part in path.split(separator: "/") {
            at += "/" + part
            do { try kernel("mkdir", at) { mkdir(at, mode) } } catch  where error.errno == EEXIST {}
        }
    }

    /// Writes in place, since containers have the file mounted: whoever reads meanwhile finds entries.
    static func write(_ path: String, _ text: String, mode: mode_t = 0o644) throws(KernelError) {
        let bytes = Array(text.utf8)
        let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: mode)
        try file.writeAll(bytes, subject: path)
        try kernel("ftruncate", path) { ftruncate(file.raw, off_t(bytes.count)) }
        // What the process leaves out of new files' rights would keep containers' users from reading.
        try kernel("fchmod", path) { fchmod(file.raw, mode) }
    }

    /// The file's text; nil when it can't be read.
    static func read(_ path: String) -> String? { try? KernelFile.read(path) }

    /// The last bytes of a file of ours that a container may have changed at will; nil when it can't be read.
    static func end(of path: String, bytes limit: Int) -> String? {
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return nil }
        var status = stat()
        guard fstat(file.raw, &status) == 0, status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else { return nil }
        let start = max(0, Int(status.st_size) - limit)
        guard lseek(file.raw, off_t(start), SEEK_SET) >= 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = CLinux.read(file.raw, &bytes, limit)
        guard count >= 0 else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Removes the folder with all in it, but nothing on other file systems that are mounted there.
    static func removeTree(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) else {
            unlink(path)
            return
        }
        for name in KernelFile.names(in: path) {
            let child = path + "/" + name
            var inner = stat()
            guard lstat(child, &inner) == 0, inner.st_dev == status.st_dev else { continue }
            removeTree(child)
        }
        rmdir(path)
    }
}
