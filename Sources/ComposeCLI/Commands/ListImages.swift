import CommandLine
import Compose
import DockerCLI
import JSON
import OCI

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
