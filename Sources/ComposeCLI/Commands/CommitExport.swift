import CommandLine
import Compose
import DockerCLI

struct ComposeCommitOptions: Sendable {
    var author = "", message = "", index = 0, pauses = true
    var changes: [String] = []
}

struct ComposeExportOptions: Sendable { var index = 0, output = "" }

// Commands that do to a service's container what docker's do to any.
extension ComposeTree {
    static func commit() -> ComposeCommand {
        ComposeCommand(
            "commit", "Create a new image from a service container's changes",
            usage: "[OPTIONS] SERVICE [REPOSITORY[:TAG]]", count: .range(1, 2), options: ComposeCommitOptions(),
            flags: [
                .text("author", short: "a", \.author, "Author of the image"),
                .list("change", short: "c", \.changes, "Dockerfile instruction to apply to the new image"),
                .int("index", \.index, "Number of the container when a service has several"),
                .text("message", short: "m", \.message, "Message of the commit"),
                .toggle("pause", short: "p", \.pauses, default: true, "Pause the container meanwhile"),
            ]
        ) { options, parsed, context in
            let container = try await OneContainer.find(context, parsed.arguments[0], index: options.index)
            var words = ["commit", "--pause=\(options.pauses)"]
            if !options.author.isEmpty { words += ["--author", options.author] }
            if !options.message.isEmpty { words += ["--message", options.message] }
            for change in options.changes { words += ["--change", change] }
            if context.options.dryRun { return 0 }
            return try await context.session.docker(words + [container.id] + parsed.arguments.dropFirst())
        }
    }

    static func export() -> ComposeCommand {
        ComposeCommand(
            "export", "Export a service container's filesystem as a tar archive", usage: "[OPTIONS] SERVICE",
            count: .exactly(1), options: ComposeExportOptions(),
            flags: [
                .int("index", \.index, "Number of the container when a service has several"),
                .text("output", short: "o", \.output, "File to write to, instead of STDOUT"),
            ]
        ) { options, parsed, context in
            let container = try await OneContainer.find(context, parsed.arguments[0], index: options.index, all: true)
            if context.options.dryRun { return 0 }
            let words = options.output.isEmpty ? [] : ["--output", options.output]
            return try await context.session.docker(["export"] + words + [container.id])
        }
    }

    /// What the original has and this version hasn't.
    private static let absent = [
        "publish": "compose files are not published to registries", "bridge": "there are no transformations",
        "alpha": "there are no experimental commands",
    ]

    /// A command that says so; nil: the original hasn't got it either.
    static func absentCommand(_ word: String) -> ComposeCommand? {
        absent[word].map { reason in
            ComposeCommand(
                word, group: .hidden, "Not in this version", count: .atLeast(0), interspersed: false, options: 0
            ) { _, _, _ in throw Failure("docker compose \(word) is not in this version: \(reason)") }
        }
    }
}
