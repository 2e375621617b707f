import CLinux
import Fault
import JSON
import Linux

/// A path in a container as `docker cp` means it: absolute, with links followed in all but the last component, and in
/// that too when the path ends in a slash or `/.`.
struct ArchivePath: Sendable, Equatable {
    /// Absolute and clean, but for what it ends with.
    let text: String
    /// What the archive's members are called: the path's last component as it was written, `/` for the root.
    let base: String
    let followsLast: Bool

    init(_ asked: String) throws(Fault) {
        guard !asked.isEmpty else { throw Fault(.invalid, "bad parameter: path cannot be empty") }
        guard asked.utf8.count < Int(PATH_MAX), !asked.utf8.contains(0) else {
            throw Fault(.invalid, "bad parameter: path is too long or holds a zero byte")
        }
        var parts: [Substring] = []
        for part in asked.split(separator: "/", omittingEmptySubsequences: true) where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        text = "/" + parts.joined(separator: "/")
        let endsInDot = asked == "." || asked.hasSuffix("/.")
        base = parts.isEmpty ? "/" : endsInDot ? "." : String(parts[parts.count - 1])
        followsLast = parts.isEmpty || endsInDot || asked.hasSuffix("/")
    }

    static func notFound(_ path: String, in container: String) -> Fault {
        Fault(.notFound, "Could not find the file \(path) in container \(container)")
    }

    /// What is there. Blocking.
    func open(in root: SafeRoot, container: String) throws -> OwnedDescriptor {
        do throws(KernelError) {
            let node = try root.open(text, O_PATH | (followsLast ? 0 : O_NOFOLLOW))
            guard followsLast, try !node.isFolder else { return node }
            throw KernelError(call: "open", subject: text, errno: ENOTDIR)
        } catch {
            if error.errno == ENOENT { throw Self.notFound(text, in: container) }
            if error.errno == ENOTDIR { throw Fault(.invalid, "\(text): not a directory") }
            throw error
        }
    }

    /// The Engine API's path stat. Blocking.
    func facts(_ node: OwnedDescriptor, in root: SafeRoot) throws -> JSON {
        let status = try node.status()
        let time = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        var target = ""
        if status.isLink { target = try LinkTarget.resolve(text, in: root) }
        return [
            "name": .string(base == "." ? String(text.split(separator: "/").last ?? "/") : base),
            "size": JSON(Int64(status.st_size)), "mode": JSON(GoFileMode.bits(status.st_mode)),
            "mtime": .string(rfc3339(time)), "linkTarget": .string(target),
        ]
    }
}

/// Where a symbolic link leads inside the root.
enum LinkTarget {
    /// Absolute path in the container; of a dangling link what its text says.
    static func resolve(_ path: String, in root: SafeRoot) throws(KernelError) -> String {
        guard let text = try root.readLink(path) else { return "" }
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        let start = text.hasPrefix("/") ? text : "/\(folder)/\(text)"
        guard let node = try? root.open(start, O_PATH), let rootPath = KernelFile.link(root.folder.procPath),
            let nodePath = KernelFile.link(node.procPath)
        else { return clean(start) }
        // The kernel names what was opened from the top of this process's tree; the root's name is its beginning.
        let prefix = rootPath == "/" ? "" : rootPath
        return nodePath.hasPrefix(prefix + "/") ? String(nodePath.dropFirst(prefix.count)) : clean(start)
    }

    private static func clean(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/", omittingEmptySubsequences: true) where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}

/// Go's `fs.FileMode`, which the API's documents hold.
enum GoFileMode {
    static func bits(_ mode: mode_t) -> UInt32 {
        var bits = UInt32(mode & 0o777)
        switch mode & mode_t(S_IFMT) {
        case mode_t(S_IFDIR): bits |= 1 << 31
        case mode_t(S_IFLNK): bits |= 1 << 27
        case mode_t(S_IFBLK): bits |= 1 << 26
        case mode_t(S_IFCHR): bits |= 1 << 26 | 1 << 21
        case mode_t(S_IFIFO): bits |= 1 << 25
        case mode_t(S_IFSOCK): bits |= 1 << 24
        default: break
        }
        if mode & 0o4000 != 0 { bits |= 1 << 23 }
        if mode & 0o2000 != 0 { bits |= 1 << 22 }
        if mode & 0o1000 != 0 { bits |= 1 << 20 }
        return bits
    }
}
