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

extension KernelFile {
    /// The names in a folder without "." and ".."; empty when it can't be read.
    package static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Where a symbolic link points; nil when it is none or can't be read.
    package static func link(_ path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &bytes, bytes.count)
        guard count >= 0 else { return nil }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension KernelFile {
    /// Makes the folder and those above it; one that exists is kept as it is.
    package static func makeFolders(_ path: String, mode: mode_t) throws(KernelError) {
        var at = ""
        for part in path.split(separator: "/") {
            at += "/" + part
            do throws(KernelError) {
                try kernel("mkdir", at) { mkdir(at, mode) }
            } catch {
                if error.errno != EEXIST { throw error }
            }
        }
    }
}
