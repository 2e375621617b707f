import NIOHTTP1
import CommandLine
import DockerModel
import JSON

struct VolumeOptions: Sendable, Filtering {
    var name = "", driver = "local", options: [String] = [], labels: [String] = []
    var filters = Filters(), format = "", quiet = false, force = false, cluster = false
}

extension CommandTree {
    static func volume() -> DockerCommand {
        DockerCommand(
            "volume", "Manage volumes",
            subcommands: [createVolume(), inspectVolumes(), listVolumes(), pruneVolumes(), removeVolumes()])
    }

    private static func createVolume() -> DockerCommand {
        DockerCommand(
            "create", "Create a volume", usage: "[OPTIONS] [VOLUME]", count: .atMost(1), options: VolumeOptions(),
            flags: [
                .text("driver", short: "d", \.driver, default: "local", "Driver of the volume"),
                .list("label", \.labels, "Label of the volume", check: CreateValue.label),
                .text("name", \.name, "Name of the volume").hidden,
                .list("opt", short: "o", \.options, value: "map", default: "map[]", "Option of the driver"),
            ]
        ) { options, parsed, session in
            var body: JSON = ["Driver": .string(options.driver)]
            if !options.options.isEmpty { body["DriverOpts"] = JSON(KeyValueFile.map(options.options)) }
            if !options.labels.isEmpty { body["Labels"] = JSON(KeyValueFile.map(options.labels)) }
            if let name = parsed.arguments.first {
                guard !parsed.given.contains("name") else {
                    throw Failure(
                        "conflicting options: cannot specify a volume-name through both --name and as a positional arg")
                }
                body["Name"] = .string(name)
            } else if !options.name.isEmpty {
                body["Name"] = .string(options.name)
            }
            let volume = try await session.client.post("/volumes/create", body: body)
            session.out.line(volume["Name"].string ?? "")
            return 0
        }
    }

    private static func inspectVolumes() -> DockerCommand {
        DockerCommand(
            "inspect", "Display detailed information on one or more volumes", usage: "[OPTIONS] VOLUME [VOLUME...]",
            count: .atLeast(1), options: InspectOptions(), flags: [.inspectFormat], completes: .volumes
        ) { options, parsed, session in
            try await Inspection(session: session, format: options.format).run(parsed.arguments) { name in
                try await InspectedObject.volume.find(name, options, session)
            }
        }
    }

    private static func listVolumes() -> DockerCommand {
        DockerCommand(
            "ls", aliases: ["list"], "List volumes", usage: "[OPTIONS]",
            spellings: ["docker volume ls", "docker volume list"],
            count: .none, options: VolumeOptions(),
            flags: [
                .filter("Condition for what is shown (e.g. \"dangling=true\")"),
                .text("format", \.format, FormatHelp.table),
                .toggle("quiet", short: "q", \.quiet, "Show the names alone"),
                .toggle("cluster", \.cluster, hidden: true, "Show cluster volumes alone"),
            ]
        ) { options, _, session in
            let result = try await session.client.get("/volumes", options.filters.query)
            let rows = (result["Volumes"].array ?? []).sorted {
                NaturalOrder.precedes($0["Name"].string ?? "", $1["Name"].string ?? "")
            }
            var format = options.format
            if format.isEmpty, !options.quiet { format = session.configuration.text("volumesFormat") ?? "" }
            if options.quiet, format.isEmpty || format == "table" { format = "{{.Name}}" }
            if format == "raw" { format = options.quiet ? "name: {{.Name}}" : "name: {{.Name}}\ndriver: {{.Driver}}\n" }
            session.out.write(try volumeListing.render(rows, format: format, standard: "{{.Driver}}\t{{.Name}}"))
            return 0
        }
    }

    static var volumeListing: Listing<JSON> {
        Listing<JSON>(
            typeName: "*formatter.volumeContext",
            columns: [
                .text("Availability", "AVAILABILITY") { _ in "N/A" },
                .text("Driver", "DRIVER") { $0["Driver"].string ?? "" },
                .text("Group", "GROUP") { _ in "N/A" },
                .text("Labels", "LABELS") { Shown.labels($0["Labels"]) },
                .text("Links", "LINKS") { $0["UsageData", "RefCount"].int.map(String.init) ?? "N/A" },
                .text("Mountpoint", "MOUNTPOINT") { $0["Mountpoint"].string ?? "" },
                .text("Name", "VOLUME NAME") { $0["Name"].string ?? "" },
                .text("Scope", "SCOPE") { $0["Scope"].string ?? "" },
                .text("Size", "SIZE") { $0["UsageData", "Size"].double.map { Units.decimalSize($0) } ?? "N/A" },
                .text("Status", "STATUS") { _ in "N/A" },
            ],
            methods: ["Label": { row, arguments in .text(row["Labels", arguments.first?.printed ?? ""].string ?? "") }])
    }

    private static func removeVolumes() -> DockerCommand {
        DockerCommand(
            "rm", aliases: ["remove"], "Remove one or more volumes",
            explanation: "Remove one or more volumes. You cannot remove a volume that is in use by a container.",
            usage: "[OPTIONS] VOLUME [VOLUME...]", spellings: ["docker volume rm", "docker volume remove"],
            count: .atLeast(1),
            options: VolumeOptions(), flags: [.toggle("force", short: "f", \.force, "Remove in any case")],
            completes: .volumes
        ) { options, parsed, session in
            let query: Query = options.force ? [("force", "1")] : []
            return try await session.forEach(parsed.arguments, sideBySide: false) { name in
                _ = try await session.client.json(.DELETE, "/volumes/\(PercentEncoding.path(name))", query)
                return name
            }
        }
    }
}
