import CommandLine
import JSON
import NIOCore
import NIOHTTP1
import Wire

struct LogsOptions: Sendable {
    var details = false, follow = false, since = "", tail = "all", timestamps = false, until = ""
}

extension CommandTree {
    static func logs() -> DockerCommand {
        DockerCommand(
            "logs", "Fetch the logs of a container", usage: "[OPTIONS] CONTAINER",
            spellings: ["docker container logs", "docker logs"], count: .exactly(1), options: LogsOptions(),
            flags: [
                .toggle("details", \.details, "Show the attributes that were given to the log"),
                .toggle("follow", short: "f", \.follow, "Go on with what is logged from now on"),
                .text(
                    "since", \.since,
                    "Show logs since a time (e.g. \"2013-01-02T13:23:37Z\") or a while ago (e.g. \"42m\" for 42 minutes)"
                ),
                .text("tail", short: "n", \.tail, default: "all", "Number of lines from the end of the logs"),
                .toggle("timestamps", short: "t", \.timestamps, "Show the time of each line"),
                .text(
                    "until", \.until,
                    "Show logs before a time (e.g. \"2013-01-02T13:23:37Z\") or a while ago (e.g. \"42m\" for 42 minutes)"
                ),
            ], completes: .containers(all: true)
        ) { options, parsed, session in
            let path = "/containers/\(PercentEncoding.path(parsed.arguments[0]))"
            let container = try await session.client.get("\(path)/json")
            var query: Query = [("stderr", "1"), ("stdout", "1")]
            if options.details { query.append(("details", "1")) }
            if options.follow { query.append(("follow", "1")) }
            if !options.since.isEmpty { query.append(("since", try TimeArgument.parse(options.since, "since"))) }
            query.append(("tail", options.tail))
            if options.timestamps { query.append(("timestamps", "1")) }
            if !options.until.isEmpty { query.append(("until", try TimeArgument.parse(options.until, "until"))) }
            let answer = try await session.client.send(.GET, "\(path)/logs", query)
            var frames = StreamFrames()
            let isTerminal = container["Config", "Tty"].bool == true
            while let chunk = try await answer.nextBodyPart() {
                if isTerminal {
                    session.out.write(chunk.readableBytesView)
                } else {
                    try frames.feed(chunk) { isError, bytes in (isError ? session.err : session.out).write(bytes) }
                }
            }
            return 0
        }
    }
}

/// `--since` and `--until`: a moment, or a span of time before now; as seconds with a fraction, how the API takes it.
package enum TimeArgument {
    package static func parse(_ text: String, _ flag: String, now: Timestamp = .now()) throws -> String {
        if let span = GoDuration.parse(text) {
            let nanoseconds = now.seconds * 1_000_000_000 + now.nanoseconds - span
            return seconds(Timestamp(seconds: nanoseconds / 1_000_000_000, nanoseconds: nanoseconds % 1_000_000_000))
        }
        if isNumber(text) { return text }
        if let moment = moment(text) { return seconds(moment) }
        throw Failure("invalid value for \"\(flag)\": failed to parse value as time or duration: \"\(text)\"")
    }

    private static func isNumber(_ text: String) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).count <= 2 && text.first?.isNumber == true
            && text.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
    }

    private static func seconds(_ time: Timestamp) -> String {
        let fraction = "\(time.nanoseconds)"
        return "\(time.seconds)." + String(repeating: "0", count: 9 - fraction.count) + fraction
    }

    /// Dates may be short and without zone: `2013-01-02`, `2013-01-02T13:23`, `2013-01-02T13:23:37.5`; local time then.
    private static func moment(_ text: String) -> Timestamp? {
        if let full = Timestamp(rfc3339: text) { return full }
        let (date, clock) = text.cut("T") ?? (text, "00:00:00")
        let isShort = clock.parts(":")
        guard date.count == 10, isShort.count <= 3 else { return nil }
        let filled = (isShort + ["00", "00"]).prefix(3).joined(separator: ":")
        return Timestamp(rfc3339: "\(date)T\(filled)Z").map(\.readAsLocal)
    }
}
