import CLinux
import Fault
import Linux

// Making members. What is in the way is removed first, as tar and Docker do; a folder on a folder stays.
extension TarExtractor {
    func makeFile(_ path: TarPath, _ parent: OwnedDescriptor, _ entry: TarEntry) throws {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = try replacing(path, parent, with: entry.kind) { () throws(KernelError) in
            try kernel("open", path.shown) {
                path.whole.withPath(from: path.nameStart) { hako_openat(parent.raw, $0, flags, entry.mode & 0o777) }
            }
        }
        file = (path, OwnedDescriptor(taking: descriptor), entry)
    }

    func makeFolder(_ path: TarPath, _ parent: OwnedDescriptor, _ entry: TarEntry) throws {
        do throws(KernelError) {
            try kernel("mkdirat", path.shown) {
                path.whole.withPath(from: path.nameStart) { mkdirat(parent.raw, $0, 0o700 | entry.mode & 0o777) }
            }
        } catch {
            guard error.errno == EEXIST else { throw error }
            if try kind(path, parent) != mode_t(S_IFDIR) {
                try replacing(path, parent, with: .directory) { () throws(KernelError) in
                    try kernel("mkdirat", path.shown) {
                        path.whole.withPath(from: path.nameStart) {
                            mkdirat(parent.raw, $0, 0o700 | entry.mode & 0o777)
                        }
                    }
                }
            }
        }
        try existingFolder(path, entry)
    }

    /// Owner and attributes now, mode and time when all its members are there.
    func existingFolder(_ path: TarPath, _ entry: TarEntry) throws {
        let folder = try open(path.whole, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        if let owner = owner(entry) { try kernel("fchown", path.shown) { fchown(folder.raw, owner.uid, owner.gid) } }
        try setAttributes(of: folder, path, entry)
        if whitedOut.contains(path.whole) { try makeOpaque(folder, path) }
        try addFolder(Folder(path: path.whole, mode: entry.mode, mtime: entry.mtime))
    }

    func settle(_ folder: Folder) throws {
        let descriptor: OwnedDescriptor
        do throws(KernelError) {
            descriptor = try open(folder.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        } catch {
            // A later member put something else in its place.
            if [ENOENT, ENOTDIR, ELOOP].contains(error.errno) { return }
            throw error
        }
        let name = String(decoding: folder.path.dropLast(), as: UTF8.self)
        if try UInt32(descriptor.status().st_mode) & 0o7777 != folder.mode {
            try kernel("fchmod", name) { fchmod(descriptor.raw, folder.mode) }
        }
        var times = Self.times(folder.mtime)
        try kernel("futimens", name) { futimens(descriptor.raw, &times) }
    }

    func makeHardLink(_ path: TarPath, _ parent: OwnedDescriptor, _ entry: TarEntry) throws {
        let target = try TarPath(entry.link, under: base)
        guard !target.isRoot else { throw Fault(.invalid, "tar archive has a hard link to its root: \(path.shown)") }
        if target.whole == path.whole { return }
        let targetParent: OwnedDescriptor
        do {
            targetParent = try open(target.parent)
            try replacing(path, parent, with: .hardLink) { () throws(KernelError) in
                try kernel("linkat", path.shown) {
                    target.whole.withPath(from: target.nameStart) { from in
                        path.whole.withPath(from: path.nameStart) { linkat(targetParent.raw, from, parent.raw, $0, 0) }
                    }
                }
            }
        } catch let error as KernelError where error.errno == ENOENT {
            throw Fault(
                .invalid, "tar archive has a hard link to what it doesn't hold: \(path.shown) -> \(target.shown)",
                cause: error)
        }
    }

    func makeSymlink(_ path: TarPath, _ parent: OwnedDescriptor, _ entry: TarEntry) throws {
        let target = entry.link + [0]
        guard !entry.link.isEmpty, !entry.link.contains(0), entry.link.count <= TarLimit.pathBytes else {
            throw Fault(.invalid, "tar archive has a symbolic link with an illegal target: \(path.shown)")
        }
        try replacing(path, parent, with: .symlink) { () throws(KernelError) in
            try kernel("symlinkat", path.shown) {
                target.withPath { text in
                    path.whole.withPath(from: path.nameStart) { symlinkat(text, parent.raw, $0) }
                }
            }
        }
        try setMetadata(at: path, parent, entry)
    }

    func makeNode(_ path: TarPath, _ parent: OwnedDescriptor, _ entry: TarEntry) throws {
        let type: UInt32 =
            switch entry.kind {
            case .character: UInt32(S_IFCHR)
            case .block: UInt32(S_IFBLK)
            default: UInt32(S_IFIFO)
            }
        let device = entry.kind == .fifo ? 0 : hako_makedev(entry.major, entry.minor)
        try replacing(path, parent, with: entry.kind) { () throws(KernelError) in
            try kernel("mknodat", path.shown) {
                path.whole.withPath(from: path.nameStart) { mknodat(parent.raw, $0, type | entry.mode & 0o777, device) }
            }
        }
        try setMetadata(at: path, parent, entry)
    }

    /// Runs `make`; when the name is taken, removes what has it and runs it once more.
    @discardableResult
    func replacing<R>(
        _ path: TarPath, _ parent: OwnedDescriptor, with new: TarEntry.Kind, _ make: () throws(KernelError) -> R
    ) throws -> R {
        do throws(KernelError) {
            return try make()
        } catch {
            guard error.errno == EEXIST else { throw error }
        }
        let old = try kind(path, parent)
        if options.keepKinds, (old == mode_t(S_IFDIR)) != (new == .directory) {
            throw Fault(
                .invalid,
                old == mode_t(S_IFDIR)
                    ? "cannot overwrite directory \"/\(path.shown)\" with non-directory \"/\(path.shown)\""
                    : "cannot overwrite non-directory \"/\(path.shown)\" with directory \"/\(path.shown)\"")
        }
        forgetCachedParent()
        try FileTree.remove(in: parent, name: Array(path.whole[path.nameStart...]))
        return try make()
    }

    /// The S_IFMT bits of what has the name; nil when nothing has.
    func kind(_ path: TarPath, _ parent: OwnedDescriptor) throws -> mode_t? {
        var status = stat()
        do throws(KernelError) {
            try kernel("fstatat", path.shown) {
                path.whole.withPath(from: path.nameStart) { fstatat(parent.raw, $0, &status, AT_SYMLINK_NOFOLLOW) }
            }
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
        return status.st_mode & mode_t(S_IFMT)
    }
}
