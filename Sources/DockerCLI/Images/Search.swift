import CommandLine
import DockerModel
import JSON

struct SearchOptions: Sendable, Filtering { var filters = Filters(), format = "", limit = 0, full = false }

extension CommandTree {
    static func search() -> DockerCommand {
        DockerCommand(
            "search", group: .common, "Search Docker Hub for images", usage: "[OPTIONS] TERM", count: .exactly(1),
            options: SearchOptions(),
            flags: [
                .filter(), .text("format", \.format, "Show the results by a Go template"),
                .int("limit", \.limit, "Most results to show"), .toggle("no-trunc", \.full, "Don't shorten the output"),
            ]
        ) { options, parsed, session in
            var query = options.filters.query
            if options.limit > 0 { query.append(("limit", "\(options.limit)")) }
            query.append(("term", parsed.arguments[0]))
            let rows = try await session.client.get("/images/search", query).array ?? []
            let listing = Listing<JSON>(
                typeName: "*registry.searchContext",
                columns: [
                    .text("Description", "DESCRIPTION") { row in
                        let text = String((row["description"].string ?? "").map { $0.isNewline ? " " : $0 })
                        return options.full ? text : GoText.ellipsis(text, 45)
                    },
                    .text("IsAutomated", "AUTOMATED") { $0["is_automated"].bool == true ? "[OK]" : "" },
                    .text("IsOfficial", "OFFICIAL") { $0["is_official"].bool == true ? "[OK]" : "" },
                    .text("Name", "NAME") { $0["name"].string ?? "" },
                    .text("StarCount", "STARS") { "\($0["star_count"].int ?? 0)" },
                ])
            session.out.write(
                try listing.render(
                    rows, format: options.format,
                    standard: "{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}"))
            return 0
        }
    }
}
