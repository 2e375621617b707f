import CommandLine
import JSON

extension CommandTree {
    static func top() -> DockerCommand {
        DockerCommand(
            "top", "Display the running processes of a container", usage: "CONTAINER [ps OPTIONS]",
            spellings: ["docker container top", "docker top"], count: .atLeast(1), interspersed: false, options: 0,
            completes: .containers(all: false)
        ) { _, parsed, session in
            let arguments = parsed.arguments.dropFirst()
            let query: Query = arguments.isEmpty ? [] : [("ps_args", arguments.joined(separator: " "))]
            let result = try await session.client.get(
                "/containers/\(PercentEncoding.path(parsed.arguments[0]))/top", query)
            // A table like others, but with wide gaps: minimum width 20, padding 3.
            var table = TabWriter(minimumWidth: 20, padding: 3)
            table.write(result["Titles"].strings.joined(separator: "\t") + "\n")
            for row in result["Processes"].array ?? [] { table.write(row.strings.joined(separator: "\t") + "\n") }
            session.out.write(table.flush())
            return 0
        }
    }
}
