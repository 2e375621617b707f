import CLinux
import Fault
import Linux

/// A folder that is filled with what the other side sends: links are made and never followed. Blocking; one caller at a
/// time.
package final class FolderFill: @unchecked Sendable {
    // Unchecked: one task, which waits for each call's end.
    private let root: SafeRoot
    private var files: [UInt32: OwnedDescriptor] = [:]
    private var times: [UInt32: Int64] = [:]
    private var folders: [(path: String, modified: Int64, mode: UInt32)] = []
    private var parent: (path: String, folder: OwnedDescriptor)?
    package private(set) var bytes: Int64 = 0

    /// What is there already gives way; otherwise it is an error.
    private let replaces: Bool

    package init(_ root: SafeRoot, replaces: Bool = false) {
        self.root = root
        self.replaces = replaces
    }

    package var openFiles: Int { files.count }

    /// Makes it; a file is left open for its content under the number. Answers whether content is wanted.
    package func add(_ status: FileStatus, number: UInt32) throws -> Bool {
        try status.checkPath()
        let (folder, name) = try place(status.path)
        if status.isFolder {
            try makeFolder(status.path, folder, name)
            folders.append((status.path, status.modified, status.permissions))
            return false
        }
        if replaces { try remove(status.path, folder, name) }
        if status.isSymlink {
            try kernel("symlink", status.path) { symlinkat(status.link, folder.raw, name) }
            return false
        }
        // Devices, pipes and sockets stay out.
        guard status.isFile else { return false }
        if !status.link.isEmpty { return try link(status, folder, name) }
        let file = OwnedDescriptor(
            taking: try kernel("open", status.path) {
                hako_openat(folder.raw, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            })
        try kernel("chmod", status.path) { fchmod(file.raw, mode_t(status.permissions)) }
        files[number] = file
        times[number] = status.modified
        return true
    }

    private func makeFolder(_ path: String, _ folder: OwnedDescriptor, _ name: String) throws {
        do {
            try kernel("mkdir", path) { mkdirat(folder.raw, name, 0o700) }
        } catch {
            guard replaces, error.errno == EEXIST else { throw error }
            var found = stat()
            try kernel("stat", path) { fstatat(folder.raw, name, &found, AT_SYMLINK_NOFOLLOW) }
            if found.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) { return }
            try remove(path, folder, name)
            try kernel("mkdir", path) { mkdirat(folder.raw, name, 0o700) }
        }
    }

    /// A file or link that stands where another comes; no folder.
    private func remove(_ path: String, _ folder: OwnedDescriptor, _ name: String) throws {
        do {
            try kernel("unlink", path) { unlinkat(folder.raw, name, 0) }
        } catch {
            if error.errno != ENOENT { throw error }
        }
    }

    private func link(_ status: FileStatus, _ folder: OwnedDescriptor, _ name: String) throws -> Bool {
        var source = FileStatus()
        source.path = status.link
        try source.checkPath()
        let (other, otherName) = try place(status.link, keeps: false)
        try kernel("link", status.path) { linkat(other.raw, otherName, folder.raw, name, 0) }
        return false
    }

    private func place(_ path: String, keeps: Bool = true) throws -> (folder: OwnedDescriptor, name: String) {
        let slash = path.lastIndex(of: "/")
        let above = slash.map { String(path[..<$0]) } ?? ""
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        if let parent, parent.path == above { return (parent.folder, name) }
        let folder = try root.open("/" + above, O_PATH | O_DIRECTORY, resolve: UInt64(RESOLVE_NO_SYMLINKS))
        if keeps { parent = (above, folder) }
        return (folder, name)
    }

    package func write(_ data: [UInt8], to number: UInt32) throws {
        guard let file = files[number] else { throw FileSyncFault("invalid file request \(number)") }
        bytes += Int64(data.count)
        guard bytes <= FileSyncLimit.bytes else {
            throw FileSyncFault("the folder is larger than \(FileSyncLimit.bytes) bytes")
        }
        try file.writeAll(data, subject: "context")
    }

    package func finish(_ number: UInt32) throws {
        guard let file = files.removeValue(forKey: number) else {
            throw FileSyncFault("invalid file request \(number)")
        }
        var times = Self.times(self.times.removeValue(forKey: number) ?? 0)
        try kernel("futimens", "context") { futimens(file.raw, &times) }
    }

    /// Modes and times of folders, once nothing is put into them any more.
    package func close() throws {
        for folder in folders.reversed() {
            let node = try root.open(
                "/" + folder.path, O_RDONLY | O_DIRECTORY, resolve: UInt64(RESOLVE_NO_SYMLINKS))
            try kernel("chmod", folder.path) { fchmod(node.raw, mode_t(folder.mode)) }
            var times = Self.times(folder.modified)
            try kernel("futimens", folder.path) { futimens(node.raw, &times) }
        }
        folders = []
    }

    private static func times(_ nanoseconds: Int64) -> [timespec] {
        let seconds = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let time = timespec(
            tv_sec: Int(seconds.remainder < 0 ? seconds.quotient - 1 : seconds.quotient),
            tv_nsec: Int(seconds.remainder < 0 ? seconds.remainder + 1_000_000_000 : seconds.remainder))
        return [time, time]
    }
}
