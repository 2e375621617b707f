import CLinux
import CommandLine
import Logging
import NIOConcurrencyHelpers

/// The daemon's log on standard error, in dockerd's form: `time="…" level=info msg="…" key=value`.
struct LogOutput: LogHandler {
    /// Of the whole daemon; a reload may change it.
    static let level = NIOLockedValueBox(Logger.Level.info)

    let label: String
    var metadata = Logger.Metadata()
    var logLevel: Logger.Level {
        get { Self.level.withLockedValue { $0 } }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line =
            "time=\"\(Timestamp.now().rfc3339Nano)\" level=\(Self.name(event.level)) msg=\(GoText.quote(event.message.description))"
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(Self.text("\(value)"))" }
        write(line + "\n", to: STDERR_FILENO)
    }

    private static func name(_ level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "debug"
        case .info, .notice: "info"
        case .warning: "warning"
        case .error: "error"
        case .critical: "fatal"
        }
    }

    static func level(named text: String) -> Logger.Level {
        switch text {
        case "trace": .trace
        case "debug": .debug
        case "warn", "warning": .warning
        case "error": .error
        case "fatal", "panic": .critical
        default: .info
        }
    }

    private static func text(_ value: String) -> String {
        let isPlain =
            !value.isEmpty
            && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
        return isPlain ? value : GoText.quote(value)
    }
}
