import CLinux
import Linux

/// Whole folders of other people's files: removing them and counting them, never following a link, however deep.
package enum FileTree {
    enum Limit {
        /// Folders that are open at once while a tree is removed. What lies deeper is moved up first.
        static let depth = 64
    }

    /// Removes a file or a folder with all in it. Nothing there: nothing done.
    package static func remove(_ path: String) throws(KernelError) {
        let here = try OwnedDescriptor.open("/", O_PATH | O_DIRECTORY)
        try remove(in: here, name: Array(path.utf8) + [0])
    }

    /// `name` ends in a NUL and is one component of `folder`, or an absolute path.
    static func remove(in folder: OwnedDescriptor, name: [UInt8]) throws(KernelError) {
        var moved = 0
        try remove(folder, name, depth: 0, top: nil, &moved)
    }

    private static func remove(
        _ folder: OwnedDescriptor, _ name: [UInt8], depth: Int, top: OwnedDescriptor?, _ moved: inout Int
    ) throws(KernelError) {
        switch attempt({ name.withPath { unlinkat(folder.raw, $0, 0) } }) {
        case 0, ENOENT: return
        case EISDIR: break
        case EPERM, EACCES:
            if isFolder(folder, name) { break }
            makeMutable(folder, name)
            try unlink(folder, name, 0)
            return
        case let code: throw KernelError(call: "unlink", subject: shown(name), errno: code)
        }
        if let top, depth >= Limit.depth {
            // Renaming takes it to the top folder, which is emptied again afterwards.
            moved += 1
            let place = Array(".hako-deep-\(moved)".utf8) + [0]
            if attempt({ name.withPath { from in place.withPath { renameat(folder.raw, from, top.raw, $0) } } }) == 0 {
                return
            }
        }
        try removeFolder(folder, name, depth: depth, top: top, &moved)
    }

    private static func removeFolder(
        _ parent: OwnedDescriptor, _ name: [UInt8], depth: Int, top: OwnedDescriptor?, _ moved: inout Int
    ) throws(KernelError) {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let folder = OwnedDescriptor(
            taking: try kernel("open", shown(name)) { name.withPath { hako_openat(parent.raw, $0, flags, 0) } })
        while true {
            let movedBefore = moved
            for entry in try entries(of: folder) {
                try remove(folder, entry.name, depth: depth + 1, top: top ?? folder, &moved)
            }
            switch attempt({ name.withPath { unlinkat(parent.raw, $0, AT_REMOVEDIR) } }) {
            case 0, ENOENT: return
            case ENOTEMPTY where top == nil && moved > movedBefore: continue
            case EPERM, EACCES:
                _ = hako_clear_inode_flags(folder.raw)
                makeMutable(parent)
                try unlink(parent, name, AT_REMOVEDIR)
                return
            case let code: throw KernelError(call: "rmdir", subject: shown(name), errno: code)
            }
        }
    }

    package struct Entry: Sendable {
        /// With a NUL.
        let name: [UInt8]
        /// DT_DIR and so on; DT_UNKNOWN where the file system doesn't say.
        let type: UInt8
    }

    /// All but "." and "..", in the file system's order.
    static func entries(of folder: OwnedDescriptor) throws(KernelError) -> [Entry] {
        let copy = try kernel("openat", ".") { hako_openat(folder.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        guard let stream = fdopendir(copy) else {
            let code = hako_errno()
            _ = close(copy)
            throw KernelError(call: "fdopendir", subject: "", errno: code)
        }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while let entry = readdir(stream) {
            // The buffer may be shorter than the declared array, so it is read through a pointer.
            let start = UnsafeRawPointer(entry).advanced(by: MemoryLayout<dirent>.offset(of: \.d_name) ?? 19)
            let length = strlen(start.assumingMemoryBound(to: CChar.self))
            let name = Array(UnsafeRawBufferPointer(start: start, count: length + 1))
            if name == [0x2E, 0] || name == [0x2E, 0x2E, 0] { continue }
            entries.append(Entry(name: name, type: entry.pointee.d_type))
        }
        return entries
    }

    private static func unlink(_ folder: OwnedDescriptor, _ name: [UInt8], _ flags: Int32) throws(KernelError) {
        try kernel("unlink", shown(name)) { name.withPath { unlinkat(folder.raw, $0, flags) } }
    }

    /// Clears "immutable" and "append only" of the folder and of what has the name.
    private static func makeMutable(_ folder: OwnedDescriptor, _ name: [UInt8]? = nil) {
        if let readable = try? OwnedDescriptor.open(folder.procPath, O_RDONLY | O_DIRECTORY) {
            _ = hako_clear_inode_flags(readable.raw)
        }
        guard let name else { return }
        let file = name.withPath { hako_openat(folder.raw, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0) }
        guard file >= 0 else { return }
        _ = hako_clear_inode_flags(file)
        _ = close(file)
    }

    private static func isFolder(_ folder: OwnedDescriptor, _ name: [UInt8]) -> Bool {
        var status = stat()
        guard name.withPath({ fstatat(folder.raw, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else { return false }
        return status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR)
    }

    private static func attempt(_ call: () -> Int32) -> Int32 { call() == 0 ? 0 : hako_errno() }
    private static func shown(_ name: [UInt8]) -> String { String(decoding: name.dropLast(), as: UTF8.self) }
}
