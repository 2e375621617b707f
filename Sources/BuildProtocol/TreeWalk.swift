import CLinux
import Linux
import NIOConcurrencyHelpers

/// Names all that is in some trees, folder before content, in the protocol's order; opens files by their numbers.
package final class TreeWalk: @unchecked Sendable {
    // Unchecked: `files` under a lock, all else of one task that waits for each call.

    /// What becomes of something that was found.
    package enum Choice: Sendable {
        case take
        /// A folder that counts only when something in it does.
        case lookInto
        case leave
    }

    private struct Level {
        let root: SafeRoot
        /// Inside its root, and as it is named.
        let path: String
        let name: String
        var names: [String]
        /// Not told yet: nothing in it was.
        var pending: Found?
    }

    private struct Found {
        let status: FileStatus
        let root: SafeRoot
        let path: String
    }

    private var tops: ArraySlice<(name: String, root: SafeRoot)>
    private var levels: [Level] = []
    private var ready: ArraySlice<Found> = []
    private var count: UInt32 = 0
    private let files = NIOLockedValueBox<[UInt32: (root: SafeRoot, path: String)]>([:])
    private let hidesOwners: Bool
    private let choose: @Sendable (_ path: String, _ isFolder: Bool) -> Choice

    /// - Parameters:
    ///   - hidesOwners: everything is root's, whoever has it here.
    ///   - choose: asked about each path, without a leading slash, and of a folder before what is in it.
    package init(
        _ trees: [(name: String, root: SafeRoot)], hidesOwners: Bool = false,
        choose: @escaping @Sendable (_ path: String, _ isFolder: Bool) -> Choice = { _, _ in .take }
    ) {
        tops = trees.sorted { $0.name < $1.name }[...]
        self.hidesOwners = hidesOwners
        self.choose = choose
    }

    /// The next ones; none at the end. Blocking.
    package func next(atMost limit: Int) throws -> [FileStatus] {
        var found: [FileStatus] = []
        while found.count < limit, let next = try next() { found.append(next) }
        return found
    }

    /// Nil at the end. Blocking.
    package func next() throws -> FileStatus? {
        while true {
            if let found = ready.popFirst() { return tell(found) }
            guard let level = levels.last else {
                guard let top = tops.popFirst() else { return nil }
                try enter(top.root, "", top.name, pending: nil)
                guard !top.name.isEmpty else { continue }
                var status = FileStatus()
                status.path = top.name
                status.mode = FileStatus.Bits.folder | 0o755
                return tell(Found(status: status, root: top.root, path: ""))
            }
            guard let name = level.names.last else {
                levels.removeLast()
                continue
            }
            levels[levels.count - 1].names.removeLast()
            try look(level.root, level.path + "/" + name, level.name.isEmpty ? name : level.name + "/" + name)
        }
    }

    private func look(_ root: SafeRoot, _ path: String, _ shown: String) throws {
        guard var status = try Self.status(root, path, shown) else { return }
        if hidesOwners { (status.uid, status.gid) = (0, 0) }
        let found = Found(status: status, root: root, path: path)
        switch choose(shown, status.isFolder) {
        case .leave: return
        case .lookInto:
            if status.isFolder { try enter(root, path, shown, pending: found) }
        case .take:
            for place in levels.indices {
                if let above = levels[place].pending { ready.append(above) }
                levels[place].pending = nil
            }
            ready.append(found)
            if status.isFolder { try enter(root, path, shown, pending: nil) }
        }
    }

    private func tell(_ found: Found) -> FileStatus {
        let number = count
        count += 1
        if found.status.isFile { files.withLockedValue { $0[number] = (found.root, found.path) } }
        return found.status
    }

    private func enter(_ root: SafeRoot, _ path: String, _ name: String, pending: Found?) throws {
        let folder = try root.open(
            path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: UInt64(RESOLVE_NO_SYMLINKS))
        let names = KernelFile.names(in: folder.procPath).sorted { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }
        levels.append(Level(root: root, path: path, name: name, names: names.reversed(), pending: pending))
    }

    /// Nil: a thing that isn't sent.
    package static func status(_ root: SafeRoot, _ path: String, _ shown: String) throws -> FileStatus? {
        guard let found = try root.status(path, followLast: false) else { return nil }
        var status = FileStatus()
        status.path = shown
        status.mode = UInt32(found.st_mode & 0o777)
        if found.st_mode & 0o4000 != 0 { status.mode |= FileStatus.Bits.setUser }
        if found.st_mode & 0o2000 != 0 { status.mode |= FileStatus.Bits.setGroup }
        if found.st_mode & 0o1000 != 0 { status.mode |= FileStatus.Bits.sticky }
        (status.uid, status.gid) = (found.st_uid, found.st_gid)
        status.modified = Int64(found.st_mtim.tv_sec) * 1_000_000_000 + Int64(found.st_mtim.tv_nsec)
        switch found.st_mode & mode_t(S_IFMT) {
        case mode_t(S_IFDIR): status.mode |= FileStatus.Bits.folder
        case mode_t(S_IFREG): status.size = Int64(found.st_size)
        case mode_t(S_IFLNK):
            status.mode |= FileStatus.Bits.symlink
            status.link = try root.readLink(path) ?? ""
        default: return nil
        }
        return status
    }

    /// Each once; nil for a number that is no file's. Blocking.
    package func open(_ number: UInt32) throws -> OpenFile? {
        guard let file = files.withLockedValue({ $0.removeValue(forKey: number) }) else { return nil }
        return OpenFile(
            try file.root.open(
                file.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, resolve: UInt64(RESOLVE_NO_SYMLINKS)), file.path)
    }
}

/// A file whose content is read once, from the beginning.
package struct OpenFile: Sendable {
    private let descriptor: OwnedDescriptor
    private let name: String

    init(_ descriptor: OwnedDescriptor, _ name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Blocking. Less than asked for is the end.
    func read(atMost limit: Int) throws -> (bytes: [UInt8], isLast: Bool) {
        var buffer = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let more = try kernel("read", name) {
                buffer.withUnsafeMutableBytes { bytes in
                    let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[count...])
                    return CLinux.read(descriptor.raw, rest.baseAddress, rest.count)
                }
            }
            if more == 0 { return (Array(buffer[..<count]), true) }
            count += more
        }
        return (buffer, false)
    }
}
