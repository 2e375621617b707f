import CLinux

/// The kernel's text files (/proc, /sys, control groups) and our own small state files.
package enum KernelFile {
    enum Limit {
        /// Largest file `read` takes unless told otherwise, in bytes.
        static let bytes = 4 << 20
    }

    /// The whole file as text.
    package static func read(_ path: String, limit: Int = Limit.bytes) throws(KernelError) -> String {
        String(decoding: try bytes(path, limit: limit), as: UTF8.self)
    }

    package static func bytes(_ path: String, limit: Int = Limit.bytes) throws(KernelError) -> [UInt8] {
        try OwnedDescriptor.open(path, O_RDONLY).readToEnd(limit: limit, subject: path)
    }

    /// The file without its trailing white space; nil when it is missing or can't be read now.
    package static func line(_ path: String) -> String? {
        guard let text = try? read(path) else { return nil }
        return String(text.reversed().drop(while: \.isWhitespace).reversed())
    }

    /// Writes the text in one write(2), as the kernel's files demand; the file must exist.
    package static func write(_ path: String, _ text: String) throws(KernelError) {
        let file = try OwnedDescriptor.open(path, O_WRONLY)
        let bytes = Array(text.utf8)
        try kernel("write \(text)", path) { CLinux.write(file.raw, bytes, bytes.count) }
    }

    /// Replaces a state file whole: a reader, and a machine that lost power, sees the old or the new content.
    /// The temporary file lies beside it; `path` needs its folder.
    package static func replace(_ path: String, _ bytes: some Collection<UInt8>, mode: mode_t = 0o600)
        throws(KernelError)
    {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[..<$0]) } ?? "."
        let temporary = path + ".new"
        let file = try OwnedDescriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
        try file.writeAll(bytes, subject: temporary)
        try kernel("fsync", temporary) { fsync(file.raw) }
        try kernel("rename", path) { rename(temporary, path) }
        let parent = try OwnedDescriptor.open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY)
        try kernel("fsync", folder) { fsync(parent.raw) }
    }
}
