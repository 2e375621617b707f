import CLinux
import Fault
import JSON
import Linux

/// Where `hako runtime` says what went wrong: the file of `--log` in the format of `--log-format`, and stderr, in
/// runc's forms, since engines read them.
struct RuntimeReport {
    let path: String?
    let isJSON: Bool
    private let held = Held()

    /// Warnings that wait for the outcome: what a failed command writes to stderr is taken for its error as a whole
    /// (Podman looks for "operation not permitted" anywhere in it).
    private final class Held {
        var warnings: [String] = []
    }

    init(path: String? = nil, isJSON: Bool = false) {
        self.path = path
        self.isJSON = isJSON
    }

    enum Level: String { case error, warning }

    func error(_ message: String) {
        write(.error, message)
        // An engine that gave a log shows stderr to people; without one the log line is what they see.
        if path != nil { Self.put("\(message)\n", to: 2) }
    }

    func warning(_ message: String) {
        if path == nil { held.warnings.append(message) } else { write(.warning, message) }
    }

    /// The container is made: what waits may be said.
    func releaseWarnings() {
        for message in held.warnings { write(.warning, message) }
        held.warnings = []
    }

    private func write(_ level: Level, _ message: String) {
        let time = Timestamp.seconds(Timestamp.now())
        let line: String
        if isJSON {
            let entry: JSON = ["level": .string(level.rawValue), "msg": .string(message), "time": .string(time)]
            line = String(decoding: entry.bytes(), as: UTF8.self) + "\n"
        } else {
            let quoted = String(decoding: JSON.string(message).bytes(), as: UTF8.self)
            line = "time=\"\(time)\" level=\(level.rawValue) msg=\(quoted)\n"
        }
        guard let path else { return Self.put(line, to: 2) }
        guard let file = try? OwnedDescriptor.open(path, O_WRONLY | O_APPEND | O_CREAT, mode: 0o644) else {
            return Self.put(line, to: 2)
        }
        try? file.writeAll(Array(line.utf8))
    }

    /// A reader that went away can't be told anything.
    static func put(_ text: String, to descriptor: Int32 = 1) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { CLinux.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && hako_errno() == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// Points in time as RFC 3339 text, UTC.
enum Timestamp {
    /// Nanoseconds since the epoch.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    static func seconds(_ nanoseconds: Int64) -> String { date(nanoseconds) + "Z" }

    static func full(_ nanoseconds: Int64) -> String {
        let digits = String(nanoseconds % 1_000_000_000)
        return date(nanoseconds) + "." + String(repeating: "0", count: 9 - digits.count) + digits + "Z"
    }

    private static func date(_ nanoseconds: Int64) -> String {
        var time = time_t(nanoseconds / 1_000_000_000), parts = tm()
        gmtime_r(&time, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return
            "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}
