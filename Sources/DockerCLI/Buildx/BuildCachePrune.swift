import BuildClient
import CommandLine
import DockerModel

extension CommandTree {
    private struct BuildxPruneOptions: Sendable, Filtering {
        var all = false, filters = Filters(), force = false, isVerbose = false, builder = ""
        var reserved: Int64 = 0, mostUsed: Int64 = 0, leastFree: Int64 = 0
    }

    static func pruneBuildxCache() -> DockerCommand {
        DockerCommand(
            "prune", "Remove build cache", usage: "[OPTIONS]", count: .none, options: BuildxPruneOptions(),
            flags: [
                .toggle("all", short: "a", \.all, "Remove all of it, what images use too"),
                .text("builder", \.builder, "The builder whose cache is pruned"),
                .filter(short: nil, "Condition for what is removed (e.g. \"until=24h\")"),
                .toggle("force", short: "f", \.force, "Don't ask for confirmation"),
                .bytes("max-used-space", \.mostUsed, "Most that the cache may take then"),
                .bytes("min-free-space", \.leastFree, "What is to be free on the disk then"),
                .bytes("reserved-space", \.reserved, "What the cache keeps in any case"),
                Flag("keep-storage", value: "bytes", help: "The same as --reserved-space", isHidden: true) {
                    guard let size = Units.parseBinarySize($1) else { throw FlagValueError("invalid size: '\($1)'") }
                    $0.reserved = size
                },
                .toggle("verbose", \.isVerbose, "Show each record whole"),
            ]
        ) { options, _, session in
            var all = PruneOptions()
            all.filters = options.filters
            let (conditions, keepsFor) = try CacheConditions.words(Pruning.filters(all, session))
            if !options.force {
                let question =
                    "WARNING! This will remove all \(options.all ? "" : "dangling ")build cache. Are you sure you want to continue?"
                guard try await session.confirms(question) else { return 0 }
            }
            try Builders.check(options.builder, session)
            var pruning = CachePruning()
            (pruning.all, pruning.filters, pruning.keepsFor) = (options.all, conditions, keepsFor)
            (pruning.reserved, pruning.mostUsed, pruning.leastFree) =
                (options.reserved, options.mostUsed, options.leastFree)
            let wanted = pruning
            let report = PrunedRecords(isVerbose: options.isVerbose, out: session.out)
            try await Builders.with(session) { daemon in
                try await daemon.prune(wanted) { await report.tell($0) }
            }
            session.out.write(TabStops.text([["Total:", CacheRecordText.size(await report.bytes)]]))
            return 0
        }
    }
}

/// What goes, line by line as it goes.
private actor PrunedRecords {
    private let isVerbose: Bool
    private let out: Output
    private var isFirst = true
    private(set) var bytes: Int64 = 0

    init(isVerbose: Bool, out: Output) {
        self.isVerbose = isVerbose
        self.out = out
    }

    func tell(_ record: CacheRecord) {
        bytes += record.size
        let text = CacheRecordText(record)
        if isVerbose { return out.write(text.whole + "\n") }
        let head = isFirst ? [["ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"]] : []
        isFirst = false
        out.write(TabStops.text(head + [text.pruned]))
    }
}
