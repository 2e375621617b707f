import CommandLine
import JSON

struct StopOptions: Sendable {
    var signal = ""
    /// Seconds before the kill; nil: the container's own.
    var timeout: Int?
}

extension CommandTree {
    static func stop() -> DockerCommand { ending("stop", "Stop one or more running containers") }
    static func restart() -> DockerCommand { ending("restart", "Restart one or more containers") }

    private static func ending(_ verb: String, _ summary: String) -> DockerCommand {
        DockerCommand(
            verb, summary, usage: "[OPTIONS] CONTAINER [CONTAINER...]",
            spellings: ["docker container \(verb)", "docker \(verb)"],
            count: .atLeast(1), options: StopOptions(),
            flags: [
                .text("signal", short: "s", \.signal, "Signal to send to the container"),
                Flag("time", value: "int", help: "Seconds to wait before the container is killed", isHidden: true) {
                    $0.timeout = try GoValue.int($1)
                },
                .optionalInt("timeout", short: "t", \.timeout, "Seconds to wait before the container is killed"),
            ], completes: .containers(all: verb == "restart")
        ) { options, parsed, session in
            if parsed.given.contains("time"), parsed.given.contains("timeout") {
                throw Failure("conflicting options: cannot specify both --timeout and --time")
            }
            var query: Query = []
            if !options.signal.isEmpty { query.append(("signal", options.signal)) }
            if let timeout = options.timeout { query.append(("t", "\(timeout)")) }
            let settled = query
            return try await session.forEach(parsed.arguments) { name in
                _ = try await session.client.post("/containers/\(PercentEncoding.path(name))/\(verb)", settled)
                return name
            }
        }
    }
}
