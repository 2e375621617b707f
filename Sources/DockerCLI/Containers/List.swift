import CommandLine
import DockerModel
import JSON

struct ListOptions: Sendable, Filtering {
    var all = false, filters = Filters(), format = "", last = -1, latest = false, full = false, quiet = false,
        size = false
}

extension CommandTree {
    static func ps() -> DockerCommand {
        DockerCommand(
            "ps", group: .common, "List containers", usage: "[OPTIONS]",
            spellings: ["docker container ls", "docker container list", "docker container ps", "docker ps"],
            count: .none,
            options: ListOptions(),
            flags: [
                .toggle("all", short: "a", \.all, "Show all containers, not the running ones alone"),
                .filter(),
                .text("format", \.format, FormatHelp.table),
                .int(
                    "last", short: "n", \.last, default: -1, "Show the last n created containers, whatever their state"),
                .toggle("latest", short: "l", \.latest, "Show the container that was created last, whatever its state"),
                .toggle("no-trunc", \.full, "Don't shorten the output"),
                .toggle("quiet", short: "q", \.quiet, "Show the IDs alone"),
                .toggle("size", short: "s", \.size, "Show the sizes of files"),
            ]
        ) { options, parsed, session in
            try await List.run(options, sizeGiven: parsed.given.contains("size"), session)
        }
    }
}

enum List {
    static func run(_ options: ListOptions, sizeGiven: Bool, _ session: Session) async throws -> Int32 {
        if !options.format.isEmpty, options.quiet {
            session.err.write("WARNING: Ignoring custom format, because both --format and --quiet are set.\n")
        }
        var format = options.format.isEmpty ? session.configuration.text("psFormat") ?? "" : options.format
        try ListingFormat.check(options.format, ContainerRow.listing)
        let wantsSize = options.size || (!options.quiet && !sizeGiven && ContainerRow.tellsSize(format))
        var query: Query = []
        if options.all { query.append(("all", "1")) }
        query += options.filters.query
        let limit = options.latest && options.last == -1 ? 1 : options.last
        if limit > 0 { query.append(("limit", "\(limit)")) }
        if wantsSize { query.append(("size", "1")) }
        let now = Timestamp.now()
        let rows = (try await session.client.get("/containers/json", query).array ?? []).map {
            ContainerRow(json: $0, shortens: !options.full, now: now)
        }
        if format == "raw" {
            let all = ContainerRow.raw + (wantsSize ? "size: {{.Size}}\n" : "")
            format = options.quiet ? "container_id: {{.ID}}" : all
        } else if options.quiet {
            format = "{{.ID}}"
        }
        let table = ContainerRow.table + (wantsSize ? "\t{{.Size}}" : "")
        session.out.write(try ContainerRow.listing.render(rows, format: format, standard: table))
        return 0
    }
}

/// `docker ps` tries a template before it asks the daemon, and has words of its own for what is wrong.
private enum ListingFormat {
    static func check(_ format: String, _ listing: Listing<ContainerRow>) throws {
        guard !format.isEmpty else { return }
        let template: Template
        do { template = try Template(parsing: format) } catch { throw Failure("failed to parse template: \(error)") }
        let empty = ContainerRow(json: [:], shortens: true, now: Timestamp(seconds: 0))
        do { _ = try template.execute(.record(listing.record(empty))) } catch {
            throw Failure("failed to execute template: \(error)")
        }
    }
}
