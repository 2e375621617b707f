import CommandLine
import JSON

extension CommandTree {
    static func rename() -> DockerCommand {
        DockerCommand(
            "rename", "Rename a container", usage: "CONTAINER NEW_NAME",
            spellings: ["docker container rename", "docker rename"], count: .exactly(2), options: 0,
            completes: .containers(all: true)
        ) { _, parsed, session in
            let old = parsed.arguments[0].trimmed, new = parsed.arguments[1].trimmed
            guard !old.isEmpty, !new.isEmpty else { throw Failure("Error: Neither old nor new names may be empty") }
            do {
                _ = try await session.client.post("/containers/\(PercentEncoding.path(old))/rename", [("name", new)])
            } catch {
                session.err.line("\(error)")
                throw Failure("Error: failed to rename container named \(old)")
            }
            return 0
        }
    }
}
