import CommandLine
import Compose
import DockerCLI
import JSON

extension ComposeTree {
    static func top() -> ComposeCommand {
        ComposeCommand("top", "Display the running processes", usage: "[SERVICES...]", count: .atLeast(0), options: 0) {
            _, parsed, context in
            let existing = try await Existing.load(context, parsed.arguments, all: false)
            let tops = try await Parallel.map(existing.containers.sorted { $0.name < $1.name }) { container in
                (container, try await existing.api.client.get("/containers/\(container.id)/top"))
            }
            var titles = ["SERVICE", "#"]
            for (_, top) in tops {
                for title in top["Titles"].strings where !titles.contains(title) { titles.append(title) }
            }
            // The command is the last column.
            if let at = titles.firstIndex(of: "CMD") { titles.append(titles.remove(at: at)) }
            var rows: [[String]] = []
            for (container, top) in tops {
                let names = top["Titles"].strings
                for process in top["Processes"].array ?? [] {
                    var values = ["SERVICE": container.service, "#": "\(container.number)"]
                    for (name, value) in zip(names, process.strings) { values[name] = value }
                    rows.append(titles.map { values[$0] ?? "-" })
                }
            }
            guard !rows.isEmpty else { return 0 }
            var table = TabWriter(minimumWidth: 4, padding: 2)
            for row in [titles] + rows { table.write(row.joined(separator: "\t") + "\n") }
            context.out.write(table.flush())
            return 0
        }
    }
}
