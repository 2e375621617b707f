import CLinux
import Fault
import JSON
import Linux

/// A table of processes: titles, and rows with as many cells.
struct ProcessTable: Sendable, Equatable {
    var titles: [String]
    var rows: [[String]]

    private enum Limit {
        /// Bytes of ps's output.
        static let output = 16 << 20
    }

    var document: JSON { ["Titles": JSON(titles), "Processes": .array(rows.map { JSON($0) })] }

    /// The rows whose process is among those. Throws when there is no PID column.
    func only(_ pids: [Int32]) throws(Fault) -> ProcessTable {
        guard let column = titles.firstIndex(of: "PID") else {
            throw Fault(.invalid, "Couldn't find PID field in ps output")
        }
        let wanted = Set(pids)
        return ProcessTable(
            titles: titles,
            rows: rows.filter { row in row.count > column && Int32(row[column]).map(wanted.contains) == true })
    }

    /// Options that would make another column look like the process number, or leave it unreadable.
    static func check(_ arguments: String) throws(Fault) {
        // `-o pid=PID` or `-o foo=PID`: a title chosen by the caller.
        for word in arguments.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\t" }) {
            guard let equals = word.firstIndex(of: "=") else { continue }
            let key = word[..<equals].drop { $0 == "-" || $0 == "o" }
            if word[word.index(after: equals)...] == "PID", key != "pid" {
                throw Fault(.invalid, "specifying \"\(word)\" is not allowed")
            }
        }
    }

    // MARK: ps(1)

    static let program = (["/usr/bin/ps", "/bin/ps"] as [String]).first { access($0, X_OK) == 0 }

    /// Blocking.
    static func run(_ program: String, _ arguments: String) throws -> ProcessTable {
        let words = arguments.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        let (status, output, complaint) = try HostProgram.run(program, words, limit: Limit.output)
        guard status == 0 else {
            let reason = complaint.split(separator: "\n").first.map(String.init) ?? "exit status \(status)"
            throw Fault(.invalid, "ps: \(reason)")
        }
        return try parse(output)
    }

    /// The first line has the titles; the last column takes the rest of a line.
    static func parse(_ text: String) throws(Fault) -> ProcessTable {
        let lines = text.split(separator: "\n")
        guard let head = lines.first else { throw Fault(.internalFault, "ps gave no output") }
        let titles = head.split(separator: " ").map(String.init)
        let rows = lines.dropFirst().map { line in
            line.split(separator: " ", maxSplits: max(titles.count - 1, 0), omittingEmptySubsequences: true)
                .map { String($0.drop { $0 == " " }) }
        }
        return ProcessTable(titles: titles, rows: rows)
    }

    // MARK: Our own

    /// The columns of `ps -ef`, read from /proc.
    static func own(_ pids: [Int32]) -> ProcessTable {
        let clock = ProcessClock.read()
        return ProcessTable(
            titles: ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
            rows: pids.sorted().compactMap { pid in
                guard let text = try? KernelFile.read("/proc/\(pid)/stat"), let facts = ProcessFacts(stat: text) else {
                    return nil
                }
                var status = stat()
                let uid = stat("/proc/\(pid)", &status) == 0 ? "\(status.st_uid)" : "?"
                let words = (try? KernelFile.bytes("/proc/\(pid)/cmdline")) ?? []
                let command = words.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(
                    separator: " ")
                return [
                    uid == "0" ? "root" : uid, "\(pid)", "\(facts.parent)", "\(clock.percent(facts))",
                    clock.start(facts),
                    facts.terminal, clock.used(facts), command.isEmpty ? "[\(facts.name)]" : command,
                ]
            })
    }
}

/// What /proc/PID/stat says (proc(5)).
struct ProcessFacts: Sendable, Equatable {
    var name: String
    var parent: Int
    var terminal: String
    /// In ticks.
    var cpu: UInt64
    /// Ticks after boot.
    var started: UInt64

    /// Nil when the text isn't such a line. The name may hold blanks and brackets: it ends at the last bracket.
    init?(stat text: String) {
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { return nil }
        name = String(text[text.index(after: open)..<close])
        let fields = text[text.index(after: close)...].split(whereSeparator: { $0 == " " || $0 == "\n" })
        guard fields.count >= 20, let parent = Int(fields[1]), let device = Int(fields[4]),
            let user = UInt64(fields[11]),
            let system = UInt64(fields[12]), let started = UInt64(fields[19])
        else { return nil }
        self.parent = parent
        cpu = user + system
        self.started = started
        let major = (device >> 8) & 0xfff, minor = (device & 0xff) | ((device >> 12) & 0xfff00)
        terminal = (136...143).contains(major) ? "pts/\(minor + (major - 136) * 256)" : major == 4 ? "tty\(minor)" : "?"
    }
}

/// Ticks to what people read.
struct ProcessClock: Sendable {
    var ticksASecond: UInt64
    /// Seconds after boot.
    var uptime: Double
    /// Seconds since the epoch.
    var now: Int

    static func read() -> ProcessClock {
        let uptime = KernelFile.line("/proc/uptime")?.split(separator: " ").first.flatMap { Double($0) } ?? 0
        return ProcessClock(ticksASecond: UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1)), uptime: uptime, now: time(nil))
    }

    func percent(_ facts: ProcessFacts) -> Int {
        let lived = uptime - Double(facts.started) / Double(ticksASecond)
        return lived > 0 ? min(Int(Double(facts.cpu) / Double(ticksASecond) * 100 / lived), 99) : 0
    }

    /// `HH:MM`, or the day when it was started before today.
    func start(_ facts: ProcessFacts) -> String {
        var then = now - Int(uptime - Double(facts.started) / Double(ticksASecond))
        var local = tm(), today = tm(), current = now
        localtime_r(&then, &local)
        localtime_r(&current, &today)
        if local.tm_yday == today.tm_yday, local.tm_year == today.tm_year {
            return Self.pad(local.tm_hour) + ":" + Self.pad(local.tm_min)
        }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return months[Int(local.tm_mon) % 12] + Self.pad(local.tm_mday)
    }

    func used(_ facts: ProcessFacts) -> String {
        let seconds = Int(facts.cpu / ticksASecond)
        return Self.pad(seconds / 3600) + ":" + Self.pad(seconds / 60 % 60) + ":" + Self.pad(seconds % 60)
    }

    private static func pad(_ number: some BinaryInteger) -> String { (number < 10 ? "0" : "") + "\(number)" }
}
