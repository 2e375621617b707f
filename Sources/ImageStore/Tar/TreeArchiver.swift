import CLinux
import Fault
import Linux
import NIOCore

/// Writes a folder, or one thing in it, as a tar that is pulled piece by piece: nothing is read before it is asked
/// for. Names are sorted, so the same tree gives the same bytes. Sockets are left out, as tar and Docker do.
package final class TreeArchiver {
    package struct Options: Sendable {
        /// What the members' names start with in place of the path of what is archived; e.g. `etc` for `/etc`.
        package var name = ""
        /// Turn overlayfs's whiteouts and opaque folders into `.wh.` members: an upper folder as an image layer.
        package var whiteouts = false
        /// Name the folder that is archived itself (`./`); off for whole roots.
        package var includesTop = true
        /// What to leave out, by its path in the archive; of a folder all that is below, too.
        package var leavesOut: (@Sendable (_ path: String, _ isFolder: Bool) -> Bool)?
        /// Give every member this time (seconds since the epoch) and the owner 0: what identifies content.
        package var fixedTime: Int64?
        package init() {}
    }

    enum Limit {
        /// Bytes given out at a time.
        static let piece = 256 << 10
    }

    private struct Level {
        let folder: OwnedDescriptor
        let path: [UInt8]
        var names: [[UInt8]]
    }

    private struct FileID: Hashable { let device: UInt, inode: UInt }

    private let options: Options
    private var levels: [Level] = []
    private var file: (descriptor: OwnedDescriptor, left: Int64, size: Int64, path: [UInt8])?
    private var links: [FileID: [UInt8]] = [:]
    private var pending = ByteBuffer()
    private var isEnded = false
    /// Of the files that were named so far.
    package private(set) var contentBytes: Int64 = 0
    private let first: (folder: OwnedDescriptor, name: [UInt8])
    private var isStarted = false

    /// Archives what `name` (one component; "." for the folder itself) is in the folder. A symbolic link is archived
    /// as one. The caller has resolved the folder safely.
    package init(_ name: String, in folder: OwnedDescriptor, _ options: Options = Options()) {
        first = (folder, Array(name.utf8) + [0])
        self.options = options
    }

    /// Some bytes; nil at the end. Blocks on the disk: not for the cooperative pool.
    package func next() throws -> ByteBuffer? {
        while pending.readableBytes < Limit.piece, !isEnded { try step() }
        guard pending.readableBytes > 0 else { return nil }
        defer { pending = ByteBuffer() }
        return pending
    }

    private func step() throws {
        if file != nil { return try content() }
        if !isStarted {
            isStarted = true
            var top = Array(options.name.utf8)
            if top.isEmpty, first.name != [0x2E, 0] { top = Array(first.name.dropLast()) }
            return try member(first.name, in: first.folder, path: top, isTop: true)
        }
        guard let level = levels.last else {
            pending.writeBytes(TarWriter.end)
            isEnded = true
            return
        }
        guard let name = level.names.last else {
            levels.removeLast()
            return
        }
        levels[levels.count - 1].names.removeLast()
        let path = join(level.path, Array(name.dropLast()))
        try member(name, in: level.folder, path: path, isTop: false)
    }

    private func content() throws {
        guard let (descriptor, length, size, path) = file else { return }
        var left = length
        let wanted = Int(min(left, Int64(Limit.piece)))
        let shown = String(decoding: path, as: UTF8.self)
        if wanted > 0 {
            pending.reserveCapacity(minimumWritableBytes: wanted)
            var count = try kernel("read", shown) {
                pending.withUnsafeMutableWritableBytes { read(descriptor.raw, $0.baseAddress, wanted) }
            }
            pending.moveWriterIndex(forwardBy: count)
            if count == 0 {
                // It shrank while it was read: the header's promise is kept with zeros.
                pending.writeRepeatingByte(0, count: wanted)
                count = wanted
            }
            left -= Int64(count)
        }
        file = (descriptor, left, size, path)
        if left == 0 {
            pending.writeRepeatingByte(0, count: TarWriter.padding(size))
            file = nil
        }
    }

    private func member(_ name: [UInt8], in folder: OwnedDescriptor, path: [UInt8], isTop: Bool) throws {
        let shown = String(decoding: path, as: UTF8.self)
        let node: OwnedDescriptor
        do throws(KernelError) {
            node = OwnedDescriptor(
                taking: try kernel("open", shown) {
                    name.withPath { hako_openat(folder.raw, $0, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0) }
                })
        } catch {
            if error.errno == ENOENT, !isTop { return }  // gone since the folder was read
            throw error
        }
        let status = try node.status()
        let format = status.st_mode & mode_t(S_IFMT)
        if options.whiteouts, format == mode_t(S_IFCHR), status.st_rdev == 0 { return whiteout(path) }
        if !isTop, let leavesOut = options.leavesOut, leavesOut(shown, format == mode_t(S_IFDIR)) { return }
        guard var entry = entry(status, format, path) else { return }
        if let time = options.fixedTime { (entry.mtime, entry.uid, entry.gid) = (TarEntry.Time(time), 0, 0) }
        entry.attributes = try attributes(node, shown)
        switch entry.kind {
        case .symlink: entry.link = try readLink(node, shown)
        case .regular where status.st_nlink > 1:
            let id = FileID(device: UInt(status.st_dev), inode: UInt(status.st_ino))
            if let first = links[id] {
                (entry.kind, entry.link, entry.size, entry.attributes) = (TarEntry.Kind.hardLink, first, 0, [])
            } else {
                links[id] = path
            }
        default: break
        }
        switch entry.kind {
        case .directory: try openFolder(node, entry, isTop: isTop)
        case .regular:
            let file = try OwnedDescriptor.open(node.procPath, O_RDONLY)
            pending.writeBytes(TarWriter.header(entry))
            contentBytes += entry.size
            if entry.size > 0 { self.file = (file, entry.size, entry.size, path) }
        default: pending.writeBytes(TarWriter.header(entry))
        }
    }

    private func openFolder(_ node: OwnedDescriptor, _ entry: TarEntry, isTop: Bool) throws {
        if !isTop || options.includesTop {
            var entry = entry
            if entry.path.isEmpty { entry.path = [UInt8(ascii: ".")] }
            pending.writeBytes(TarWriter.header(entry))
        }
        let folder = try OwnedDescriptor.open(node.procPath, O_RDONLY | O_DIRECTORY)
        if options.whiteouts, fgetxattr(folder.raw, TarExtractor.opaqueAttribute, nil, 0) >= 0 {
            pending.writeBytes(
                TarWriter.header(TarEntry(path: join(entry.path, Array(".wh..wh..opq".utf8)), kind: .regular, mode: 0)))
        }
        let names = try FileTree.entries(of: folder).map(\.name).sorted { $1.lexicographicallyPrecedes($0) }
        levels.append(Level(folder: folder, path: entry.path, names: names))
    }

    private func join(_ folder: [UInt8], _ name: [UInt8]) -> [UInt8] {
        if folder.isEmpty || folder == [UInt8(ascii: "/")] { return folder + name }
        return folder + [UInt8(ascii: "/")] + name
    }

    private func whiteout(_ path: [UInt8]) {
        let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        let hidden = Array(path[..<start]) + Array(".wh.".utf8) + path[start...]
        pending.writeBytes(TarWriter.header(TarEntry(path: hidden, kind: .regular, mode: 0)))
    }

    /// Nil for sockets.
    private func entry(_ status: stat, _ format: mode_t, _ path: [UInt8]) -> TarEntry? {
        let kind: TarEntry.Kind
        switch format {
        case mode_t(S_IFREG): kind = .regular
        case mode_t(S_IFDIR): kind = .directory
        case mode_t(S_IFLNK): kind = .symlink
        case mode_t(S_IFCHR): kind = .character
        case mode_t(S_IFBLK): kind = .block
        case mode_t(S_IFIFO): kind = .fifo
        default: return nil
        }
        var entry = TarEntry(path: path, kind: kind, mode: UInt32(status.st_mode) & 0o7777)
        (entry.uid, entry.gid) = (UInt32(status.st_uid), UInt32(status.st_gid))
        entry.size = kind == .regular ? Int64(status.st_size) : 0
        entry.mtime = TarEntry.Time(Int64(status.st_mtim.tv_sec), nanoseconds: Int(status.st_mtim.tv_nsec))
        if kind == .character || kind == .block {
            (entry.major, entry.minor) = (hako_major(status.st_rdev), hako_minor(status.st_rdev))
        }
        return entry
    }

    private func readLink(_ node: OwnedDescriptor, _ shown: String) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = try kernel("readlinkat", shown) {
            bytes.withUnsafeMutableBytes {
                readlinkat(node.raw, "", $0.bindMemory(to: CChar.self).baseAddress.unsafelyUnwrapped, $0.count)
            }
        }
        return Array(bytes[..<count])
    }

    /// Capabilities, and what users set themselves; the rest belongs to this host.
    private func attributes(_ node: OwnedDescriptor, _ shown: String) throws -> [TarEntry.Attribute] {
        // The descriptor is O_PATH: only the path calls take its /proc name, which they follow to the node itself.
        let path = node.procPath
        let length = listxattr(path, nil, 0)
        guard length > 0 else { return [] }
        var names = [CChar](repeating: 0, count: length)
        let listed = listxattr(path, &names, names.count)
        guard listed > 0 else { return [] }
        var attributes: [TarEntry.Attribute] = []
        for part in names[..<listed].split(separator: 0) {
            let name = String(decoding: part.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard name.hasPrefix("user.") || name == "security.capability" else { continue }
            let size = getxattr(path, name, nil, 0)
            guard size >= 0 else { continue }
            var value = [UInt8](repeating: 0, count: size)
            if getxattr(path, name, &value, size) == size { attributes.append(TarEntry.Attribute(name, value)) }
        }
        return attributes.sorted { $0.name < $1.name }
    }
}
