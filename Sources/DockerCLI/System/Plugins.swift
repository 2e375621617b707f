import CommandLine
import DockerModel
import JSON

struct PluginOptions: Sendable, Filtering { var filters = Filters(), format = "", full = false, quiet = false }

extension CommandTree {
    static func plugin() -> DockerCommand {
        DockerCommand("plugin", "Manage plugins", subcommands: [listPlugins()])
    }

    private static func listPlugins() -> DockerCommand {
        DockerCommand(
            "ls", aliases: ["list"], "List plugins", usage: "[OPTIONS]",
            spellings: ["docker plugin ls", "docker plugin list"],
            count: .none, options: PluginOptions(),
            flags: [
                .filter("Condition for what is shown (e.g. \"enabled=true\")"),
                .text("format", \.format, FormatHelp.table),
                .toggle("no-trunc", \.full, "Don't shorten the output"),
                .toggle("quiet", short: "q", \.quiet, "Show the IDs alone"),
            ]
        ) { options, _, session in
            let rows = try await session.client.get("/plugins", options.filters.query).array ?? []
            let listing = Listing<JSON>(
                typeName: "*plugin.pluginContext",
                columns: [
                    .text("Description", "DESCRIPTION") { $0["Config", "Description"].string ?? "" },
                    .text("Enabled", "ENABLED") { Shown.yesNo($0["Enabled"].bool ?? false) },
                    .text("ID", "ID") { options.full ? $0["Id"].string ?? "" : Shown.short($0["Id"].string ?? "") },
                    .text("Name", "NAME") { $0["Name"].string ?? "" },
                    .text("PluginReference", "PLUGIN REFERENCE") { $0["PluginReference"].string ?? "" },
                ])
            let format = options.quiet ? "{{.ID}}" : options.format
            session.out.write(
                try listing.render(rows, format: format, standard: "{{.ID}}\t{{.Name}}\t{{.Description}}\t{{.Enabled}}")
            )
            return 0
        }
    }
}
