import CommandLine
import JSON

extension CommandTree {
    static func wait() -> DockerCommand {
        DockerCommand(
            "wait", "Block until one or more containers stop, then print their exit codes",
            usage: "CONTAINER [CONTAINER...]", spellings: ["docker container wait", "docker wait"], count: .atLeast(1),
            options: 0, completes: .containers(all: false)
        ) { _, parsed, session in
            try await session.forEach(parsed.arguments, sideBySide: false) { name in
                let result = try await session.client.post("/containers/\(PercentEncoding.path(name))/wait")
                if let message = result["Error", "Message"].string, !message.isEmpty { throw Failure(message) }
                return "\(result["StatusCode"].int ?? 0)"
            }
        }
    }
}
