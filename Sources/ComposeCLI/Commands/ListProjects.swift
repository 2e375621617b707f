import CommandLine
import Compose
import DockerCLI
import JSON

/// A table as the original's own printer draws it.
enum PlainTable {
    static func text(_ titles: [String], _ rows: [[String]]) -> String {
        var table = TabWriter(minimumWidth: 20, padding: 1)
        for row in [titles] + rows { table.write(row.joined(separator: "\t") + "\n") }
        return table.flush()
    }
}

struct LsOptions: Sendable { var all = false, quiet = false, format = "table", filters: [String] = [] }

extension ComposeTree {
    static func ls() -> ComposeCommand {
        ComposeCommand(
            "ls", "List running compose projects", usage: "[OPTIONS]", count: .none, options: LsOptions(),
            flags: [
                .toggle("all", short: "a", \.all, "Show projects of which nothing runs too"),
                .list("filter", \.filters, value: "filter", "Condition that projects have to meet (name=NAME)"),
                .text("format", \.format, default: "table", "Format of the output: table or json"),
                .toggle("quiet", short: "q", \.quiet, "Print names alone"),
            ]
        ) { options, _, context in
            var query: Query = [ProjectAPI.filters([Label.project, Label.configHash])]
            if options.all { query.append(("all", "1")) }
            let list = try await context.session.client.get("/containers/json", query)
            let names = try options.filters.map { text -> String in
                guard let (key, value) = text.cut("="), key == "name" else { throw Failure("invalid filter '\(text)'") }
                return value
            }
            let projects = Dictionary(grouping: (list.array ?? []).map(ProjectContainer.init)) {
                $0.label(Label.project)
            }
            .filter { project in names.isEmpty || names.contains { project.key.contains($0) } }
            .sorted { $0.key < $1.key }
            if options.quiet {
                for (name, _) in projects { context.out.line(name) }
                return 0
            }
            let rows = projects.map { [$0.key, states($0.value), files($0.value)] }
            if options.format == "json" {
                let json = rows.map { row -> JSON in
                    ["Name": .string(row[0]), "Status": .string(row[1]), "ConfigFiles": .string(row[2])]
                }
                context.out.line(JSON.array(json).text)
            } else {
                context.out.write(PlainTable.text(["NAME", "STATUS", "CONFIG FILES"], rows))
            }
            return 0
        }
    }

    /// `exited(1), running(2)`.
    static func states(_ containers: [ProjectContainer]) -> String {
        Dictionary(grouping: containers, by: \.state).sorted { $0.key < $1.key }
            .map { "\($0.key)(\($0.value.count))" }.joined(separator: ", ")
    }

    private static func files(_ containers: [ProjectContainer]) -> String {
        var files: [String] = []
        for file in containers.flatMap({ $0.label(Label.configFiles).parts(",") }) where !files.contains(file) {
            files.append(file)
        }
        return files.joined(separator: ",")
    }
}
