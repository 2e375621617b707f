import CLinux
import CoreFoundation
import KubeModel
import Linux

/// `subPath`: a part of a volume, bound where nobody who writes in the volume can exchange it.
struct SubPath {
    let systems: any VolumeFileSystems

    /// Binds `inner` of the volume on `target`, as a folder it makes when there is nothing.
    /// Links that lead out of the volume are EXDEV errors.
    func bind(_ inner: String, of volume: String, on target: String) throws(KernelError) {
        let root = try OwnedDescriptor.open(volume, O_PATH)
        let source = try find(inner, in: root)
        if try isBound(source, on: target) { return }
        try systems.unmount(target)
        try makeTarget(target, isFolder: try source.status().st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR))
        try systems.bind(source, on: target)
    }

    /// What container paths may not be.
    static func check(_ path: String) throws(PodConfigError) {
        if path.hasPrefix("/") { throw PodConfigError("error SubPath `\(path)` must not be an absolute path") }
        if path.split(separator: "/").contains("..") {
            throw PodConfigError("unable to provision SubPath `\(path)`: must not contain '..'")
        }
    }

    private func open(_ inner: String, in root: OwnedDescriptor) throws(KernelError) -> OwnedDescriptor {
        var how = open_how()
        how.flags = UInt64(UInt32(bitPattern: O_PATH | O_CLOEXEC))
        how.resolve = UInt64(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)
        for _ in 1..<SafeRootRaces.limit {
            do throws(KernelError) {
                return OwnedDescriptor(
                    taking: try kernel("openat2", inner) { hako_openat2(root.raw, inner, &how) })
            } catch {
                if error.errno != EAGAIN { throw error }
            }
        }
        throw KernelError(call: "openat2", subject: inner, errno: EAGAIN)
    }

    private enum SafeRootRaces {
        /// Times a lookup is repeated when a rename or mount raced with it.
        static let limit = 128
    }

    /// New folders get the volume's own mode, so that whoever may write in it may write in them.
    private func find(_ inner: String, in root: OwnedDescriptor) throws(KernelError) -> OwnedDescriptor {
        do throws(KernelError) {
            return try open(inner, in: root)
        } catch {
            if error.errno != ENOENT { throw error }
        }
        let mode = try root.status().st_mode & 0o7777
        var reached = ""
        var current = try open(".", in: root)
        for part in inner.split(separator: "/") where part != "." {
            reached += (reached.isEmpty ? "" : "/") + part
            let name = String(part)
            do throws(KernelError) {
                current = try open(reached, in: root)
            } catch {
                if error.errno != ENOENT { throw error }
                try kernel("mkdirat", reached) { mkdirat(current.raw, name, mode) }
                current = try open(reached, in: root)
                try kernel("chmod", reached) { chmod(current.procPath, mode) }
            }
        }
        return current
    }

    private func isBound(_ source: OwnedDescriptor, on target: String) throws(KernelError) -> Bool {
        guard let there = try? OwnedDescriptor.open(target, O_PATH | O_NOFOLLOW).status() else { return false }
        let wanted = try source.status()
        return there.st_dev == wanted.st_dev && there.st_ino == wanted.st_ino
    }

    private func makeTarget(_ target: String, isFolder: Bool) throws(KernelError) {
        try FolderTree.remove(target)
        let parent = String(target[..<(target.lastIndex(of: "/") ?? target.startIndex)])
        try KernelFile.makeFolders(parent, mode: 0o750)
        if isFolder {
            try kernel("mkdir", target) { mkdir(target, 0o750) }
        } else {
            _ = try OwnedDescriptor.open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o640)
        }
    }
}
