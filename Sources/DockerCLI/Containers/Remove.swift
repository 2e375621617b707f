import NIOHTTP1
import CommandLine
import JSON

struct RemoveOptions: Sendable { var force = false, link = false, volumes = false }

extension CommandTree {
    static func rm() -> DockerCommand {
        DockerCommand(
            "rm", "Remove one or more containers", usage: "[OPTIONS] CONTAINER [CONTAINER...]",
            spellings: ["docker container rm", "docker container remove", "docker rm"], count: .atLeast(1),
            options: RemoveOptions(),
            flags: [
                .toggle("force", short: "f", \.force, "Remove a running container too, with SIGKILL"),
                .toggle("link", short: "l", \.link, "Remove the link rather than the container"),
                .toggle("volumes", short: "v", \.volumes, "Remove the container's anonymous volumes too"),
            ], completes: .containers(all: true)
        ) { options, parsed, session in
            var query: Query = []
            if options.force { query.append(("force", "1")) }
            if options.link { query.append(("link", "1")) }
            if options.volumes { query.append(("v", "1")) }
            let settled = query
            return try await session.forEach(parsed.arguments) { argument in
                var name = argument[...]
                while name.first == "/" { name.removeFirst() }
                guard !name.isEmpty else { throw Failure("Container name cannot be empty") }
                do {
                    _ = try await session.client.json(
                        .DELETE, "/containers/\(PercentEncoding.path(String(name)))", settled)
                } catch let error as DaemonError where options.force && error.isNotFound {
                    throw Session.Ignored(description: "\(error)")
                }
                return argument
            }
        }
    }
}
