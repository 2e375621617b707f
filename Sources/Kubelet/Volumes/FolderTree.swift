import CLinux
import CoreFoundation
import Linux

/// Work on whole folders through descriptors: no name is ever looked up twice, so that nobody who writes in them can
/// lead it elsewhere.
enum FolderTree {
    /// Deepest nesting that is followed.
    private static let depth = 512

    static func open(_ folder: OwnedDescriptor, _ name: String, _ flags: Int32) throws(KernelError) -> OwnedDescriptor {
        OwnedDescriptor(
            taking: try kernel("openat", name) { hako_openat(folder.raw, name, flags | O_NOFOLLOW | O_CLOEXEC, 0) })
    }

    /// Names in an open folder, without "." and "..".
    static func names(_ folder: OwnedDescriptor) throws(KernelError) -> [String] {
        let copy = try open(folder, ".", O_RDONLY | O_DIRECTORY)
        guard let stream = fdopendir(copy.raw) else {
            throw KernelError(call: "fdopendir", subject: "", errno: hako_errno())
        }
        _ = copy.release()
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a folder with all in it, if it is there. Nothing on another file system is touched: what is mounted
    /// inside is an EXDEV error.
    static func remove(_ path: String) throws(KernelError) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let name = String(path[path.index(after: slash)...])
        let parent: OwnedDescriptor
        do throws(KernelError) {
            parent = try OwnedDescriptor.open(String(path[..<slash]), O_RDONLY | O_DIRECTORY)
        } catch {
            if error.errno == ENOENT { return }
            throw error
        }
        try remove(name, in: parent, device: try parent.status().st_dev, depth: 0)
    }

    private static func remove(
        _ name: String, in parent: OwnedDescriptor, device: dev_t, depth level: Int
    ) throws(KernelError) {
        do throws(KernelError) {
            try kernel("unlinkat", name) { unlinkat(parent.raw, name, 0) }
            return
        } catch {
            if error.errno == ENOENT { return }
            guard error.errno == EISDIR || error.errno == EPERM else { throw error }
        }
        let folder = try open(parent, name, O_RDONLY | O_DIRECTORY)
        guard try folder.status().st_dev == device, level < depth else {
            throw KernelError(call: "unlinkat", subject: name, errno: EXDEV)
        }
        for child in try names(folder) { try remove(child, in: folder, device: device, depth: level + 1) }
        folder.close()
        try kernel("unlinkat", name) { unlinkat(parent.raw, name, AT_REMOVEDIR) }
    }

    /// Gives everything in the folder, and itself, to the group and opens it to it: `fsGroup`.
    /// - Parameter readOnly: the group may read, not write.
    static func give(_ path: String, to group: gid_t, readOnly: Bool) throws(KernelError) {
        let folder = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        try give(folder, group, readOnly, depth: 0)
    }

    private static func give(
        _ folder: OwnedDescriptor, _ group: gid_t, _ readOnly: Bool, depth level: Int
    ) throws(KernelError) {
        guard level < depth else { throw KernelError(call: "fchown", subject: "", errno: ELOOP) }
        for name in try names(folder) {
            let child = try open(folder, name, O_PATH)
            let type = try child.status().st_mode & mode_t(S_IFMT)
            if type == mode_t(S_IFDIR) {
                try give(try open(folder, name, O_RDONLY | O_DIRECTORY), group, readOnly, depth: level + 1)
            } else {
                try give(entry: child, group, readOnly)
            }
        }
        try give(entry: folder, group, readOnly)
    }

    private static func give(entry: OwnedDescriptor, _ group: gid_t, _ readOnly: Bool) throws(KernelError) {
        try kernel("fchownat", "") { fchownat(entry.raw, "", uid_t.max, group, AT_EMPTY_PATH) }
        let mode = try entry.status().st_mode
        let type = mode & mode_t(S_IFMT)
        // A link's own mode means nothing, and changing it would change what it points to.
        if type == mode_t(S_IFLNK) { return }
        var wanted: mode_t = readOnly ? 0o440 : 0o660
        if type == mode_t(S_IFDIR) { wanted |= 0o2110 }
        try kernel("chmod", entry.procPath) { chmod(entry.procPath, (mode | wanted) & 0o7777) }
    }

    /// Whether the folder is the group's already and open to it, so that `OnRootMismatch` leaves it alone.
    static func isGiven(_ path: String, to group: gid_t, readOnly: Bool) -> Bool {
        guard let status = try? OwnedDescriptor.open(path, O_PATH | O_DIRECTORY).status() else { return false }
        let wanted: mode_t = (readOnly ? 0o440 : 0o660) | 0o2110
        return status.st_gid == group && status.st_mode & wanted == wanted
    }
}
