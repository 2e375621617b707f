import CommandLine
import Compose
import DockerCLI
import JSON
import NIOHTTP1
import OCI
import Wire

/// A table as the original's own printer draws it.
enum PlainTable {
    static func text(_ titles: [String], _ rows: [[String]]) -> String {
        var table = TabWriter(minimumWidth: 20, padding: 1)
        for row in [titles] + rows { table.write(row.joined(separator: "\t") + "\n") }
        return table.flush()
    }
}

struct LsOptions: Sendable { var all = false, quiet = false, format = "table", filters: [String] = [] }

extension ComposeTree {
    static func ls() -> ComposeCommand {
        ComposeCommand(
            "ls", "List running compose projects", usage: "[OPTIONS]", count: .none, options: LsOptions(),
            flags: [
                .toggle("all", short: "a", \.all, "Show projects of which nothing runs too"),
                .list("filter", \.filters, value: "filter", "Condition that projects have to meet (name=NAME)"),
                .text("format", \.format, default: "table", "Format of the output: table or json"),
                .toggle("quiet", short: "q", \.quiet, "Print names alone"),
            ]
        ) { options, _, context in
            var query: Query = [ProjectAPI.filters([Label.project, Label.configHash])]
            if options.all { query.append(("all", "1")) }
            let list = try await context.session.client.get("/containers/json", query)
            let names = try options.filters.map { text -> String in
                guard let (key, value) = text.cut("="), key == "name" else { throw Failure("invalid filter '\(text)'") }
                return value
            }
            let projects = Dictionary(grouping: (list.array ?? []).map(ProjectContainer.init)) {
                $0.label(Label.project)
            }
            .filter { project in names.isEmpty || names.contains { project.key.contains($0) } }
            .sorted { $0.key < $1.key }
            if options.quiet {
                for (name, _) in projects { context.out.line(name) }
                return 0
            }
            let rows = projects.map { [$0.key, states($0.value), files($0.value)] }
            if options.format == "json" {
                let json = rows.map { row -> JSON in
                    ["Name": .string(row[0]), "Status": .string(row[1]), "ConfigFiles": .string(row[2])]
                }
                context.out.line(JSON.array(json).text)
            } else {
                context.out.write(PlainTable.text(["NAME", "STATUS", "CONFIG FILES"], rows))
            }
            return 0
        }
    }

    /// `exited(1), running(2)`.
    static func states(_ containers: [ProjectContainer]) -> String {
        Dictionary(grouping: containers, by: \.state).sorted { $0.key < $1.key }
            .map { "\($0.key)(\($0.value.count))" }.joined(separator: ", ")
    }

    private static func files(_ containers: [ProjectContainer]) -> String {
        var files: [String] = []
        for file in containers.flatMap({ $0.label(Label.configFiles).parts(",") }) where !files.contains(file) {
            files.append(file)
        }
        return files.joined(separator: ",")
    }
}

struct ComposeImagesOptions: Sendable { var quiet = false, format = "table" }

extension ComposeTree {
    static func images() -> ComposeCommand {
        ComposeCommand(
            "images", "List images used by the created containers", usage: "[OPTIONS] [SERVICE...]",
            count: .atLeast(0), options: ComposeImagesOptions(),
            flags: [
                .text("format", \.format, default: "table", "Format of the output: table or json"),
                .toggle("quiet", short: "q", \.quiet, "Print IDs alone"),
            ]
        ) { options, parsed, context in
            let existing = try await Existing.load(context, parsed.arguments)
            let rows = try await Parallel.map(existing.containers.sorted { $0.name < $1.name }) { container in
                let id = container.json["ImageID"].string ?? ""
                return (container, try await existing.api.find("/images/\(id)/json") ?? .null)
            }
            if options.quiet {
                var seen: Set<String> = []
                for (container, _) in rows {
                    let id = String((container.json["ImageID"].string ?? "").drop { $0 != ":" }.dropFirst())
                    if seen.insert(id).inserted { context.out.line(id) }
                }
                return 0
            }
            if options.format == "json" {
                context.out.line(JSON.array(rows.map { imageJSON($0.0, $0.1) }).text)
                return 0
            }
            let titles = ["CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED"]
            context.out.write(
                PlainTable.text(
                    titles,
                    rows.map { container, image in
                        let json = imageJSON(container, image)
                        let created = Timestamp(rfc3339: json["LastTagTime"].string ?? "").map {
                            Timestamp.now().since($0)
                        }
                        func or(_ key: String) -> String {
                            json[key].string.flatMap { $0.isEmpty ? nil : $0 } ?? "<none>"
                        }
                        return [
                            container.name, or("Repository"), or("Tag"), json["Platform"].string ?? "",
                            Shown.short(json["ID"].string ?? ""),
                            Units.decimalSize(json["Size"].double ?? 0, precision: 3),
                            Units.humanDuration(created ?? 0) + " ago",
                        ]
                    }))
            return 0
        }
    }

    private static func imageJSON(_ container: ProjectContainer, _ image: JSON) -> JSON {
        let reference = try? Reference(parsing: container.json["Image"].string ?? "").withDefaultTag
        let platform = [image["Os"], image["Architecture"], image["Variant"]].compactMap(\.string).filter {
            !$0.isEmpty
        }
        let tagged = image["Metadata", "LastTagTime"].string ?? ""
        return [
            "ID": container.json["ImageID"], "ContainerName": .string(container.name),
            "Repository": .string(reference?.withoutTag.familiar ?? ""), "Tag": .string(reference?.tag ?? ""),
            "Platform": .string(platform.joined(separator: "/")), "Size": .int(Int64(image["Size"].int ?? 0)),
            "LastTagTime": tagged.isEmpty || tagged.hasPrefix("0001") ? image["Created"] : .string(tagged),
        ]
    }
}

extension ComposeTree {
    static func top() -> ComposeCommand {
        ComposeCommand("top", "Display the running processes", usage: "[SERVICES...]", count: .atLeast(0), options: 0) {
            _, parsed, context in
            let existing = try await Existing.load(context, parsed.arguments, all: false)
            let tops = try await Parallel.map(existing.containers.sorted { $0.name < $1.name }) { container in
                (container, try await existing.api.client.get("/containers/\(container.id)/top"))
            }
            var titles = ["SERVICE", "#"]
            for (_, top) in tops {
                for title in top["Titles"].strings where !titles.contains(title) { titles.append(title) }
            }
            // The command is the last column.
            if let at = titles.firstIndex(of: "CMD") { titles.append(titles.remove(at: at)) }
            var rows: [[String]] = []
            for (container, top) in tops {
                let names = top["Titles"].strings
                for process in top["Processes"].array ?? [] {
                    var values = ["SERVICE": container.service, "#": "\(container.number)"]
                    for (name, value) in zip(names, process.strings) { values[name] = value }
                    rows.append(titles.map { values[$0] ?? "-" })
                }
            }
            guard !rows.isEmpty else { return 0 }
            var table = TabWriter(minimumWidth: 4, padding: 2)
            for row in [titles] + rows { table.write(row.joined(separator: "\t") + "\n") }
            context.out.write(table.flush())
            return 0
        }
    }
}

struct ComposeEventsOptions: Sendable { var json = false, since = "", until = "" }

extension ComposeTree {
    static func events() -> ComposeCommand {
        ComposeCommand(
            "events", "Receive real time events from containers", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0),
            options: ComposeEventsOptions(),
            flags: [
                .toggle("json", \.json, "Print events as JSON, one a line"),
                .text("since", \.since, "Show events since a time"),
                .text("until", \.until, "Show events until a time"),
            ]
        ) { options, parsed, context in
            let (_, name) = try await context.projectOrName()
            var query: Query = [ProjectAPI.filters(["\(Label.project)=\(name)"], [("type", "container")])]
            if !options.since.isEmpty { query.append(("since", try TimeArgument.parse(options.since, "since"))) }
            if !options.until.isEmpty { query.append(("until", try TimeArgument.parse(options.until, "until"))) }
            let answer = try await context.session.client.send(.GET, "/events", query)
            let stream = try context.session.client.documents(answer)
            while let event = try await stream.next() {
                let attributes = event["Actor", "Attributes"]
                let service = attributes[Label.service].string ?? ""
                guard attributes[Label.oneOff].string != "True",
                    parsed.arguments.isEmpty || parsed.arguments.contains(service)
                else { continue }
                context.out.line(eventText(event, service, asJSON: options.json))
            }
            return 0
        }
    }

    static func eventText(_ event: JSON, _ service: String, asJSON: Bool) -> String {
        let attributes = event["Actor", "Attributes"].stringMap.filter { !$0.key.hasPrefix("com.docker.compose.") }
        let action = event["Action"].string ?? event["status"].string ?? ""
        let id = event["Actor", "ID"].string ?? ""
        let time = Timestamp(unixNanoseconds: Int64(event["timeNano"].int ?? 0))
        if asJSON {
            let json: JSON = [
                "action": .string(action), "attributes": JSON(attributes), "id": .string(id),
                "service": .string(service), "time": .string(time.localRFC3339Nano), "type": "container",
            ]
            return json.text
        }
        let stamp = time.localRFC3339Nano.replacing("T", with: " ").prefix(26)
        let shown = attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
        return "\(stamp) container \(action) \(id) (\(shown))"
    }
}

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

struct ComposeStatsOptions: Sendable { var all = false, format = "", once = false, full = false }

extension ComposeTree {
    static func stats() -> ComposeCommand {
        ComposeCommand(
            "stats", "Display a live stream of container(s) resource usage statistics", usage: "[OPTIONS] [SERVICE]",
            count: .atMost(1), options: ComposeStatsOptions(),
            flags: [
                .toggle("all", short: "a", \.all, "Show all containers, not the running ones alone"),
                .text("format", \.format, FormatHelp.table),
                .toggle("no-stream", \.once, "Show the first result and end"),
                .toggle("no-trunc", \.full, "Don't shorten the output"),
            ]
        ) { options, parsed, context in
            let existing = try await Existing.load(context, parsed.arguments, all: options.all)
            guard !existing.containers.isEmpty else { return 0 }
            var words = ["stats"]
            if !options.format.isEmpty { words += ["--format", options.format] }
            if options.once { words.append("--no-stream") }
            if options.full { words.append("--no-trunc") }
            return try await context.session.docker(words + existing.containers.map(\.name))
        }
    }
}
