import CommandLine
import DockerModel
import JSON

struct ListImagesOptions: Sendable, Filtering {
    var all = false, digests = false, filters = Filters(), format = "", full = false, quiet = false, tree = false
}

extension CommandTree {
    static func images() -> DockerCommand {
        DockerCommand(
            "images", group: .common, "List images", usage: "[OPTIONS] [REPOSITORY[:TAG]]",
            spellings: ["docker image ls", "docker image list", "docker images"], count: .atMost(1),
            options: ListImagesOptions(),
            flags: [
                .toggle("all", short: "a", \.all, "Show all images, intermediate ones too"),
                .toggle("digests", \.digests, "Show digests"),
                .filter(),
                .text("format", \.format, FormatHelp.table),
                .toggle("no-trunc", \.full, "Don't shorten the output"),
                .toggle("quiet", short: "q", \.quiet, "Show the IDs alone"),
                .toggle("tree", \.tree, "Show the platforms of images as a tree (EXPERIMENTAL)"),
            ], completes: .images
        ) { options, parsed, session in
            if options.tree {
                return try await ImageTree.run(options, pattern: parsed.arguments.first, session)
            }
            return try await ListImages.run(options, pattern: parsed.arguments.first, session)
        }
    }
}

enum ListImages {
    static func run(_ options: ListImagesOptions, pattern: String?, _ session: Session) async throws -> Int32 {
        var filters = options.filters
        if let pattern { filters.add("reference", pattern) }
        var query: Query = options.all ? [("all", "1")] : []
        query += filters.query
        var format = options.format
        if format.isEmpty, !options.quiet { format = session.configuration.text("imagesFormat") ?? "" }
        let digests = options.digests || Listing<ImageRow>.uses("Digest", format: format)
        let images = try await session.client.get("/images/json", query).array ?? []
        let now = Timestamp.now()
        let rows = images.flatMap { ImageRow.rows($0, digests: digests, shortens: !options.full, now: now) }
        if format == "raw" { format = ImageRow.raw(digests: options.digests) }
        if options.quiet, format.isEmpty || format == "table" { format = "{{.ID}}" }
        session.out.write(
            try ImageRow.listing.render(rows, format: format, standard: ImageRow.table(digests: options.digests)))
        return 0
    }
}
