import CommandLine
import JSON

struct InspectOptions: Sendable { var format = "", size = false, type = "", verbose = false, platform = "" }

extension Flag where Options == InspectOptions {
    static var inspectFormat: Flag { .text("format", short: "f", \.format, FormatHelp.plain) }
}

extension CommandTree {
    /// `container inspect`.
    static func inspectContainers() -> DockerCommand {
        DockerCommand(
            "inspect", "Display detailed information on one or more containers",
            usage: "[OPTIONS] CONTAINER [CONTAINER...]",
            count: .atLeast(1), options: InspectOptions(),
            flags: [.inspectFormat, .toggle("size", short: "s", \.size, "Show the sizes of files")],
            completes: .containers(all: true)
        ) { options, parsed, session in
            try await Inspection(session: session, format: options.format).run(parsed.arguments) { name in
                try await InspectedObject.container.find(name, options, session)
            }
        }
    }
}
