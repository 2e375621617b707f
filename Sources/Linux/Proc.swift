import CLinux

/// What /proc says about a process (proc(5)).
package enum Proc {
    /// Fields of /proc/PID/stat that we use.
    package struct Status: Sendable, Equatable {
        package var pid: Int32
        package var command: String
        /// "R", "S", "Z" (dead, not yet waited for), …
        package var state: Character
        package var parent: Int32
        /// Clock ticks since boot. With the pid it names a process for good, since pids are used again.
        package var startTime: UInt64
        package var isDead: Bool { state == "Z" || state == "X" }
    }

    /// Nil when there is no such process.
    package static func status(_ pid: Int32) -> Status? {
        guard let text = try? KernelFile.read("/proc/\(pid)/stat") else { return nil }
        return parse(stat: text)
    }

    /// The command may hold spaces and parentheses: it ends at the last ")".
    static func parse(stat text: String) -> Status? {
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close,
            let pid = Int32(text[..<open].split(separator: " ").first ?? "")
        else { return nil }
        let fields = text[text.index(after: close)...].split(whereSeparator: \.isWhitespace)
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
            let start = UInt64(fields[19])
        else { return nil }
        let command = String(text[text.index(after: open)..<close])
        return Status(pid: pid, command: command, state: state, parent: parent, startTime: start)
    }

    /// True while the process that had this pid at that start time lives.
    package static func isAlive(_ pid: Int32, startTime: UInt64) -> Bool {
        guard let status = status(pid) else { return false }
        return status.startTime == startTime && !status.isDead
    }

    /// Folder of the process in each hierarchy: "memory", "cpu", "name=systemd" on v1; "" is v2's.
    package static func controlGroups(_ process: String = "self") throws(KernelError) -> [String: String] {
        var paths: [String: String] = [:]
        for line in try KernelFile.read("/proc/\(process)/cgroup").split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            for controller in fields[1].split(separator: ",", omittingEmptySubsequences: false) {
                paths[String(controller)] = String(fields[2])
            }
        }
        return paths
    }

    /// Whether the kernel lists the file system type, loaded or built in.
    package static func hasFileSystem(_ name: String) -> Bool {
        guard let text = try? KernelFile.read("/proc/filesystems") else { return false }
        return text.split(separator: "\n").contains {
            $0.split(whereSeparator: \.isWhitespace).last.map(String.init) == name
        }
    }
}
