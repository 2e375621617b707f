import CLinux
import Fault

/// What both kinds of control group do with one folder.
enum ControlGroupFolder {
    static func exists(_ folder: String) -> Bool { access(folder, F_OK) == 0 }

    /// Makes the folder and those above it, below the mount point; `prepare` runs for each from the top down, before
    /// the next is made, with whether it is the last. Somebody else may take away meanwhile what is still empty.
    static func make(
        _ folder: String, below mountPoint: String,
        prepare: (_ folder: String, _ isLast: Bool) throws(KernelError) -> Void
    ) throws(KernelError) {
        for _ in 1..<ControlGroupLimit.makeTries {
            do throws(KernelError) { return try makeOnce(folder, below: mountPoint, prepare: prepare) } catch {
                guard error.errno == ENOENT || error.errno == ENODEV, exists(mountPoint) else { throw error }
            }
        }
        try makeOnce(folder, below: mountPoint, prepare: prepare)
    }

    private static func makeOnce(
        _ folder: String, below mountPoint: String,
        prepare: (_ folder: String, _ isLast: Bool) throws(KernelError) -> Void
    ) throws(KernelError) {
        var reached = mountPoint
        let parts = folder.dropFirst(mountPoint.count).split(separator: "/")
        for (index, part) in parts.enumerated() {
            reached += "/" + part
            do throws(KernelError) {
                try kernel("mkdir", reached) { mkdir(reached, 0o755) }
            } catch {
                if error.errno != EEXIST { throw error }
            }
            try prepare(reached, index == parts.count - 1)
        }
    }

    /// Writes one setting; the error says which limit, and what the kernel has to say.
    static func write(_ folder: String, _ file: String, _ value: String, _ what: String) throws(Fault) {
        do throws(KernelError) {
            try KernelFile.write(folder + "/" + file, value)
        } catch {
            throw fault(error, file, value, what)
        }
    }

    static func fault(_ error: KernelError, _ file: String, _ value: String, _ what: String) -> Fault {
        if error.errno == ENOENT {
            return Fault(
                .invalid,
                "\(what) can't be limited: this kernel has no \(file) (leave the option out, or boot a kernel with it)",
                cause: error)
        }
        return Fault(.invalid, "can't set \(what) to \(value): \(error)", cause: error)
    }

    static func number(_ folder: String, _ file: String) -> UInt64? {
        KernelFile.line(folder + "/" + file).flatMap { UInt64($0) }
    }

    /// "name value" lines.
    static func keyed(_ text: String) -> [String: UInt64] {
        var values: [String: UInt64] = [:]
        for (name, value) in pairs(text) { values[name] = value }
        return values
    }

    static func pairs(_ text: String) -> [(String, UInt64)] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count == 2, let value = UInt64(fields[1]) else { return nil }
            return (String(fields[0]), value)
        }
    }

    static func children(_ folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(folder + "/" + name) }
        }
        return names
    }

    static func members(_ folder: String, depth: Int = 0) -> [Int32] {
        guard depth < ControlGroupLimit.depth else { return [] }
        let own =
            (try? KernelFile.read(folder + "/cgroup.procs"))?.split(separator: "\n").compactMap { Int32($0) } ?? []
        return own + children(folder).flatMap { members($0, depth: depth + 1) }
    }

    /// Removes the folder and those in it. Members are expected to be dying: their end is waited for on their pidfds,
    /// and since the group is let go of a moment after, a refused rmdir is tried again, later each time.
    static func remove(_ folder: String) throws(KernelError) {
        let clock = ContinuousClock(), deadline = clock.now.advanced(by: .milliseconds(ControlGroupLimit.patience))
        var pause: Int = 100_000
        while true {
            if try removeTree(folder, depth: 0) { return }
            guard clock.now < deadline else { throw KernelError(call: "rmdir", subject: folder, errno: EBUSY) }
            if let member = members(folder).first(where: { Proc.status($0)?.isDead == false }) {
                // A new child may have been born since the first kill.
                kill(member, SIGKILL)
                waitForEnd(of: member, milliseconds: 100)
            } else {
                var time = timespec(tv_sec: 0, tv_nsec: pause)
                nanosleep(&time, nil)
                pause = min(pause * 2, 20_000_000)
            }
        }
    }

    /// False when a member is still in it.
    private static func removeTree(_ folder: String, depth: Int) throws(KernelError) -> Bool {
        if rmdir(folder) == 0 || hako_errno() == ENOENT { return true }
        let code = hako_errno()
        guard code == EBUSY || code == ENOTEMPTY else { throw KernelError(call: "rmdir", subject: folder, errno: code) }
        guard depth < ControlGroupLimit.depth else { throw KernelError(call: "rmdir", subject: folder, errno: ELOOP) }
        for child in children(folder) { _ = try removeTree(child, depth: depth + 1) }
        return rmdir(folder) == 0 || hako_errno() == ENOENT
    }

    private static func waitForEnd(of pid: Int32, milliseconds: Int32) {
        let descriptor = hako_pidfd_open(pid, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&entry, 1, milliseconds)
    }
}
