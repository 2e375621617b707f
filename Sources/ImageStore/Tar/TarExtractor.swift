import CLinux
import Fault
import Linux

/// Unpacks an archive below a folder that its members can't leave.
///
/// Every parent is resolved by the kernel inside the root (openat2, RESOLVE_IN_ROOT) and worked on through its
/// descriptor; the last component is never followed. So neither "..", absolute links, nor a link that an earlier
/// member planted leads out. Folders get their final mode and time at the end, when nothing is put into them any more.
package final class TarExtractor: TarSink {
    package struct Options: Sendable {
        /// Turn `.wh.` names into overlayfs whiteouts and opaque folders (image-spec, layer.md "Whiteouts"); else
        /// they are names like others.
        package var whiteouts = false
        /// Keep the archive's owners; needs root.
        package var keepOwners = geteuid() == 0
        /// Give everything to this user and group, whatever the archive says.
        package var owner: (uid: UInt32, gid: UInt32)?
        /// Give regular files this mode, and none of set-id bits, whatever the archive says.
        package var mode: UInt32?
        /// Turns a member's mode into the one it gets; not asked about symbolic links.
        package var permissions: (@Sendable (_ mode: UInt32, _ isFolder: Bool) -> UInt32)?
        /// Leave out devices and pipes.
        package var skipsNodes = false
        /// Refuse to put a folder where something else is, and the other way round (`docker cp`).
        package var keepKinds = false
        /// A folder inside the root where the members go.
        package var base = ""
        package init() {}
    }

    let root: OwnedDescriptor
    let options: Options
    let base: [UInt8]
    /// Bits that the process takes away from new files' modes.
    let umask: UInt32

    private(set) var folders: [Folder] = []
    private(set) var cachedParent: (path: [UInt8], folder: OwnedDescriptor)?
    var file: (path: TarPath, descriptor: OwnedDescriptor, entry: TarEntry)?
    private var entries = 0
    /// Names that a whiteout of this archive covers: a folder that comes later under the name must hide what is below.
    private(set) var whitedOut: Set<[UInt8]> = []

    /// Bytes of regular files, holes included; what `docker images` counts.
    package private(set) var unpackedBytes: Int64 = 0

    struct Folder {
        let path: [UInt8]
        let mode: UInt32
        let mtime: TarEntry.Time
    }

    package init(into root: OwnedDescriptor, _ options: Options = Options()) throws {
        self.root = root
        self.options = options
        base = Array(try TarPath(Array(options.base.utf8)).whole.dropLast())
        umask = Self.processUmask
    }

    package convenience init(into path: String, _ options: Options = Options()) throws {
        try self.init(into: try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY), options)
    }

    // There is no call that only reads it, and setting it would race with other threads.
    private static let processUmask: UInt32 = {
        guard let status = try? KernelFile.read("/proc/self/status", limit: 1 << 16),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Umask:") }),
            let value = UInt32(line.dropFirst("Umask:".count).drop { $0 == "\t" || $0 == " " }, radix: 8)
        else { return 0o777 }  // unknown: set every mode explicitly
        return value
    }()

    // MARK: Sink

    package func begin(_ member: TarEntry) throws {
        var entry = member
        if let mode = options.mode {
            entry.mode = entry.kind == .directory ? 0o700 : mode
            entry.attributes = []
            // An archive of images holds nothing but files, folders and links between them.
            guard ![.character, .block, .fifo].contains(entry.kind) else { return }
        }
        if options.skipsNodes, [.character, .block, .fifo].contains(entry.kind) { return }
        if let permissions = options.permissions, entry.kind != .symlink {
            entry.mode = permissions(entry.mode, entry.kind == .directory)
        }
        let path = try TarPath(entry.path, under: base)
        if options.whiteouts, try whiteout(path) { return }
        if path.whole.count - 1 == base.count {
            // The root itself: its mode and time count, nothing is made.
            guard entry.kind == .directory else { throw Fault(.invalid, "tar archive's root is no folder") }
            return try existingFolder(path, entry)
        }
        let parent = try folder(path.parent)
        switch entry.kind {
        case .regular: try makeFile(path, parent, entry)
        case .directory: try makeFolder(path, parent, entry)
        case .hardLink: try makeHardLink(path, parent, entry)
        case .symlink: try makeSymlink(path, parent, entry)
        case .character, .block, .fifo: try makeNode(path, parent, entry)
        }
    }

    package func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        guard let file else { return }
        var done = 0
        while done < bytes.count {
            done += try kernel("write", file.path.shown) {
                pwrite(
                    file.descriptor.raw, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset) + done
                )
            }
        }
    }

    package func end() throws {
        guard let (path, descriptor, entry) = file else { return }
        file = nil
        let (size, overflow) = unpackedBytes.addingReportingOverflow(entry.size)
        guard !overflow, size <= TarLimit.contentBytes else {
            throw Fault(.invalid, "tar archive unpacks to more than \(TarLimit.contentBytes) bytes")
        }
        unpackedBytes = size
        if try descriptor.status().st_size != entry.size {
            try kernel("ftruncate", path.shown) { ftruncate(descriptor.raw, off_t(entry.size)) }  // a hole at the end
        }
        try setMetadata(of: descriptor, path, entry)
    }

    /// Gives the folders their modes and times. Call once, after the last member.
    package func finish() throws {
        for folder in folders.reversed() { try settle(folder) }
        folders = []
        cachedParent = nil
    }

    // MARK: Folders

    /// The folder by its path with a NUL, made with those above it where missing.
    func folder(_ path: [UInt8]) throws -> OwnedDescriptor {
        if let cachedParent, cachedParent.path == path { return cachedParent.folder }
        let found: OwnedDescriptor
        do throws(KernelError) {
            found = try open(path)
        } catch {
            guard error.errno == ENOENT else { throw error }
            found = try makeParents(path)
        }
        cachedParent = (path, found)
        return found
    }

    func open(_ path: [UInt8], _ flags: Int32 = O_RDONLY | O_DIRECTORY) throws(KernelError) -> OwnedDescriptor {
        var how = open_how()
        how.flags = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
        how.resolve = UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
        let name = path.count == 1 ? [UInt8(ascii: "."), 0] : path
        return OwnedDescriptor(
            taking: try kernel("openat2", String(decoding: path.dropLast(), as: UTF8.self)) {
                name.withPath { hako_openat2(root.raw, $0, &how) }
            })
    }

    private func makeParents(_ path: [UInt8]) throws -> OwnedDescriptor {
        var current = try open([0])
        for end in path.indices where path[end] == UInt8(ascii: "/") || path[end] == 0 {
            let prefix = Array(path[..<end]) + [0]
            do throws(KernelError) {
                current = try open(prefix)
                continue
            } catch {
                guard error.errno == ENOENT else { throw error }
            }
            let nameStart = path[..<end].lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
            try kernel("mkdirat", String(decoding: path[..<end], as: UTF8.self)) {
                prefix.withPath(from: nameStart) { mkdirat(current.raw, $0, 0o755) }
            }
            current = try open(prefix)
            if umask & 0o755 != 0 { try kernel("fchmod", "") { fchmod(current.raw, 0o755) } }
        }
        return current
    }

    func forgetCachedParent() { cachedParent = nil }
    func addFolder(_ folder: Folder) throws {
        folders.append(folder)
    }
    func rememberWhiteout(_ path: [UInt8]) { whitedOut.insert(path) }
}
