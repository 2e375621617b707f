import CLinux

/// A folder that is treated as "/" for every path resolved in it: a container's root, an unpacked layer.
///
/// Whatever symbolic links, ".." and mounts the owner of the content makes, and however they change during the call,
/// no path leads out: the kernel resolves it (openat2(2), RESOLVE_IN_ROOT). Work on what was found goes through the
/// descriptor, never through the name again.
package struct SafeRoot: Sendable {
    package enum Limit {
        /// Times a lookup is repeated when the kernel answers EAGAIN (a rename or mount raced with it).
        static let races = 128
        /// Largest file `read` takes, in bytes: /etc/passwd of a large directory export is under this.
        package static let fileBytes = 16 << 20
    }

    package let folder: OwnedDescriptor
    package let path: String

    /// `path` is the host's and is trusted; symbolic links in it are followed.
    package init(path: String) throws(KernelError) {
        self.path = path
        folder = try OwnedDescriptor.open(path, O_PATH | O_DIRECTORY)
    }

    /// Opens a path inside the root. Close-on-exec always; magic links (/proc/PID/fd, /proc/PID/root) are refused.
    /// With O_CREAT the last component is made when its folder is there.
    package func open(
        _ inner: String, _ flags: Int32, mode: mode_t = 0, resolve: UInt64 = 0
    ) throws(KernelError) -> OwnedDescriptor {
        var how = open_how()
        how.flags = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
        how.mode = flags & (O_CREAT | hako_o_tmpfile()) != 0 ? UInt64(mode) : 0
        how.resolve = UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS) | resolve
        let name = inner.isEmpty ? "/" : inner
        for attempt in 1... {
            do throws(KernelError) {
                return OwnedDescriptor(
                    taking: try kernel("openat2", shown(inner)) { hako_openat2(folder.raw, name, &how) })
            } catch {
                if error.errno != EAGAIN || attempt >= Limit.races { throw error }
            }
        }
        throw KernelError(call: "openat2", subject: shown(inner), errno: EAGAIN)
    }

    /// The file's bytes; nil when there is no such file. Only regular files are read: a device or a pipe put in its
    /// place is an EINVAL error, and doesn't block.
    package func read(_ inner: String, limit: Int = Limit.fileBytes) throws(KernelError) -> [UInt8]? {
        let file: OwnedDescriptor
        do throws(KernelError) {
            file = try open(inner, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw error
        }
        guard try file.status().st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else {
            throw KernelError(call: "read", subject: shown(inner), errno: EINVAL)
        }
        return try file.readToEnd(limit: limit, subject: shown(inner))
    }

    /// What is there: without following the last component when `followLast` is false. Nil when nothing is.
    package func status(_ inner: String, followLast: Bool = true) throws(KernelError) -> stat? {
        do throws(KernelError) {
            return try open(inner, O_PATH | (followLast ? 0 : O_NOFOLLOW)).status()
        } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw error
        }
    }

    /// The folder that holds the last component, and that component's name; for calls of the *at(2) family that
    /// don't follow it (mkdirat, unlinkat, symlinkat, renameat). The root itself, "." and ".." have none: EINVAL.
    package func parent(of inner: String) throws(KernelError) -> (folder: OwnedDescriptor, name: String) {
        let parts = inner.split(separator: "/", omittingEmptySubsequences: true)
        guard let last = parts.last, last != ".", last != ".." else {
            throw KernelError(call: "openat2", subject: shown(inner), errno: EINVAL)
        }
        let upper = "/" + parts.dropLast().joined(separator: "/")
        return (try open(upper, O_PATH | O_DIRECTORY), String(last))
    }

    /// Makes the folder and those above it that are missing, owned by `owner` where it made them. Gives an O_PATH
    /// descriptor of it. Symbolic links on the way are followed inside the root; a dangling one is an error.
    @discardableResult
    package func makeFolders(
        _ inner: String, mode: mode_t = 0o755, owner: (uid: uid_t, gid: gid_t)? = nil
    ) throws(KernelError) -> OwnedDescriptor {
        var reached = ""
        var current = try open("/", O_PATH | O_DIRECTORY)
        for part in inner.split(separator: "/", omittingEmptySubsequences: true) {
            // Resolved from the root again, not from `current`: a link or ".." must stay inside the root.
            reached += "/" + part
            do throws(KernelError) {
                current = try open(reached, O_PATH | O_DIRECTORY)
                continue
            } catch {
                if error.errno != ENOENT { throw error }
            }
            let name = String(part)
            do throws(KernelError) {
                try kernel("mkdirat", shown(reached)) { mkdirat(current.raw, name, mode) }
            } catch {
                if error.errno != EEXIST { throw error }
            }
            current = try open(reached, O_PATH | O_DIRECTORY)
            if let owner {
                try kernel("fchownat", shown(reached)) {
                    fchownat(current.raw, "", owner.uid, owner.gid, AT_EMPTY_PATH)
                }
            }
        }
        return current
    }

    /// Reads a symbolic link; nil when there is nothing, EINVAL when it is no link.
    package func readLink(_ inner: String) throws(KernelError) -> String? {
        let link: OwnedDescriptor
        do throws(KernelError) {
            link = try open(inner, O_PATH | O_NOFOLLOW)
        } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw error
        }
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try kernel("readlinkat", shown(inner)) {
            readlinkat(link.raw, "", &bytes, bytes.count)
        }
        return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func shown(_ inner: String) -> String { "\(inner) in \(path)" }
}
