import CommandLine
import JSON

struct HistoryOptions: Sendable { var format = "", human = true, full = false, platform = "", quiet = false }

struct HistoryRow: Sendable {
    let json: JSON
    let shortens: Bool
    let human: Bool
    let now: Timestamp

    static let listing = Listing<HistoryRow>(
        typeName: "*image.historyContext",
        columns: [
            .text("Comment", "COMMENT") { $0.json["Comment"].string ?? "" },
            .text("CreatedAt", "CREATED AT") { row in
                let created = row.json["Created"].int ?? 0
                return created <= -62_135_596_800 ? "" : Timestamp(seconds: Int64(created)).localRFC3339
            },
            .text("CreatedBy", "CREATED BY") { row in
                let text = String((row.json["CreatedBy"].string ?? "").map { $0 == "\t" ? " " : $0 })
                return row.shortens ? GoText.ellipsis(text, 45) : text
            },
            .text("CreatedSince", "CREATED") { row in
                let created = row.json["Created"].int ?? 0
                if created <= -62_135_596_800 { return "N/A" }
                return row.human
                    ? Shown.ago(unix: created, now: row.now) : Timestamp(seconds: Int64(created)).localRFC3339
            },
            .text("ID", "IMAGE") { row in
                let id = row.json["Id"].string ?? ""
                return row.shortens ? Shown.short(id) : id
            },
            .text("Size", "SIZE") { row in
                let size = row.json["Size"].int ?? 0
                return row.human ? Units.decimalSize(Double(size), precision: 3) : "\(size)"
            },
        ])

    static func table(human: Bool) -> String {
        "{{.ID}}\t"
            + (human ? "{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}" : "{{.CreatedAt}}")
            + "\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}"
    }
}

extension CommandTree {
    static func history() -> DockerCommand {
        DockerCommand(
            "history", "Show the history of an image", usage: "[OPTIONS] IMAGE",
            spellings: ["docker image history", "docker history"], count: .exactly(1), options: HistoryOptions(),
            flags: [
                .text("format", \.format, FormatHelp.table),
                .toggle("human", short: "H", \.human, default: true, "Show sizes and dates the way people write them"),
                .toggle("no-trunc", \.full, "Don't shorten the output"),
                .text("platform", \.platform, "Platform whose history to show; 'os[/arch[/variant]]'"),
                .toggle("quiet", short: "q", \.quiet, "Show the IDs alone"),
            ], completes: .images
        ) { options, parsed, session in
            let history = try await session.client.get(
                "/images/\(PercentEncoding.path(parsed.arguments[0]))/history",
                try PlatformArgument.query(options.platform))
            let now = Timestamp.now()
            let rows = (history.array ?? []).map {
                HistoryRow(json: $0, shortens: !options.full, human: options.human, now: now)
            }
            let format = options.quiet ? "{{.ID}}" : options.format
            session.out.write(
                try HistoryRow.listing.render(rows, format: format, standard: HistoryRow.table(human: options.human)))
            return 0
        }
    }
}
