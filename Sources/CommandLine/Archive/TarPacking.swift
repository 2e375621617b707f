import Fault
import Glibc
import NIOCore

/// A tar archive of a file or folder of this machine, made piece by piece as it is asked for.
package actor TarPacking {
    /// Bytes given so far.
    package private(set) var bytes = 0
    private var pending: [(path: String, name: String)]
    private var file: (descriptor: Int32, left: Int, padding: Int)?
    private var isEnded = false

    private static let pieceBytes = 256 << 10

    private let leavesOut: (@Sendable (String, Bool) -> Bool)?
    private let additions: [(name: String, content: [UInt8])]
    /// Everything belongs to root, whoever has it here.
    private let hidesOwners: Bool
    private var added = 0

    /// - Parameters:
    ///   - name: under which the file is in the archive; `.` for a folder's content alone.
    ///   - leavesOut: told each member's name and whether it is a folder; of a folder all below stays out, too.
    ///   - additions: files that come last, from memory.
    package init(
        path: String, name: String, leavesOut: (@Sendable (_ name: String, _ isFolder: Bool) -> Bool)? = nil,
        additions: [(name: String, content: [UInt8])] = [], hidesOwners: Bool = false
    ) {
        pending = [(path, name)]
        self.leavesOut = leavesOut
        self.additions = additions
        self.hidesOwners = hidesOwners
    }

    /// Files from memory alone.
    package init(_ additions: [(name: String, content: [UInt8])]) {
        pending = []
        leavesOut = nil
        self.additions = additions
        hidesOwners = true
    }

    deinit { if let file { close(file.descriptor) } }

    /// Nil at the end.
    package func next() throws -> ByteBuffer? {
        while !isEnded {
            let piece = try piece()
            if piece.isEmpty { continue }
            bytes += piece.count
            return ByteBuffer(bytes: piece)
        }
        return nil
    }

    private func piece() throws -> [UInt8] {
        if file != nil { return try content() }
        guard let (path, name) = pending.popLast() else { return addition() }
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw Fault(.internalFault, "lstat \(path): \(WholeFile.message(errno))")
        }
        if name != ".", let leavesOut, leavesOut(name, status.st_mode & S_IFMT == S_IFDIR) { return [] }
        var header = TarHeader(name: name, kind: .other)
        header.mode = status.st_mode & 0o7777
        if !hidesOwners { (header.user, header.group) = (Int(status.st_uid), Int(status.st_gid)) }
        header.modified = Int(status.st_mtim.tv_sec)
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            header.kind = .directory
            header.name = name + "/"
            for entry in try Self.entries(path).reversed() {
                pending.append((path + "/" + entry, name == "." ? entry : name + "/" + entry))
            }
        case S_IFLNK:
            header.kind = .symbolicLink
            header.link = try Self.linkTarget(path)
        case S_IFREG:
            header.kind = .file
            header.size = Int(status.st_size)
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { throw Fault(.internalFault, "open \(path): \(WholeFile.message(errno))") }
            file = (descriptor, header.size, TarWriting.padding(header.size).count)
        default: return try piece()  // sockets, pipes and devices aren't copied
        }
        return TarWriting.blocks(header)
    }

    private func addition() -> [UInt8] {
        guard added < additions.count else {
            isEnded = true
            return TarWriting.end
        }
        let (name, content) = additions[added]
        added += 1
        var header = TarHeader(name: name, kind: .file)
        header.mode = 0o600
        header.size = content.count
        return TarWriting.blocks(header) + content + TarWriting.padding(content.count)
    }

    /// A file that shrinks meanwhile is filled up with zeros: its size has been told.
    private func content() throws -> [UInt8] {
        guard var open = file else { return [] }
        guard open.left > 0 else {
            close(open.descriptor)
            file = nil
            return try open.padding > 0 ? [UInt8](repeating: 0, count: open.padding) : piece()
        }
        var chunk = [UInt8](repeating: 0, count: min(open.left, Self.pieceBytes))
        let count = read(open.descriptor, &chunk, chunk.count)
        if count > 0 { chunk.removeLast(chunk.count - count) } else if count < 0, errno == EINTR { chunk = [] }
        open.left -= chunk.count
        file = open
        return chunk
    }

    private static func entries(_ path: String) throws -> [String] {
        guard let directory = opendir(path) else {
            throw Fault(.internalFault, "open \(path): \(WholeFile.message(errno))")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func linkTarget(_ path: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        guard count >= 0 else { throw Fault(.internalFault, "readlink \(path): \(WholeFile.message(errno))") }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
