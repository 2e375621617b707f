import BuildClient
import CommandLine
import DockerModel
import JSON

extension CommandTree {
    private struct UsageOptions: Sendable, Filtering {
        var filters = Filters(), isVerbose = false, format = "", builder = ""
    }

    static func buildCacheUsage() -> DockerCommand {
        DockerCommand(
            "du", "Show what the build cache takes", usage: "[OPTIONS]", count: .none, options: UsageOptions(),
            flags: [
                .text("builder", \.builder, "The builder that is asked"),
                .filter(short: nil, "Condition for what is shown (e.g. \"type=regular\")"),
                .text("format", \.format, FormatHelp.plain), .toggle("verbose", \.isVerbose, "Show each record whole"),
            ]
        ) { options, _, session in
            guard options.format.isEmpty || !options.isVerbose else {
                throw Failure("ERROR: --format and --verbose cannot be used together")
            }
            let isVerbose = options.isVerbose || options.format == "pretty"
            let (conditions, _) = try CacheConditions.words(options.filters)
            try Builders.check(options.builder, session)
            let records = try await Builders.with(session) { try await $0.cacheRecords(conditions) }
            if isVerbose {
                session.out.write(records.map { CacheRecordText($0).whole + "\n" }.joined())
            } else {
                let format = options.format.isEmpty ? "table" : options.format
                session.out.write(
                    try CacheRecordText.listing(isTable: format.hasPrefix("table")).render(
                        records, format: format, standard: CacheRecordText.standard))
            }
            let isPlain = isVerbose || ["", "table"].contains(options.format)
            if isPlain, options.filters.isEmpty { session.out.write(CacheRecordText.sums(records)) }
            return 0
        }
    }
}

/// One record as `docker buildx du` and `prune` show it.
struct CacheRecordText: Sendable {
    let record: CacheRecord

    init(_ record: CacheRecord) { self.record = record }

    static let standard = "{{.ID}}\t{{.Reclaimable}}\t{{.Size}}\t{{.LastUsedAt}}"

    static func size(_ bytes: Int64) -> String { Units.decimalSize(Double(bytes)) }

    private var created: String { Timestamp(unixNanoseconds: record.created ?? 0).utcGoText }

    private var lastUsed: String {
        record.lastUsed.map { Units.humanDuration(Timestamp.now().since(Timestamp(unixNanoseconds: $0))) + " ago" }
            ?? ""
    }

    /// In tables records that change have a mark, and sizes of those that others share.
    static func listing(isTable: Bool) -> Listing<CacheRecord> {
        Listing(
            typeName: "commands.diskusageContext",
            columns: [
                .text("ID", "ID") { $0.id + (isTable && $0.isMutable ? "*" : "") },
                Column("Parents", "PARENTS") { .json(JSON($0.parents)) },
                .text("CreatedAt", "CREATED AT") { CacheRecordText($0).created },
                Column("Mutable", "MUTABLE") { .json(.bool($0.isMutable)) },
                Column("Reclaimable", "RECLAIMABLE") { .json(.bool(!$0.isInUse)) },
                Column("Shared", "SHARED") { .json(.bool($0.isShared)) },
                .text("Size", "SIZE") { size($0.size) + (isTable && $0.isShared ? "*" : "") },
                .text("Description", "DESCRIPTION", \.description),
                Column("UsageCount", "USAGE COUNT") { .json(.int(Int64($0.uses))) },
                .text("LastUsedAt", "LAST ACCESSED") { CacheRecordText($0).lastUsed },
                .text("Type", "TYPE", \.type),
            ])
    }

    /// Fact by fact.
    var whole: String {
        var facts = [("ID", record.id)]
        if !record.parents.isEmpty { facts.append(("Parents", record.parents.map { "\n - \($0)" }.joined())) }
        facts += [
            ("Created at", created), ("Mutable", "\(record.isMutable)"), ("Reclaimable", "\(!record.isInUse)"),
            ("Shared", "\(record.isShared)"), ("Size", Self.size(record.size)),
        ]
        if !record.description.isEmpty { facts.append(("Description", record.description)) }
        facts.append(("Usage count", "\(record.uses)"))
        if !lastUsed.isEmpty { facts.append(("Last used", lastUsed)) }
        if !record.type.isEmpty { facts.append(("Type", record.type)) }
        return facts.map { name, value in
            if value.hasPrefix("\n") { return "\(name):\(value)\n" }
            return "\(name):" + String(repeating: " ", count: 13 - name.count) + value + "\n"
        }.joined()
    }

    /// What goes when it is pruned, and all.
    static func sums(_ records: [CacheRecord]) -> String {
        func sum(_ chosen: [CacheRecord]) -> Int64 { chosen.reduce(0) { $0 + $1.size } }
        let shared = sum(records.filter(\.isShared)), all = sum(records)
        var rows: [[String]] = []
        if shared > 0 { rows += [["Shared:", size(shared)], ["Private:", size(all - shared)]] }
        rows += [["Reclaimable:", size(sum(records.filter { !$0.isInUse }))], ["Total:", size(all)]]
        return TabStops.text(rows)
    }

    /// The cells of a prune's line.
    var pruned: [String] {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        return [
            padded(record.id + (record.isMutable ? "*" : ""), 40), padded("\(!record.isInUse)", 5),
            padded(Self.size(record.size) + (record.isShared ? "*" : ""), 10), lastUsed,
        ]
    }
}

/// Filters of the command line in BuildKit's spelling.
enum CacheConditions {
    /// Answers the conditions, and for how long since its last use a record stays, in nanoseconds.
    static func words(_ filters: Filters) throws(Failure) -> (conditions: [String], keepsFor: Int64) {
        let ages = ["until", "unused-for"].filter { !filters[$0].isEmpty }
        guard ages.count < 2 else { throw Failure("ERROR: conflicting filters \"until\" and \"unused-for\"") }
        var keepsFor: Int64 = 0
        if let key = ages.first {
            guard filters[key].count == 1 else {
                throw Failure("ERROR: \(GoText.quote(key)) filter expects only one value")
            }
            guard let time = GoDuration.parse(filters[key][0]) else {
                throw Failure(
                    "ERROR: \(GoText.quote(key)) filter expects a duration (e.g., '24h'): time: invalid duration \(GoText.quote(filters[key][0]))"
                )
            }
            keepsFor = time
        }
        var words: [String] = []
        for (key, values) in filters.values.sorted(by: { $0.key < $1.key }) where !ages.contains(key) {
            guard values.count < 2 else { throw Failure("ERROR: \(GoText.quote(key)) filter expects only one value") }
            guard let value = values.first, !value.isEmpty else {
                words.append(key)
                continue
            }
            let operation = key == "id" ? "~=" : key.hasSuffix("!") || key.hasSuffix("~") ? "=" : "=="
            words.append(key + operation + value)
        }
        return (words.isEmpty ? [] : [words.joined(separator: ",")], keepsFor)
    }
}
