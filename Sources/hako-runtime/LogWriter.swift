import CLinux

/// Memory that costs nothing while it isn't used: mapped once, given back to the kernel after a burst.
struct Scratch {
    let base: UnsafeMutablePointer<UInt8>
    let capacity: Int

    init(_ capacity: Int) {
        self.capacity = capacity
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let space = mmap(nil, capacity, PROT_READ | PROT_WRITE, flags, -1, 0), Int(bitPattern: space) != -1 else {
            complain("no memory for buffers")
            _exit(1)
        }
        base = space.assumingMemoryBound(to: UInt8.self)
    }

    func release() { madvise(base, capacity, 4) }
}

/// Makes the container's log: lines out of chunks, entries out of lines, written at once or queued for a writer that
/// may lag.
final class LogWriter {
    private let plan: LogPlan
    /// nil: no log.
    private let file: LogFileWriter?
    /// `mode=non-blocking`.
    private(set) var queue: LogQueue?
    /// The unfinished line of stdout and stderr, below `LogFormat.lineLimit`.
    private var unfinished: ([UInt8], [UInt8]) = ([], [])

    init(_ plan: LogPlan) throws(LaunchFailure) {
        self.plan = plan
        file = plan.format.rawValue == LogPlan.Format.none.rawValue ? nil : try LogFileWriter(plan)
        if let file, let limit = plan.bufferSize { queue = try LogQueue(limit: Int(limit), writer: file) }
    }

    func reopen() throws(LaunchFailure) {
        if let queue { queue.reopen() } else { try file?.reopen() }
    }

    /// Takes a chunk of a stream; what it ends with waits for its newline.
    func take(_ stream: UInt8, _ chunk: UnsafeBufferPointer<UInt8>, at now: Int64) {
        guard file != nil, var base = chunk.baseAddress else { return }
        let tail = tail(stream, now)
        var rest = chunk.count
        var head = stream == 2 ? unfinished.1 : unfinished.0
        while rest > 0 {
            let room = LogFormat.lineLimit - head.count
            let found = memchr(base, 10, min(rest, room + 1))
            let length = found.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) }
            guard let taken = length ?? (rest >= room ? room : nil) else { break }
            if head.isEmpty {
                add(UnsafeBufferPointer(start: base, count: taken), stream, length != nil, tail, now)
            } else {
                head.append(contentsOf: UnsafeBufferPointer(start: base, count: taken))
                head.withUnsafeBufferPointer { add($0, stream, length != nil, tail, now) }
                head = []
            }
            let used = taken + (length != nil ? 1 : 0)
            base += used
            rest -= used
        }
        if rest > 0 { head.append(contentsOf: UnsafeBufferPointer(start: base, count: rest)) }
        if stream == 2 { unfinished.1 = head } else { unfinished.0 = head }
    }

    /// The stream has ended: its unfinished line is written as it is.
    func end(_ stream: UInt8) {
        let head = stream == 2 ? unfinished.1 : unfinished.0
        if stream == 2 { unfinished.1 = [] } else { unfinished.0 = [] }
        guard !head.isEmpty, file != nil else { return }
        let now = wallClock()
        head.withUnsafeBufferPointer { add($0, stream, false, tail(stream, now), now) }
    }

    private func tail(_ stream: UInt8, _ now: Int64) -> [UInt8] {
        guard plan.format.rawValue == LogPlan.Format.jsonFile.rawValue else { return [] }
        return LogFormat.jsonTail(stream: stream, time: LogFormat.timestamp(now))
    }

    private func add(
        _ text: UnsafeBufferPointer<UInt8>, _ stream: UInt8, _ newline: Bool, _ tail: [UInt8], _ now: Int64
    ) {
        if let queue {
            guard queue.hasRoom(for: text.count) else { return }
            queue.commit(format(text, stream, newline, tail, now, to: queue.room()), textCount: text.count)
        } else if let file {
            file.commit(format(text, stream, newline, tail, now, to: file.room()))
        }
    }

    private func format(
        _ text: UnsafeBufferPointer<UInt8>, _ stream: UInt8, _ newline: Bool, _ tail: [UInt8], _ now: Int64,
        to room: UnsafeMutablePointer<UInt8>
    ) -> Int {
        if plan.format.rawValue == LogPlan.Format.jsonFile.rawValue {
            return tail.withUnsafeBufferPointer { LogFormat.jsonEntry(text, newline: newline, tail: $0, to: room) }
        }
        return LogFormat.localEntry(text, newline: newline, stream: stream, nanoseconds: now, to: room)
    }

    /// Everything taken so far is on its way to the file.
    func flush() {
        if let queue { queue.send() } else { file?.flush() }
    }

    /// There is no more: returns when all is in the file.
    func finish() {
        end(1)
        end(2)
        if let queue { queue.finish() } else { file?.flush() }
    }

    /// Gives memory back.
    func rest() {
        if let queue { queue.rest() } else { file?.rest() }
    }
}
