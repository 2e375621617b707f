import CommandLine
import JSON
import OCI

struct CommitOptions: Sendable {
    var author = "", changes: [String] = [], message = "", pause = true
}

extension CommandTree {
    static func commit() -> DockerCommand {
        DockerCommand(
            "commit", "Create a new image from a container's changes", usage: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
            spellings: ["docker container commit", "docker commit"], count: .range(1, 2), options: CommitOptions(),
            flags: [
                .text("author", short: "a", \.author, "Author (e.g., \"Ada Lovelace <ada@example.org>\")"),
                .list("change", short: "c", \.changes, "Dockerfile instruction to apply to the new image"),
                .text("message", short: "m", \.message, "Message of the commit"),
                .toggle("pause", short: "p", \.pause, default: true, "Pause the container meanwhile"),
            ], completes: .containers(all: true)
        ) { options, parsed, session in
            var repository = "", tag = ""
            if parsed.arguments.count > 1 {
                let reference = try Reference(parsing: parsed.arguments[1]).withDefaultTag
                guard reference.digest == nil else { throw Failure("refusing to create a tag with a digest reference") }
                repository = reference.name
                tag = reference.tag ?? ""
            }
            var query: Query = [("author", options.author)]
            query += options.changes.map { ("changes", $0) }
            query += [("comment", options.message), ("container", parsed.arguments[0])]
            if !options.pause { query.append(("pause", "0")) }
            query += [("repo", repository), ("tag", tag)]
            let answer = try await session.client.post("/commit", query, body: .null)
            session.out.line(answer["Id"].string ?? "")
            return 0
        }
    }
}
