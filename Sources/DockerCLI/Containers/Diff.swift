import CommandLine
import JSON

extension CommandTree {
    static func diff() -> DockerCommand {
        DockerCommand(
            "diff", "Inspect changes to files or directories on a container's filesystem", usage: "CONTAINER",
            spellings: ["docker container diff", "docker diff"], count: .exactly(1), options: 0,
            completes: .containers(all: true)
        ) { _, parsed, session in
            let changes = try await session.client.get(
                "/containers/\(PercentEncoding.path(parsed.arguments[0]))/changes")
            let letters = ["C", "A", "D"]
            for change in changes.array ?? [] {
                let kind = change["Kind"].int ?? 0
                session.out.line(
                    "\(letters.indices.contains(kind) ? letters[kind] : "?") \(change["Path"].string ?? "")")
            }
            return 0
        }
    }
}
