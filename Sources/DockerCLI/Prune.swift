import CommandLine
import DockerModel
import JSON

struct PruneOptions: Sendable, Filtering { var all = false, filters = Filters(), force = false, volumes = false }

extension Flag where Options == PruneOptions {
    static func pruneFlags(all: String?, example: String) -> [Flag<PruneOptions>] {
        var flags: [Flag<PruneOptions>] = [
            .filter(short: nil, "Condition for what is removed (e.g. \"\(example)\")"),
            .toggle("force", short: "f", \.force, "Don't ask for confirmation"),
        ]
        if let all { flags.append(.toggle("all", short: "a", \.all, all)) }
        return flags
    }
}

/// What a prune removed, as text, and the bytes it freed.
struct PruneReport: Sendable {
    var text = ""
    var bytes = 0
}

enum Pruning {
    /// The filters of the command line and those that `config.json` adds to every prune (`pruneFilters`).
    static func filters(_ options: PruneOptions, _ session: Session) -> Filters {
        var filters = options.filters
        for text in session.configuration.json["pruneFilters"].strings {
            guard let (name, value) = text.cut("=") else { continue }
            let opposite = name == "label" ? "label!" : name == "label!" ? "label" : ""
            if !opposite.isEmpty, filters[opposite].contains(value) { continue }
            filters.add(name, value)
        }
        return filters
    }

    static func containers(_ options: PruneOptions, _ session: Session) async throws -> PruneReport {
        let result = try await session.client.post("/containers/prune", filters(options, session).query)
        return report("Deleted Containers:", result["ContainersDeleted"].strings, result)
    }

    static func networks(_ options: PruneOptions, _ session: Session) async throws -> PruneReport {
        let result = try await session.client.post("/networks/prune", filters(options, session).query)
        return report("Deleted Networks:", result["NetworksDeleted"].strings, result)
    }

    static func volumes(_ options: PruneOptions, _ session: Session) async throws -> PruneReport {
        var all = filters(options, session)
        if options.all { all.add("all", "true") }
        let result = try await session.client.post("/volumes/prune", all.query)
        return report("Deleted Volumes:", result["VolumesDeleted"].strings, result)
    }

    static func images(_ options: PruneOptions, _ session: Session) async throws -> PruneReport {
        var all = filters(options, session)
        all.add("dangling", options.all ? "false" : "true")
        let result = try await session.client.post("/images/prune", all.query)
        let lines = (result["ImagesDeleted"].array ?? []).map { entry -> String in
            if let untagged = entry["Untagged"].string, !untagged.isEmpty { return "untagged: \(untagged)" }
            return "deleted: \(entry["Deleted"].string ?? "")"
        }
        return report("Deleted Images:", lines, result)
    }

    static func buildCache(_ options: PruneOptions, _ session: Session) async throws -> PruneReport {
        var query = filters(options, session).query
        if options.all { query.append(("all", "1")) }
        let result = try await session.client.post("/build/prune", query)
        return report("Deleted build cache objects:", result["CachesDeleted"].strings, result)
    }

    private static func report(_ title: String, _ lines: [String], _ result: JSON) -> PruneReport {
        guard !lines.isEmpty else { return PruneReport() }
        return PruneReport(
            text: title + "\n" + lines.map { $0 + "\n" }.joined(), bytes: result["SpaceReclaimed"].int ?? 0)
    }

    /// Asks unless told not to. False: the user said no.
    static func confirmed(_ options: PruneOptions, _ warning: String, _ session: Session) async throws -> Bool {
        if options.force { return true }
        return try await session.confirms("WARNING! \(warning)\nAre you sure you want to continue?")
    }
}

extension CommandTree {
    private static func prune(
        _ summary: String, usage: String = "[OPTIONS]", all: String? = nil, example: String, countsSpace: Bool = true,
        warning: @escaping @Sendable (PruneOptions) -> String,
        _ work: @escaping @Sendable (PruneOptions, Session) async throws -> PruneReport
    ) -> DockerCommand {
        DockerCommand(
            "prune", summary, usage: usage, count: .none, options: PruneOptions(),
            flags: Flag<PruneOptions>.pruneFlags(all: all, example: example)
        ) { options, _, session in
            guard try await Pruning.confirmed(options, warning(options), session) else { return 0 }
            let report = try await work(options, session)
            if !report.text.isEmpty { session.out.line(report.text) }
            if countsSpace { session.out.line("Total reclaimed space: \(Units.decimalSize(Double(report.bytes)))") }
            return 0
        }
    }

    static func pruneContainers() -> DockerCommand {
        prune(
            "Remove all stopped containers", example: "until=<timestamp>",
            warning: { _ in "This will remove all stopped containers." }, Pruning.containers)
    }

    static func pruneNetworks() -> DockerCommand {
        prune(
            "Remove all unused networks", example: "until=<timestamp>", countsSpace: false,

            warning: { _ in "This will remove all custom networks not used by at least one container." },
            Pruning.networks)
    }

    static func pruneVolumes() -> DockerCommand {
        prune(
            "Remove unused local volumes", all: "Remove all unused volumes, those with a name too",
            example: "label=<label>",

            warning: {
                "This will remove \($0.all ? "all" : "anonymous") local volumes not used by at least one container."
            },
            Pruning.volumes)
    }

    static func pruneImages() -> DockerCommand {
        prune(
            "Remove unused images", all: "Remove all unused images, those with a name too",
            example: "until=<timestamp>",

            warning: {
                $0.all
                    ? "This will remove all images without at least one container associated to them."
                    : "This will remove all dangling images."
            }, Pruning.images)
    }

    static func pruneBuilds() -> DockerCommand {
        prune(
            "Remove build cache", all: "Remove all build cache, what images use too", example: "until=24h",
            warning: { "This will remove all \($0.all ? "" : "dangling ")build cache." }, Pruning.buildCache)
    }

    static func pruneSystem() -> DockerCommand {
        DockerCommand(
            "prune", "Remove unused data", usage: "[OPTIONS]", count: .none, options: PruneOptions(),
            flags: Flag<PruneOptions>.pruneFlags(
                all: "Remove all unused images, those with a name too", example: "label=<key>=<value>")
                + [.toggle("volumes", \.volumes, "Remove anonymous volumes too")]
        ) { options, _, session in
            if options.volumes, !options.filters["until"].isEmpty {
                throw Failure("ERROR: The \"until\" filter is not supported with \"--volumes\"")
            }
            guard try await Pruning.confirmed(options, systemWarning(options, session), session) else { return 0 }
            var named = options
            named.all = false
            var reports = [
                try await Pruning.containers(options, session), try await Pruning.networks(options, session),
            ]
            if options.volumes { reports.append(try await Pruning.volumes(named, session)) }
            reports.append(try await Pruning.images(options, session))
            reports.append(try await Pruning.buildCache(options, session))
            for report in reports where !report.text.isEmpty { session.out.line(report.text) }
            let total = reports.reduce(0) { $0 + $1.bytes }
            session.out.line("Total reclaimed space: \(Units.decimalSize(Double(total)))")
            return 0
        }
    }

    private static func systemWarning(_ options: PruneOptions, _ session: Session) -> String {
        var items = ["all stopped containers", "all networks not used by at least one container"]
        if options.volumes { items.append("all anonymous volumes not used by at least one container") }
        items.append(
            options.all ? "all images without at least one container associated to them" : "all dangling images")
        items.append(options.all ? "all build cache" : "unused build cache")
        var text = "This will remove:\n" + items.map { "  - \($0)\n" }.joined()
        let filters = Pruning.filters(options, session)
        let shown = ["label", "label!", "until"].flatMap { name in filters[name].map { "\(name)=\($0)" } }.sorted()
        if !shown.isEmpty {
            text += "\n  Items to be pruned will be filtered with:\n" + shown.map { "  - \($0)\n" }.joined()
        }
        return text
    }
}
