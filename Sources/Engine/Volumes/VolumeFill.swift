import CLinux
import Fault
import ImageStore
import Linux

/// Copies a folder of a container's root into an empty volume, with owners, modes, times, attributes, links and
/// devices. Both sides are walked by descriptors; no link is followed on the way.
enum VolumeFill {
    private enum Limit {
        /// Folders within folders.
        static let depth = 512
        /// Bytes of one extended attribute (XATTR_SIZE_MAX) and of the list of names (XATTR_LIST_MAX).
        static let attribute = 65_536
        /// Bytes copied at a time.
        static let chunk = 1 << 20
    }

    private struct Links {
        /// Where files with several names were put, by device and inode.
        var paths: [[UInt64]: String] = [:]
    }

    static func fill(_ volume: String, from root: SafeRoot, path: String) throws {
        guard let status = try root.status(path), status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) else { return }
        let source = try root.open(path, O_RDONLY | O_DIRECTORY)
        let target = try OwnedDescriptor.open(volume, O_RDONLY | O_DIRECTORY)
        var links = Links()
        try copyFolder(source, target, at: ".", top: target, &links, depth: 0)
        try copyMetadata(status, source, target)
        try kernel("syncfs", volume) { syncfs(target.raw) }
    }

    private static func copyFolder(
        _ source: OwnedDescriptor, _ target: OwnedDescriptor, at place: String, top: OwnedDescriptor,
        _ links: inout Links,
        depth: Int
    ) throws {
        guard depth < Limit.depth else { throw KernelError(call: "copy", subject: place, errno: ELOOP) }
        for name in KernelFile.names(in: source.procPath) {
            var status = stat()
            try kernel("stat", name) { fstatat(source.raw, name, &status, AT_SYMLINK_NOFOLLOW) }
            let path = place + "/" + name
            if status.st_nlink > 1, status.st_mode & mode_t(S_IFMT) != mode_t(S_IFDIR) {
                let key = [UInt64(status.st_dev), UInt64(status.st_ino)]
                if let first = links.paths[key] {
                    try kernel("link", path) { linkat(top.raw, first, target.raw, name, 0) }
                    continue
                }
                links.paths[key] = path
            }
            try copyMember(name, status, source, target, at: path, top: top, &links, depth: depth)
        }
    }

    private static func copyMember(
        _ name: String, _ status: stat, _ source: OwnedDescriptor, _ target: OwnedDescriptor, at path: String,
        top: OwnedDescriptor, _ links: inout Links, depth: Int
    ) throws {
        switch status.st_mode & mode_t(S_IFMT) {
        case mode_t(S_IFDIR):
            try kernel("mkdir", path) { mkdirat(target.raw, name, 0o700) }
            let from = try open(source, name, O_RDONLY | O_DIRECTORY),
                to = try open(target, name, O_RDONLY | O_DIRECTORY)
            try copyFolder(from, to, at: path, top: top, &links, depth: depth + 1)
            try copyMetadata(status, from, to)
        case mode_t(S_IFREG):
            let from = try open(source, name, O_RDONLY | O_NONBLOCK)
            let to = try open(target, name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            try copyBytes(from, to, path)
            try copyMetadata(status, from, to)
        case mode_t(S_IFLNK):
            var text = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            try kernel("readlink", path) { readlinkat(source.raw, name, &text, Int(PATH_MAX)) }
            try kernel("symlink", path) { symlinkat(text, target.raw, name) }
            try kernel("chown", path) { fchownat(target.raw, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) }
            setTimes(status, target, name)
        case mode_t(S_IFSOCK): break  // nothing listens on a copy
        default:
            try kernel("mknod", path) { mknodat(target.raw, name, status.st_mode, status.st_rdev) }
            try kernel("chown", path) { fchownat(target.raw, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) }
            setTimes(status, target, name)
        }
    }

    private static func open(
        _ folder: OwnedDescriptor, _ name: String, _ flags: Int32, mode: mode_t = 0
    ) throws(KernelError) -> OwnedDescriptor {
        OwnedDescriptor(
            taking: try kernel("open", name) { hako_openat(folder.raw, name, flags | O_NOFOLLOW | O_CLOEXEC, mode) })
    }

    private static func copyBytes(_ from: OwnedDescriptor, _ to: OwnedDescriptor, _ path: String) throws(KernelError) {
        while true {
            let count = try kernel("copy", path) { sendfile(to.raw, from.raw, nil, Limit.chunk) }
            if count == 0 { return }
        }
    }

    /// Owner before mode, since chown clears the set-id bits; times last.
    private static func copyMetadata(_ status: stat, _ from: OwnedDescriptor, _ to: OwnedDescriptor) throws(KernelError)
    {
        try kernel("chown", "volume") { fchown(to.raw, status.st_uid, status.st_gid) }
        try kernel("chmod", "volume") { fchmod(to.raw, status.st_mode & 0o7777) }
        copyAttributes(from, to)
        var times = [status.st_atim, status.st_mtim]
        _ = futimens(to.raw, &times)
    }

    private static func setTimes(_ status: stat, _ folder: OwnedDescriptor, _ name: String) {
        var times = [status.st_atim, status.st_mtim]
        _ = utimensat(folder.raw, name, &times, AT_SYMLINK_NOFOLLOW)
    }

    /// Those that the volume's file system doesn't take are left out, as are overlayfs's own.
    private static func copyAttributes(_ from: OwnedDescriptor, _ to: OwnedDescriptor) {
        var names = [CChar](repeating: 0, count: Limit.attribute)
        let length = flistxattr(from.raw, &names, names.count)
        guard length > 0 else { return }
        for name in names[..<length].split(separator: 0) {
            let text = Array(name) + [0]
            let shown = String(decoding: name.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if shown.hasPrefix("trusted.overlay.") { continue }
            var value = [UInt8](repeating: 0, count: Limit.attribute)
            let size = fgetxattr(from.raw, text, &value, value.count)
            if size >= 0 { _ = fsetxattr(to.raw, text, value, size, 0) }
        }
    }
}
