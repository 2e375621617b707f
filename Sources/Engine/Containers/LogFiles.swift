import CLinux
import ContainerRuntime
import Linux

/// A container's log as it lies on disk: the file that is written, and older ones that rotation has renamed and the
/// daemon may have compressed.
struct LogFiles: Sendable {
    let format: LogFile.Format
    let path: String

    var folder: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

    /// Opens everything that is there, oldest first.
    func open() throws(KernelError) -> [LogPiece] {
        try locked(LOCK_SH) { () throws(KernelError) in
            var found: [LogPiece] = []
            for number in 0..<LogLimit.files {
                let name = number == 0 ? path : "\(path).\(number)"
                if let piece = try open(name) { found.append(piece) } else if number > 0 { break }
            }
            return found.reversed()
        }
    }

    private func open(_ name: String) throws(KernelError) -> LogPiece? {
        do throws(KernelError) {
            let file = try OwnedDescriptor.open(name, O_RDONLY | O_NOFOLLOW)
            return LogPiece(plain: file, inode: UInt64(try file.status().st_ino))
        } catch {
            if error.errno != ENOENT { throw error }
        }
        do throws(KernelError) {
            let archive = try OwnedDescriptor.open(name + LogFormat.compressedSuffix, O_RDONLY | O_NOFOLLOW)
            return LogPiece(archive: archive, inode: try LogArchive.inode(of: archive), folder: folder)
        } catch {
            if error.errno != ENOENT { throw error }
        }
        return nil
    }

    /// Where the last `count` entries of the files begin: index of the file and offset in it.
    func tail(_ count: Int, of files: [LogPiece]) throws(KernelError) -> (file: Int, offset: Int) {
        guard count > 0, let last = files.indices.last else {
            return (max(files.count - 1, 0), Int(try files.last?.file().status().st_size ?? 0))
        }
        var wanted = count
        for index in (0...last).reversed() {
            let file = try files[index].file()
            let size = Int(try file.status().st_size)
            let (offset, found) =
                format == .local
                ? try Self.localTail(file, size, wanted) : try Self.lineTail(file, size, wanted)
            wanted -= found
            if wanted <= 0 { return (index, offset) }
        }
        return (0, 0)
    }

    /// Counts newlines backwards.
    private static func lineTail(_ file: OwnedDescriptor, _ size: Int, _ count: Int) throws(KernelError) -> (Int, Int) {
        var end = size, found = 0
        var buffer = [UInt8](repeating: 0, count: LogLimit.readBytes)
        while end > 0 {
            let start = max(0, end - buffer.count)
            let length = try read(file, &buffer, end - start, at: start)
            for position in (0..<length).reversed() where buffer[position] == 0x0A {
                let next = start + position + 1
                // The newline at the very end closes the last entry; one before it starts another.
                if next == size { continue }
                found += 1
                if found == count { return (next, found) }
            }
            end = start
        }
        return (0, size > 0 ? found + 1 : 0)
    }

    /// Steps from length to length.
    private static func localTail(_ file: OwnedDescriptor, _ size: Int, _ count: Int) throws(KernelError) -> (Int, Int)
    {
        var end = size, found = 0
        var buffer = [UInt8](repeating: 0, count: 4)
        while end >= 17, found < count {
            guard try read(file, &buffer, 4, at: end - 4) == 4 else { break }
            let length = Int(buffer[0]) | Int(buffer[1]) << 8 | Int(buffer[2]) << 16 | Int(buffer[3]) << 24
            guard length >= 9, length <= LogLimit.entryBytes, end - length - 8 >= 0 else { break }
            end -= length + 8
            found += 1
        }
        return (end, found)
    }

    static func read(_ file: OwnedDescriptor, _ buffer: inout [UInt8], _ count: Int, at offset: Int) throws(KernelError)
        -> Int
    {
        try kernel("pread", "log") { pread(file.raw, &buffer, count, off_t(offset)) }
    }
}

/// One file of a log: as it was written, or compressed, and then expanded when it is first read. Not thread-safe.
final class LogPiece {
    /// Of the file as it was written; nil for an archive that somebody else made.
    let inode: UInt64?
    private var plain: OwnedDescriptor?
    private let archive: OwnedDescriptor?
    private let folder: String

    init(plain: OwnedDescriptor, inode: UInt64) {
        (self.plain, self.inode, archive, folder) = (plain, inode, nil, "")
    }

    init(archive: OwnedDescriptor, inode: UInt64?, folder: String) {
        (self.archive, self.inode, self.folder) = (archive, inode, folder)
    }

    func file() throws(KernelError) -> OwnedDescriptor {
        if let plain { return plain }
        guard let archive else { throw KernelError(call: "open", subject: "log", errno: EBADF) }
        let expanded = try LogArchive.expand(archive, in: folder)
        plain = expanded
        return expanded
    }
}

/// Which entries a client wants, and how they look.
struct LogSelection: Sendable {
    var stdout = true, stderr = true
    var timestamps = false
    /// Before the text, with its space; nil: none.
    var details: [UInt8]?
    var since: Int64?, until: Int64?

    func wants(_ entry: LogEntry) -> Bool {
        if entry.stream == 2 ? !stderr : !stdout { return false }
        if let since, entry.time < since { return false }
        return true
    }

    func isPast(_ entry: LogEntry) -> Bool { until.map { entry.time > $0 } ?? false }

    func write(_ entry: LogEntry, to out: inout [UInt8]) {
        if timestamps {
            out.append(contentsOf: LogTime.fixed(entry.time))
            out.append(0x20)
        }
        if let details { out.append(contentsOf: details) }
        out.append(contentsOf: entry.text)
    }
}
