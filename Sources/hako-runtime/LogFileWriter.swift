import CLinux

/// Writes entries in batches, to one file after the other.
final class LogFileWriter {
    private let plan: LogPlan
    private(set) var file: Int32 = -1
    private var size: Int64 = 0
    private let batch: Scratch
    private var filled = 0
    private var failed = false
    private var isUsed = false

    private static let batchSize = 256 << 10

    init(_ plan: LogPlan) throws(LaunchFailure) {
        self.plan = plan
        batch = Scratch(Self.batchSize)
        try open()
    }

    private func open() throws(LaunchFailure) {
        file = try openHost(plan.path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o640, step: .openLog)
        size = Int64(try status(of: file, step: .openLog, plan.path).st_size)
    }

    func reopen() throws(LaunchFailure) {
        flush()
        close()
        try open()
    }

    /// Somebody else writes from now on.
    func close() {
        if file >= 0 { closeDescriptor(file) }
        file = -1
    }

    /// Where the next entry goes: room for `LogFormat.entryLimit` bytes.
    func room() -> UnsafeMutablePointer<UInt8> {
        if batch.capacity - filled < LogFormat.entryLimit { flush() }
        return batch.base + filled
    }

    /// An entry of that length lies in the room.
    func commit(_ count: Int) {
        filled += count
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
        var folder: Int32 = -1
        if plan.compresses {
            // A reader, or the daemon putting a compressed file in its place: they hold it for a moment. The next
            // batch tries again, so that nobody can hold the container up by this.
            folder = lockFolder()
            if folder == -1 { return }
        }
        defer { if folder >= 0 { closeDescriptor(folder) } }
        let last = plan.path + "." + decimal(Int(plan.maxFiles) - 1)
        unlink(last)
        if plan.compresses { unlink(last + LogFormat.compressedSuffix) }
        for number in stride(from: Int(plan.maxFiles) - 1, to: 0, by: -1) {
            let older = plan.path + "." + decimal(number)
            let newer = number == 1 ? plan.path : plan.path + "." + decimal(number - 1)
            rename(newer, older)
            if plan.compresses, number > 1 {
                rename(newer + LogFormat.compressedSuffix, older + LogFormat.compressedSuffix)
            }
        }
        close()
        do throws(LaunchFailure) { try open() } catch {
            complain("can't open the log " + plan.path + ": errno " + decimal(Int(error.errno)))
        }
    }

    /// -1 while somebody else has the lock.
    private func lockFolder() -> Int32 {
        let folder = RootFolder.divide(plan.path).0
        guard let opened = attempt({ hako_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }) else { return -1 }
        if attempt({ flock(opened, LOCK_EX | LOCK_NB) }) != nil { return opened }
        closeDescriptor(opened)
        return -1
    }
}
