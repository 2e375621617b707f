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

/// Writes the container's log: lines out of chunks, entries in batches, one file after the other.
final class LogWriter {
    private let plan: LogPlan
    private var file: Int32 = -1
    private var size: Int64 = 0
    private let batch: Scratch
    private var filled = 0
    /// The unfinished line of stdout and stderr, below `LogFormat.lineLimit`.
    private var unfinished: ([UInt8], [UInt8]) = ([], [])
    private var failed = false
    private var isUsed = false

    private static let batchSize = 256 << 10

    init(_ plan: LogPlan) throws(LaunchFailure) {
        self.plan = plan
        batch = Scratch(plan.format.rawValue == LogPlan.Format.none.rawValue ? 4096 : Self.batchSize)
        if plan.format.rawValue != LogPlan.Format.none.rawValue { try open() }
    }

    private func open() throws(LaunchFailure) {
        file = try openHost(plan.path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o640, step: .openLog)
        size = Int64(try status(of: file, step: .openLog, plan.path).st_size)
    }

    func reopen() throws(LaunchFailure) {
        flush()
        guard plan.format.rawValue != LogPlan.Format.none.rawValue else { return }
        closeDescriptor(file)
        try open()
    }

    /// Takes a chunk of a stream; what it ends with waits for its newline.
    func take(_ stream: UInt8, _ chunk: UnsafeBufferPointer<UInt8>, at now: Int64) {
        guard file >= 0, var base = chunk.baseAddress else { return }
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
        guard !head.isEmpty, file >= 0 else { return }
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
        if batch.capacity - filled < LogFormat.entryLimit { flush() }
        if plan.format.rawValue == LogPlan.Format.jsonFile.rawValue {
            filled += tail.withUnsafeBufferPointer {
                LogFormat.jsonEntry(text, newline: newline, tail: $0, to: batch.base + filled)
            }
        } else {
            filled += LogFormat.localEntry(
                text, newline: newline, stream: stream, nanoseconds: now, to: batch.base + filled)
        }
        if let maxSize = plan.maxSize, size + Int64(filled) >= maxSize { flush() }
    }

    /// Writes the batch. A full disk loses log lines, never the container; said once until it works again.
    func flush() {
        guard filled > 0, file >= 0 else { return }
        if let maxSize = plan.maxSize, size >= maxSize, size > 0 { rotate() }
        var offset = 0
        while offset < filled {
            guard let count = attempt({ write(file, batch.base + offset, filled - offset) }) else {
                if !failed { complain("can't write the log " + plan.path + ": errno " + decimal(Int(hako_errno()))) }
                failed = true
                break
            }
            failed = false
            offset += count
        }
        size += Int64(offset)
        isUsed = true
        filled = 0
    }

    /// Gives the batch's memory back.
    func rest() {
        if isUsed { batch.release() }
        isUsed = false
    }

    /// `path` becomes `path.1`, and so on up to `maxFiles` files; with one file it starts from nothing.
    private func rotate() {
        if plan.maxFiles <= 1 {
            ftruncate(file, 0)
            size = 0
            return
        }
        for number in stride(from: Int(plan.maxFiles) - 1, to: 0, by: -1) {
            let older = plan.path + "." + decimal(number)
            rename(number == 1 ? plan.path : plan.path + "." + decimal(number - 1), older)
        }
        closeDescriptor(file)
        file = -1
        do throws(LaunchFailure) { try open() } catch {
            complain("can't open the log " + plan.path + ": errno " + decimal(Int(error.errno)))
        }
    }
}
