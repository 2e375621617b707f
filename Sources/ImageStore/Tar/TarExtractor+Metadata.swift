import CLinux
import Fault
import Linux

extension TarExtractor {
    /// Nil when the new file has the right owner already: it belongs to this process's user.
    func owner(_ entry: TarEntry) -> (uid: uid_t, gid: gid_t)? {
        if let owner = options.owner { return owner }
        // A folder of somebody else's may hand its own group on (set-group-ID): then the owner is always set.
        guard options.keepOwners, !options.whiteouts || (entry.uid, entry.gid) != Self.process else { return nil }
        return (entry.uid, entry.gid)
    }

    private static let process = (uid: UInt32(geteuid()), gid: UInt32(getegid()))

    static func times(_ time: TarEntry.Time) -> [timespec] {
        let value = timespec(tv_sec: Int(time.seconds), tv_nsec: time.nanoseconds)
        return [value, value]
    }

    /// Of a regular file, open. Order matters: changing the owner clears set-id bits and capabilities.
    func setMetadata(of file: OwnedDescriptor, _ path: TarPath, _ entry: TarEntry) throws {
        let owner = owner(entry)
        if let owner { try kernel("fchown", path.shown) { fchown(file.raw, owner.uid, owner.gid) } }
        if entry.mode & (umask | 0o7000) != 0 { try kernel("fchmod", path.shown) { fchmod(file.raw, entry.mode) } }
        try setAttributes(of: file, path, entry)
        var times = Self.times(entry.mtime)
        try kernel("futimens", path.shown) { futimens(file.raw, &times) }
    }

    /// Of links, pipes and devices, which aren't opened for reading.
    func setMetadata(at path: TarPath, _ parent: OwnedDescriptor, _ entry: TarEntry) throws {
        let flags = O_PATH | O_NOFOLLOW | O_CLOEXEC
        let node = OwnedDescriptor(
            taking: try kernel("open", path.shown) {
                path.whole.withPath(from: path.nameStart) { hako_openat(parent.raw, $0, flags, 0) }
            })
        if let owner = owner(entry) {
            try kernel("fchownat", path.shown) { fchownat(node.raw, "", owner.uid, owner.gid, AT_EMPTY_PATH) }
        }
        let magic = "/proc/self/fd/\(node.raw)"
        if entry.kind != .symlink, entry.mode & (umask | 0o7000) != 0 {
            // Through the descriptor, not the name: the name could have become a link.
            try kernel("chmod", path.shown) { chmod(magic, entry.mode) }
        }
        for attribute in kept(entry.attributes) {
            let result = attribute.value.withUnsafeBytes { value in
                attempt {
                    path.whole.withPath(from: path.nameStart) { name in
                        lsetxattr(
                            "/proc/self/fd/\(parent.raw)/" + String(cString: name), attribute.name, value.baseAddress,
                            value.count, 0)
                    }
                }
            }
            try check(result, attribute, path)
        }
        var times = Self.times(entry.mtime)
        try kernel("utimensat", path.shown) {
            path.whole.withPath(from: path.nameStart) { utimensat(parent.raw, $0, &times, AT_SYMLINK_NOFOLLOW) }
        }
    }

    func setAttributes(of file: OwnedDescriptor, _ path: TarPath, _ entry: TarEntry) throws {
        for attribute in kept(entry.attributes) {
            let result = attribute.value.withUnsafeBytes { value in
                attempt { fsetxattr(file.raw, attribute.name, value.baseAddress, value.count, 0) }
            }
            try check(result, attribute, path)
        }
    }

    /// An archive could otherwise steer overlayfs (`trusted.overlay.redirect`) to folders outside its layer.
    private func kept(_ attributes: [TarEntry.Attribute]) -> [TarEntry.Attribute] {
        attributes.filter {
            $0.name.hasPrefix("user.") || $0.name == "security.capability" || $0.name.hasPrefix("system.posix_acl_")
        }
    }

    private func attempt(_ call: () -> Int32) -> Int32 { call() == 0 ? 0 : hako_errno() }

    /// A file system without such attributes isn't the archive's fault; all else is an error.
    private func check(_ code: Int32, _ attribute: TarEntry.Attribute, _ path: TarPath) throws {
        guard code != 0, code != ENOTSUP, !(code == EPERM && geteuid() != 0) else { return }
        if code == EPERM, attribute.name.hasPrefix("user.") { return }  // links and devices take none
        throw KernelError(call: "setxattr", subject: "\(attribute.name) of \(path.shown)", errno: code)
    }
}
