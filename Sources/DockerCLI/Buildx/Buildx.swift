import BuildClient
import CommandLine
import JSON

extension CommandTree {
    /// What the original's plugin of that name does, as far as there is one builder: the daemon.
    static func buildx() -> DockerCommand {
        DockerCommand(
            "buildx", "Build with BuildKit",
            subcommands: [
                buildCommand(
                    "build",
                    spellings: [
                        "docker build", "docker builder build", "docker image build", "docker buildx b",
                    ], mayBeClassic: false
                ).renamed("build", aliases: ["b"]),
                buildCacheUsage(), imageTools(), inspectBuilder(), listBuilders(), pruneBuildxCache(), useBuilder(),
                buildHistory(),
                buildxVersion(), bake(),
                elsewhere("create", "builders beside the daemon are"),
                elsewhere("rm", "builders beside the daemon are"),
            ])
    }

    private static func elsewhere(_ word: String, _ what: String) -> DockerCommand {
        DockerCommand(word, group: .hidden, "Not in this version", count: .atLeast(0), interspersed: false, options: 0)
        { _, _, _ in
            throw Failure("ERROR: docker buildx \(word): \(what) not in this version: docker buildx build builds")
        }
    }

    /// The plugin's release whose behaviour this one has.
    private static let release = "v0.24.0"

    private static func buildxVersion() -> DockerCommand {
        DockerCommand("version", "Show the version", count: .none, options: 0) { _, _, session in
            session.out.line("github.com/docker/buildx \(release) hakobune")
            return 0
        }
    }

    private static func useBuilder() -> DockerCommand {
        DockerCommand("use", "Choose the builder", usage: "[OPTIONS] NAME", count: .exactly(1), options: 0) {
            _, parsed, session in
            try Builders.check(parsed.arguments[0], session)
            return 0
        }
    }

    static func listBuilders() -> DockerCommand {
        DockerCommand(
            "ls", "List builders", usage: "[OPTIONS]", count: .none, options: FormatOptions(),
            flags: [.text("format", \.format, FormatHelp.plain)]
        ) { options, _, session in
            let node = await Builders.node(session)
            let rows = [
                ["\(node.name)*", "docker", "", "", ""],
                [" \\_ \(node.name)", " \\_ \(node.name)", node.status, node.version, node.shownPlatforms],
            ]
            if !options.format.isEmpty {
                let json = options.format == "json"
                session.out.line(
                    json ? node.json.text : try Template(parsing: options.format).execute(.json(node.json)))
                return 0
            }
            var table = TabWriter(minimumWidth: 0)
            table.write("NAME/NODE\tDRIVER/ENDPOINT\tSTATUS\tBUILDKIT\tPLATFORMS\n")
            for row in rows { table.write(row.joined(separator: "\t") + "\n") }
            session.out.write(table.flush())
            return 0
        }
    }

    static func inspectBuilder() -> DockerCommand {
        struct Options: Sendable { var starts = false }
        return DockerCommand(
            "inspect", "Show a builder", usage: "[NAME]", count: .atMost(1), options: Options(),
            flags: [.toggle("bootstrap", \.starts, "Start it first")]
        ) { _, parsed, session in
            if let name = parsed.arguments.first { try Builders.check(name, session) }
            session.out.write(await Builders.node(session).whole)
            return 0
        }
    }
}
