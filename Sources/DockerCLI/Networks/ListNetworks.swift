import CommandLine
import DockerModel
import JSON

struct ListNetworksOptions: Sendable, Filtering { var filters = Filters(), format = "", full = false, quiet = false }

extension CommandTree {
    static func listNetworks() -> DockerCommand {
        DockerCommand(
            "ls", aliases: ["list"], "List networks", usage: "[OPTIONS]",
            spellings: ["docker network ls", "docker network list"], count: .none, options: ListNetworksOptions(),
            flags: [
                .filter("Condition for what is shown (e.g. \"driver=bridge\")"),
                .text("format", \.format, FormatHelp.table),
                .toggle("no-trunc", \.full, "Don't shorten the output"),
                .toggle("quiet", short: "q", \.quiet, "Show the IDs alone"),
            ]
        ) { options, _, session in
            let networks = try await session.client.get("/networks", options.filters.query)
            let rows = (networks.array ?? []).sorted {
                NaturalOrder.precedes($0["Name"].string ?? "", $1["Name"].string ?? "")
            }
            var format = options.format
            if format.isEmpty, !options.quiet { format = session.configuration.text("networksFormat") ?? "" }
            if options.quiet, format.isEmpty || format == "table" { format = "{{.ID}}" }
            if format == "raw" {
                format = "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n"
            }
            let listing = networkListing(shortens: !options.full)
            session.out.write(
                try listing.render(rows, format: format, standard: "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}"))
            return 0
        }
    }

    private static func networkListing(shortens: Bool) -> Listing<JSON> {
        Listing<JSON>(
            typeName: "*network.networkContext",
            columns: [
                .text("CreatedAt", "CREATED AT") { row in
                    Timestamp(rfc3339: row["Created"].string ?? "").map(\.goText) ?? ""
                },
                .text("Driver", "DRIVER") { $0["Driver"].string ?? "" },
                .text("ID", "NETWORK ID") { row in
                    let id = row["Id"].string ?? ""
                    return shortens ? Shown.short(id) : id
                },
                .text("IPv4", "IPV4") { Shown.yesNo($0["EnableIPv4"].bool ?? false) },
                .text("IPv6", "IPV6") { Shown.yesNo($0["EnableIPv6"].bool ?? false) },
                .text("Internal", "INTERNAL") { Shown.yesNo($0["Internal"].bool ?? false) },
                .text("Labels", "LABELS") { Shown.labels($0["Labels"]) },
                .text("Name", "NAME") { $0["Name"].string ?? "" },
                .text("Scope", "SCOPE") { $0["Scope"].string ?? "" },
            ],
            methods: ["Label": { row, arguments in .text(row["Labels", arguments.first?.printed ?? ""].string ?? "") }])
    }
}
