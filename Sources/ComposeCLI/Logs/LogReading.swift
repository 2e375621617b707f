import CommandLine
import DockerCLI
import JSON
import NIOCore
import NIOHTTP1
import Wire

/// Reads containers' logs.
struct LogReading: Sendable {
    let api: ProjectAPI
    let printer: LogPrinter
    var follow = false
    var timestamps = false
    var tail = "all"
    var since = ""
    var until = ""

    /// Prints one container's log to its end; with `follow`, until the container ends.
    func print(_ id: String, as name: String) async throws {
        let isTerminal = try await api.inspect(id)["Config", "Tty"].bool == true
        var query: Query = [("stderr", "1"), ("stdout", "1")]
        if follow { query.append(("follow", "1")) }
        if !since.isEmpty { query.append(("since", since)) }
        query.append(("tail", tail))
        if timestamps { query.append(("timestamps", "1")) }
        if !until.isEmpty { query.append(("until", until)) }
        let answer = try await api.client.send(.GET, "/containers/\(id)/logs", query)
        defer { answer.cancel() }
        let lines = printer.source(name)
        var frames = StreamFrames()
        while let chunk = try await answer.nextBodyPart() {
            if isTerminal {
                lines.feed(Array(chunk.readableBytesView), isError: false)
            } else {
                try frames.feed(chunk) { isError, bytes in lines.feed(Array(bytes), isError: isError) }
            }
        }
        lines.finish()
    }
}
