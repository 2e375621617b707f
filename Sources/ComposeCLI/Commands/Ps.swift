import CommandLine
import Compose
import DockerCLI
import JSON

struct PsOptions: Sendable {
    var all = false, quiet = false, services = false, full = false, orphans = true
    var format = "table", filter = ""
    var status: [String] = []
}

extension ComposeTree {
    static func ps() -> ComposeCommand {
        ComposeCommand(
            "ps", "List containers", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0), options: PsOptions(),
            flags: [
                .toggle("all", short: "a", \.all, "Show stopped containers too, and those that `run` made"),
                .text("filter", \.filter, "Condition that services have to meet (status=STATE)"),
                .text("format", \.format, default: "table", FormatHelp.table),
                .toggle("no-trunc", \.full, "Don't shorten the output"),
                .toggle("orphans", \.orphans, default: true, "Show containers of services that the files don't have"),
                .toggle("quiet", short: "q", \.quiet, "Print IDs alone"),
                .toggle("services", \.services, "Print names of services alone"),
                .list(
                    "status", \.status, value: "stringArray",
                    "State to show: paused, restarting, removing, running, dead, created or exited"),
            ]
        ) { options, parsed, context in
            try await PsCommand(options: options, context: context).run(parsed.arguments)
        }
    }
}

/// A container of `compose ps`.
struct PsRow: Sendable {
    let container: ProjectContainer
    /// Exit code and health, from the container itself.
    let details: JSON
    let shortens: Bool

    static let listing = Listing<PsRow>(
        typeName: "*formatter.ContainerContext",
        columns: [
            .text("Command", "COMMAND") { row in
                let command = row.container.json["Command"].string ?? ""
                return GoText.quote(row.shortens ? GoText.ellipsis(command, 20) : command)
            },
            .text("CreatedAt", "CREATED AT") {
                Timestamp(seconds: Int64($0.container.json["Created"].int ?? 0)).goText
            },
            Column("ExitCode", "EXIT CODE") { .json($0.details["State", "ExitCode"]) },
            .text("Health", "HEALTH") { $0.details["State", "Health", "Status"].string ?? "" },
            .text("ID", "CONTAINER ID") { $0.shortens ? Shown.short($0.container.id) : $0.container.id },
            .text("Image", "IMAGE") { $0.container.json["Image"].string ?? "" },
            .text("Labels", "LABELS") { Shown.labels($0.container.json["Labels"]) },
            .text("LocalVolumes", "LOCAL VOLUMES") { row in
                "\((row.container.json["Mounts"].array ?? []).filter { $0["Driver"].string == "local" }.count)"
            },
            .text("Mounts", "MOUNTS") { row in
                (row.container.json["Mounts"].array ?? []).map { $0["Name"].string ?? $0["Source"].string ?? "" }
                    .joined(separator: ",")
            },
            .text("Name", "NAME") { $0.container.name }, .text("Names", "NAMES") { $0.container.name },
            .text("Networks", "NETWORKS") {
                ($0.container.json["NetworkSettings", "Networks"].object?.names ?? []).joined(separator: ",")
            },
            .text("Ports", "PORTS") { PortsText.text($0.container.json["Ports"]) },
            .text("Project", "PROJECT") { $0.container.label(Label.project) },
            Column("Publishers", "PUBLISHERS") { .json($0.publishers) },
            .text("RunningFor", "CREATED") { Shown.ago(unix: $0.container.json["Created"].int ?? 0) },
            .text("Service", "SERVICE") { $0.container.service },
            .text("State", "STATE") { $0.container.state },
            .text("Status", "STATUS") { $0.container.json["Status"].string ?? "" },
        ])

    private var publishers: JSON {
        .array(
            (container.json["Ports"].array ?? []).map { port in
                [
                    "URL": .string(port["IP"].string ?? ""), "TargetPort": .int(Int64(port["PrivatePort"].int ?? 0)),
                    "PublishedPort": .int(Int64(port["PublicPort"].int ?? 0)),
                    "Protocol": .string(port["Type"].string ?? "tcp"),
                ]
            })
    }

    static let table =
        "{{.Name}}\t{{.Image}}\t{{.Command}}\t{{.Service}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}"
}

private struct PsCommand {
    let options: PsOptions
    let context: ComposeContext

    func run(_ services: [String]) async throws -> Int32 {
        var states = options.status
        if !options.filter.isEmpty {
            guard let (key, value) = options.filter.cut("=") else {
                throw Failure("arguments to --filter should be in form KEY=VAL")
            }
            guard key == "status" else { throw Failure("unknown filter \(key)") }
            states.append(value)
        }
        let (project, name) = try await context.projectOrName()
        var wanted = services
        if let project {
            for service in services where project.services[service] == nil {
                throw ComposeError("no such service: \(service)")
            }
            if services.isEmpty, !options.orphans { wanted = project.serviceNames }
        }
        let api = try context.api(name)
        let showsAll = options.all || !states.isEmpty
        let containers = try await api.containers(services: wanted, oneOffs: showsAll ? .with : .without, all: showsAll)
            .filter { states.isEmpty || states.contains($0.state) }.sorted { $0.name < $1.name }
        if options.quiet {
            for container in containers { context.out.line(container.id) }
        } else if options.services {
            var seen: Set<String> = []
            for container in containers where seen.insert(container.service).inserted {
                context.out.line(container.service)
            }
        } else {
            try await table(containers, api)
        }
        return 0
    }

    private func table(_ containers: [ProjectContainer], _ api: ProjectAPI) async throws {
        let needsDetails = options.format != "table" && !options.format.isEmpty
        let rows = try await Parallel.map(containers) { container in
            PsRow(
                container: container, details: needsDetails ? try await api.inspect(container.id) : .null,
                shortens: !options.full)
        }
        context.out.write(try PsRow.listing.render(rows, format: options.format, standard: PsRow.table))
    }
}
