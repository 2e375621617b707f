import CLinux
import ContainerRuntime
import DockerModel
import Linux
import NIOCore

/// Reads a log from its place on, file after file. Not thread-safe; blocking.
final class LogCursor {
    private let files: LogFiles
    private let selection: LogSelection
    /// One chunk for each entry instead of one for many: what follows a live log reads line by line.
    private let isLineByLine: Bool
    private var queue: [LogPiece]
    private var offset = 0
    /// What was read and not yet parsed.
    private var rest: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: LogLimit.readBytes)
    private var entry = LogEntry(stream: 1, time: 0, text: [])
    /// An entry after `until` was seen: there is nothing more to come.
    private(set) var isDone = false

    init(_ files: LogFiles, _ selection: LogSelection, tail: Int?, isLineByLine: Bool) throws(KernelError) {
        self.files = files
        self.selection = selection
        self.isLineByLine = isLineByLine
        queue = try files.open()
        guard let tail else { return }
        let start = try files.tail(tail, of: queue)
        queue.removeFirst(min(start.file, queue.count))
        offset = start.offset
    }

    /// The next piece; empty when the end is reached for now.
    func read() throws(KernelError) -> [OutputChunk] {
        var gathered = LogGathering(isLineByLine: isLineByLine)
        while !isDone, gathered.isEmpty {
            guard let piece = queue.first else {
                // The log may have been made only now.
                queue = try files.open()
                if queue.isEmpty { return [] }
                continue
            }
            let count = try LogFiles.read(piece.file(), &buffer, buffer.count, at: offset)
            if count == 0 {
                if try !advance(from: piece) { break }
                continue
            }
            offset += count
            take(count, &gathered)
        }
        return gathered.finish()
    }

    /// At a file's end: on to the next, or to the one that rotation has put in its place. False: nothing there yet.
    private func advance(from piece: LogPiece) throws(KernelError) -> Bool {
        let file = try piece.file()
        if Int(try file.status().st_size) < offset {
            // Rotation with a single file cuts it.
            offset = 0
            rest = []
            return true
        }
        if queue.count > 1 {
            next()
            return true
        }
        var current = stat()
        guard stat(files.path, &current) == 0, UInt64(current.st_ino) != piece.inode else { return false }
        // Written to between our last read and the renaming.
        guard Int(try file.status().st_size) == offset else { return true }
        let all = try files.open()
        // The newest, should an older archive be of a file whose number the file system gave away again.
        let at = all.lastIndex { $0.inode == piece.inode }
        queue = at.map { Array(all[$0...]) } ?? [piece] + all
        next()
        return true
    }

    private func next() {
        queue.removeFirst()
        offset = 0
        rest = []
    }

    private func take(_ count: Int, _ gathered: inout LogGathering) {
        if rest.isEmpty {
            let used = buffer.withUnsafeBufferPointer { parse(UnsafeBufferPointer(rebasing: $0[..<count]), &gathered) }
            rest = Array(buffer[used..<count])
        } else {
            rest.append(contentsOf: buffer[..<count])
            let all = rest
            let used = all.withUnsafeBufferPointer { parse($0, &gathered) }
            rest.removeFirst(used)
        }
        // Nothing so long is an entry: go on behind it rather than gather it for ever.
        if rest.count > LogLimit.entryBytes { rest = [] }
    }

    /// Gives the bytes that were used up.
    private func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ gathered: inout LogGathering) -> Int {
        var at = 0
        while true {
            let step =
                files.format == .local
                ? LogParser.local(bytes, at: at, into: &entry) : LogParser.json(bytes, at: at, into: &entry)
            switch step {
            case .incomplete: return at
            case .damaged(let next): at = next
            case .entry(let next):
                at = next
                if selection.isPast(entry) {
                    isDone = true
                    return at
                }
                if selection.wants(entry) { gathered.add(entry, selection) }
            }
        }
    }
}

/// Puts entries together to chunks.
private struct LogGathering {
    let isLineByLine: Bool
    private var chunks: [OutputChunk] = []
    private var text: [UInt8] = []
    private var stream: UInt8 = 1

    init(isLineByLine: Bool) { self.isLineByLine = isLineByLine }

    var isEmpty: Bool { chunks.isEmpty && text.isEmpty }

    mutating func add(_ entry: LogEntry, _ selection: LogSelection) {
        if entry.stream != stream || isLineByLine || text.count >= LogLimit.chunkBytes { flush() }
        stream = entry.stream
        selection.write(entry, to: &text)
    }

    private mutating func flush() {
        guard !text.isEmpty else { return }
        chunks.append(OutputChunk(stream == 2 ? .stderr : .stdout, ByteBuffer(bytes: text)))
        text.removeAll(keepingCapacity: true)
    }

    mutating func finish() -> [OutputChunk] {
        flush()
        return chunks
    }
}
