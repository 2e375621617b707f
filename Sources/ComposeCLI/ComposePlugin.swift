import CommandLine
import Compose
import DockerCLI
import Fault

extension DockerPlugin {
    /// `docker compose`.
    package static let compose = DockerPlugin("compose") { ComposeProgram.command() }
}

/// The compose command line: what stands before the command, then the command.
enum ComposeProgram {
    static func command() -> DockerCommand {
        DockerCommand(
            "compose", group: .management, "Define and run multi-container applications",
            usage: "[OPTIONS] COMMAND", count: .atLeast(0), interspersed: false, options: ProjectOptions(),
            flags: ProjectOptions.flags
        ) { options, parsed, session in
            var own = try options.filled(from: session.environment)
            let words = withoutDryRun(parsed.arguments, &own)
            return try await run(own, words, ComposeContext(session: session, options: own))
        }
    }

    /// `--dry-run` may also follow the command, up to what `exec` and `run` hand on.
    static func withoutDryRun(_ words: [String], _ options: inout ProjectOptions) -> [String] {
        let handsOn = ["exec", "run"].contains(words.first ?? "")
        let end = words.dropFirst().firstIndex { $0 == "--" || (handsOn && !$0.hasPrefix("-")) } ?? words.count
        let kept = words[..<end].filter { $0 != "--dry-run" && $0 != "--dry-run=true" }
        if kept.count < end { options.dryRun = true }
        return kept + words[end...]
    }

    private static func run(_ options: ProjectOptions, _ words: [String], _ context: ComposeContext) async throws
        -> Int32
    {
        if options.version { return try await ComposeTree.version().run([], under: "docker compose", context: context) }
        guard let word = words.first else { throw HelpRequest(text: ComposeTree.help()) }
        if word == "help" {
            guard let topic = words.dropFirst().first, let command = ComposeTree.command(topic) else {
                throw HelpRequest(text: ComposeTree.help())
            }
            return try await command.run(["--help"], under: "docker compose", context: context)
        }
        if word.hasPrefix("__complete") {
            let (suggestions, files) = await ComposeCompletion.suggestions(Array(words.dropFirst()), context)
            for suggestion in suggestions { context.out.line(suggestion) }
            context.out.line(files ? ":0" : ":4")
            return 0
        }
        guard let command = ComposeTree.command(word) else {
            throw Misuse(message: "unknown docker command: \"compose \(word)\"", exitCode: 1)
        }
        guard ["never", "always", "auto"].contains(options.ansi) else {
            throw Failure("invalid value for --ansi: \(options.ansi)")
        }
        return try await command.run(Array(words.dropFirst()), under: "docker compose", context: context)
    }
}
