import CLinux
import Fault
import ImageStore
import Linux
import NIOConcurrencyHelpers
import NIOCore
import Protobuf
import Wire

/// What a build gives to its client's disk.
extension Session {
    static let send = "/moby.filesync.v1.FileSend/DiffCopy"

    private func begin(_ output: Int, _ metadata: [(name: String, value: String)] = []) async throws -> GRPCStream {
        guard supports(Self.send) else { throw Fault(.invalid, "method \(Self.send) not supported by the client") }
        return try await connection.call(
            Self.send,
            metadata: metadata + [
                ("buildkit-attachable-exporter-id", "\(output)"), ("buildkit-exporter-multi-platform", "1"),
            ])
    }

    /// One file, piece by piece.
    func sendFile(_ output: Int, facts: [String: String], _ next: () async throws -> ByteBuffer?) async throws {
        let stream = try await begin(output, facts.map { ("exporter-md-" + $0.key, $0.value) })
        defer { stream.cancel() }
        while var piece = try await next() {
            while let part = piece.readSlice(length: min(piece.readableBytes, 1 << 20)), part.readableBytes > 0 {
                try await stream.send(ProtobufWriter.message { $0.bytes(1, part.readableBytesView) })
            }
        }
        try? await stream.closeSend()
        // The client has it on its disk when it ends.
        while try await stream.receive() != nil {}
    }

    /// Whole trees, each below a name ("" for the top).
    func sendTrees(_ output: Int, _ trees: [(name: String, root: SafeRoot)]) async throws {
        let stream = try await begin(output)
        defer { stream.cancel() }
        let walk = TreeWalk(trees)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                while let status = try await onPool({ try walk.next() }) {
                    try await stream.send(FilePacket(.status, status: status).bytes)
                }
                try await stream.send(FilePacket(.status).bytes)
                return false
            }
            group.addTask {
                while let message = try await stream.receive() {
                    let packet = try FilePacket(message.readableBytesView)
                    switch packet.kind {
                    case .request: try await Self.send(packet.id, of: walk, over: stream)
                    case .end:
                        try await stream.send(FilePacket(.end).bytes)
                        try? await stream.closeSend()
                        while try await stream.receive() != nil {}
                        return true
                    case .failure:
                        throw Fault(
                            .invalid, "error from receiver: \(String(decoding: packet.data, as: UTF8.self))")
                    case .status, .data: throw Fault(.invalid, "the receiver sends files")
                    }
                }
                throw Fault(.invalid, "the receiver ended in the middle")
            }
            for try await isOver in group where isOver { break }
            group.cancelAll()
        }
    }

    private static func send(_ number: UInt32, of walk: TreeWalk, over stream: GRPCStream) async throws {
        guard let file = try await onPool({ try walk.open(number) }) else {
            throw Fault(.invalid, "invalid file id \(number)")
        }
        while true {
            let piece = try await onPool {
                var buffer = [UInt8](repeating: 0, count: FileSyncLimit.piece)
                let count = try kernel("read", "output") { read(file.raw, &buffer, buffer.count) }
                return Array(buffer[..<count])
            }
            if piece.isEmpty { break }
            try await stream.send(FilePacket(.data, id: number, data: piece).bytes)
        }
        try await stream.send(FilePacket(.data, id: number).bytes)
    }
}

/// Names all that is in some trees, folder before content, in the protocol's order; opens files by their numbers.
final class TreeWalk: @unchecked Sendable {
    // Unchecked: `files` under a lock, all else of one task that waits for each call.
    private struct Level {
        let root: SafeRoot
        /// Inside its root, and as it is named.
        let path: String
        let name: String
        var names: [String]
    }

    private var tops: ArraySlice<(name: String, root: SafeRoot)>
    private var levels: [Level] = []
    private var count: UInt32 = 0
    private let files = NIOLockedValueBox<[UInt32: (root: SafeRoot, path: String)]>([:])

    init(_ trees: [(name: String, root: SafeRoot)]) { tops = trees.sorted { $0.name < $1.name }[...] }

    /// Nil at the end. Blocking.
    func next() throws -> FileStatus? {
        while true {
            guard let level = levels.last else {
                guard let top = tops.popFirst() else { return nil }
                try enter(top.root, "", top.name)
                guard top.name.isEmpty else {
                    var status = FileStatus()
                    status.path = top.name
                    status.mode = FileStatus.Bits.folder | 0o755
                    count += 1
                    return status
                }
                continue
            }
            guard let name = level.names.last else {
                levels.removeLast()
                continue
            }
            levels[levels.count - 1].names.removeLast()
            let path = level.path + "/" + name
            let shown = level.name.isEmpty ? name : level.name + "/" + name
            if let status = try Self.status(level.root, path, shown) {
                if status.isFolder { try enter(level.root, path, shown) }
                if status.isFile {
                    let number = count
                    files.withLockedValue { $0[number] = (level.root, path) }
                }
                count += 1
                return status
            }
        }
    }

    private func enter(_ root: SafeRoot, _ path: String, _ name: String) throws {
        let folder = try root.open(
            path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: UInt64(RESOLVE_NO_SYMLINKS))
        let names = KernelFile.names(in: folder.procPath).sorted { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }
        levels.append(Level(root: root, path: path, name: name, names: names.reversed()))
    }

    /// Nil: a thing that isn't sent.
    static func status(_ root: SafeRoot, _ path: String, _ shown: String) throws -> FileStatus? {
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
    func open(_ number: UInt32) throws -> OwnedDescriptor? {
        guard let file = files.withLockedValue({ $0.removeValue(forKey: number) }) else { return nil }
        return try file.root.open(
            file.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, resolve: UInt64(RESOLVE_NO_SYMLINKS))
    }
}
