import CommandLine
import JSON

struct VersionOptions: Sendable { var format = "", short = false }

extension ComposeTree {
    static func version() -> ComposeCommand {
        ComposeCommand(
            "version", "Show the Docker Compose version information", usage: "[OPTIONS]", count: .atLeast(0),
            options: VersionOptions(),
            flags: [
                .text("format", short: "f", \.format, "Format of the output: pretty or json"),
                .toggle("short", \.short, "Print the number alone"),
            ]
        ) { options, _, context in
            let number = "v" + Label.composeVersion
            if options.short {
                context.out.line(Label.composeVersion)
            } else if options.format == "json" {
                context.out.line((["version": .string(number)] as JSON).text)
            } else {
                context.out.line("Docker Compose version \(number)")
            }
            return 0
        }
    }
}
