import CommandLine
import JSON

struct KillOptions: Sendable { var signal = "" }

extension CommandTree {
    static func kill() -> DockerCommand {
        DockerCommand(
            "kill", "Kill one or more running containers", usage: "[OPTIONS] CONTAINER [CONTAINER...]",
            spellings: ["docker container kill", "docker kill"], count: .atLeast(1), options: KillOptions(),
            flags: [.text("signal", short: "s", \.signal, "Signal to send to the container")],
            completes: .containers(all: false)
        ) { options, parsed, session in
            let query: Query = options.signal.isEmpty ? [] : [("signal", options.signal)]
            return try await session.forEach(parsed.arguments) { name in
                _ = try await session.client.post("/containers/\(PercentEncoding.path(name))/kill", query)
                return name
            }
        }
    }
}
