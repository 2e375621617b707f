import CommandLine
import Compose
import DockerCLI
import JSON

struct ComposeStatsOptions: Sendable { var all = false, format = "", once = false, full = false }

extension ComposeTree {
    static func stats() -> ComposeCommand {
        ComposeCommand(
            "stats", "Display a live stream of container(s) resource usage statistics", usage: "[OPTIONS] [SERVICE]",
            count: .atMost(1), options: ComposeStatsOptions(),
            flags: [
                .toggle("all", short: "a", \.all, "Show all containers, not the running ones alone"),
                .text("format", \.format, FormatHelp.table),
                .toggle("no-stream", \.once, "Show the first result and end"),
                .toggle("no-trunc", \.full, "Don't shorten the output"),
            ]
        ) { options, parsed, context in
            let existing = try await Existing.load(context, parsed.arguments, all: options.all)
            guard !existing.containers.isEmpty else { return 0 }
            var words = ["stats"]
            if !options.format.isEmpty { words += ["--format", options.format] }
            if options.once { words.append("--no-stream") }
            if options.full { words.append("--no-trunc") }
            return try await context.session.docker(words + existing.containers.map(\.name))
        }
    }
}
