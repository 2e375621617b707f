import CommandLine
import JSON

extension CommandTree {
    static func pause() -> DockerCommand { freezing("pause", "Pause all processes within one or more containers") }
    static func unpause() -> DockerCommand {
        freezing("unpause", "Unpause all processes within one or more containers")
    }

    private static func freezing(_ verb: String, _ summary: String) -> DockerCommand {
        DockerCommand(
            verb, summary, usage: "CONTAINER [CONTAINER...]",
            spellings: ["docker container \(verb)", "docker \(verb)"],
            count: .atLeast(1), options: 0, completes: .containers(all: false)
        ) { _, parsed, session in
            try await session.forEach(parsed.arguments) { name in
                _ = try await session.client.post("/containers/\(PercentEncoding.path(name))/\(verb)")
                return name
            }
        }
    }
}
