import CommandLine
import Compose
import DockerCLI
import JSON

struct ComposeVolumesOptions: Sendable { var quiet = false, format = "table" }

extension ComposeTree {
    static func volumes() -> ComposeCommand {
        ComposeCommand(
            "volumes", "List volumes", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0),
            options: ComposeVolumesOptions(),
            flags: [
                .text("format", \.format, default: "table", FormatHelp.table),
                .toggle("quiet", short: "q", \.quiet, "Print names alone"),
            ]
        ) { options, parsed, context in
            let (project, name) = try await context.projectOrName()
            for service in parsed.arguments where project != nil && project?.services[service] == nil {
                throw ComposeError("no such service: \(service)")
            }
            let api = try context.api(name)
            var volumes = try await api.volumes()
            if !parsed.arguments.isEmpty {
                let used = Set(try await api.containers(services: parsed.arguments).flatMap(\.observed.volumes))
                volumes = volumes.filter { used.contains($0["Name"].string ?? "") }
            }
            volumes.sort { ($0["Name"].string ?? "") < ($1["Name"].string ?? "") }
            if options.quiet {
                for volume in volumes { context.out.line(volume["Name"].string ?? "") }
                return 0
            }
            let listing = Listing<JSON>(
                typeName: "*formatter.VolumeContext",
                columns: [
                    .text("Driver", "DRIVER") { $0["Driver"].string ?? "" },
                    .text("Labels", "LABELS") { Shown.labels($0["Labels"]) },
                    .text("Mountpoint", "MOUNTPOINT") { $0["Mountpoint"].string ?? "" },
                    .text("Name", "VOLUME NAME") { $0["Name"].string ?? "" },
                    .text("Scope", "SCOPE") { $0["Scope"].string ?? "" },
                ])
            context.out.write(
                try listing.render(volumes, format: options.format, standard: "{{.Driver}}\t{{.Name}}"))
            return 0
        }
    }
}
