import CLinux

/// `mode=non-blocking`: entries wait here for a process of their own that writes the file, since a disk that stands
/// still holds up whoever writes to it. What doesn't fit is dropped, so the container never waits.
///
/// A process and not a thread: the monitor forks, and may not have threads (see architecture.md). It ends when this
/// end of its pipe is closed and all that was in there is written, also when the monitor is killed.
final class LogQueue {
    /// The pipe to the writer, non-blocking.
    let descriptor: Int32
    private let writer: Int32
    private let entry = Scratch(LogFormat.entryLimit)
    /// Frames: 32-bit length and an entry each; length 0 asks for the file to be opened anew.
    private var pending: [UInt8] = []
    /// What of `pending` is in the pipe.
    private var sent = 0
    /// Bytes of output text that may wait, counted as dockerd does: without what the entries add.
    private let limit: Int
    private var waiting = 0
    /// Where each waiting entry ends, counted from the first byte ever sent, and its text's length.
    private var entries: [(end: Int, textCount: Int)] = []
    private var firstEntry = 0
    private var base = 0
    private var isLost = false

    /// Bytes sent at once: what a pipe holds.
    private static let batch = 64 << 10
    /// Sent bytes that `pending` keeps at most before it is cut.
    private static let slack = 256 << 10

    init(limit: Int, writer file: LogFileWriter) throws(LaunchFailure) {
        self.limit = limit
        var ends: (Int32, Int32) = (-1, -1)
        let made = withUnsafeMutablePointer(to: &ends) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { pipe2($0, O_CLOEXEC) }
        }
        try check(.openLog, "pipe") { made }
        writer = try check(.openLog, "fork") { fork() }
        if writer == 0 { LogQueueReader(source: ends.0, file: file).run() }
        closeDescriptor(ends.0)
        file.close()
        descriptor = ends.1
        setNonBlocking(descriptor)
    }

    /// Something waits for the pipe to take more.
    var isWaiting: Bool { sent < pending.count }

    /// The first one is taken however long it is, as dockerd does.
    func hasRoom(for textCount: Int) -> Bool {
        if waiting + textCount > limit { send() }
        return !isLost && (waiting + textCount <= limit || firstEntry == entries.count)
    }

    /// Where the next entry is put: room for `LogFormat.entryLimit` bytes.
    func room() -> UnsafeMutablePointer<UInt8> { entry.base }

    /// An entry of that length lies in the room.
    func commit(_ count: Int, textCount: Int) {
        append(UInt32(count))
        pending.append(contentsOf: UnsafeBufferPointer(start: entry.base, count: count))
        entries.append((base + pending.count, textCount))
        waiting += textCount
        if pending.count - sent >= Self.batch { send() }
    }

    func reopen() {
        guard !isLost else { return }
        append(0)
        send()
    }

    private func append(_ length: UInt32) {
        for shift in [UInt32(0), 8, 16, 24] { pending.append(UInt8(truncatingIfNeeded: length >> shift)) }
    }

    /// As much as the pipe takes now.
    func send() {
        while sent < pending.count {
            let count = pending.withUnsafeBytes { bytes in
                attempt { write(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent) }
            }
            guard let count else {
                if hako_errno() != EAGAIN { lose() }
                break
            }
            sent += count
        }
        while firstEntry < entries.count, entries[firstEntry].end <= base + sent {
            waiting -= entries[firstEntry].textCount
            firstEntry += 1
        }
        if sent == pending.count || sent >= Self.slack { cut() }
    }

    private func cut() {
        base += sent
        if sent == pending.count { pending.removeAll(keepingCapacity: true) } else { pending.removeFirst(sent) }
        entries.removeFirst(firstEntry)
        firstEntry = 0
        sent = 0
    }

    /// The writer was killed: what comes from now on has nowhere to go.
    private func lose() {
        complain("the process that writes the log is gone; nothing more is logged")
        isLost = true
        sent = pending.count
    }

    /// Returns when the writer has written all and has ended.
    func finish() {
        let flags = Int(hako_fcntl(descriptor, F_GETFL, 0)) & ~Int(O_NONBLOCK)
        _ = hako_fcntl(descriptor, F_SETFL, flags)
        send()
        closeDescriptor(descriptor)
        var status: Int32 = 0
        while waitpid(writer, &status, 0) == -1 && hako_errno() == EINTR {}
    }

    func rest() {
        entry.release()
        guard !isWaiting else { return }
        cut()
        pending = []
        entries = []
    }
}

/// The process at the other end.
private struct LogQueueReader {
    let source: Int32
    let file: LogFileWriter

    private static let restMilliseconds: Int32 = 100

    func run() -> Never {
        _ = "hako-log".withCString { hako_prctl(15, UInt(bitPattern: $0), 0, 0, 0) }
        closeOthers(keeping: [source, file.file], preserved: 0)
        let buffer = Scratch(LogFormat.entryLimit + (64 << 10))
        var filled = 0, isWarm = true
        while true {
            var wait = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
            if poll(&wait, 1, isWarm ? Self.restMilliseconds : -1) == 0 {
                if filled == 0 { buffer.release() }
                file.rest()
                isWarm = false
                continue
            }
            let count = attempt { read(source, buffer.base + filled, buffer.capacity - filled) } ?? 0
            if count == 0 { _exit(0) }
            isWarm = true
            filled = take(buffer.base, filled + count)
            file.flush()
        }
    }

    /// Gives the length of the unfinished frame that is left, moved to the front.
    private func take(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        var at = 0
        while count - at >= 4 {
            let length = (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
            if length == 0 {
                do throws(LaunchFailure) { try file.reopen() } catch {
                    complain("can't open the log anew: errno " + decimal(Int(error.errno)))
                }
            } else {
                guard count - at - 4 >= length else { break }
                UnsafeMutableRawPointer(file.room()).copyMemory(from: bytes + at + 4, byteCount: length)
                file.commit(length)
            }
            at += 4 + length
        }
        if at > 0 && at < count { memmove(bytes, bytes + at, count - at) }
        return count - at
    }
}
