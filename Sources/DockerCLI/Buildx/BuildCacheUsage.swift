import CommandLine
import DockerModel
import JSON

extension CommandTree {
    static func buildCacheUsage() -> DockerCommand {
        struct Options: Sendable, Filtering { var filters = Filters(), isVerbose = false }
        return DockerCommand(
            "du", "Show what the build cache takes", usage: "[OPTIONS]", count: .none, options: Options(),
            flags: [
                .filter(short: nil, "Condition for what is shown (e.g. \"type=regular\")"),
                .toggle("verbose", \.isVerbose, "Show each record whole"),
            ]
        ) { options, _, session in
            let usage = try await session.client.get("/system/df", [("type", "build-cache")])
            let records = BuildCacheRows(usage["BuildCache"].array ?? []).matching(options.filters)
            session.out.write(options.isVerbose ? records.details : records.table)
            return 0
        }
    }
}

/// Records of the build cache as `docker buildx du` shows them.
struct BuildCacheRows: Sendable {
    private let records: [JSON]

    init(_ records: [JSON]) {
        self.records = records.sorted { ($0["Size"].int ?? 0) > ($1["Size"].int ?? 0) }
    }

    func matching(_ filters: Filters) -> BuildCacheRows {
        let ids = filters["id"], types = filters["type"]
        return BuildCacheRows(
            records.filter { record in
                (ids.isEmpty || ids.contains { (record["ID"].string ?? "").hasPrefix($0) })
                    && (types.isEmpty || types.contains(record["Type"].string ?? ""))
            })
    }

    private static func isReclaimable(_ record: JSON) -> Bool { record["InUse"].bool != true }

    private static func size(_ bytes: Int) -> String { Units.decimalSize(Double(bytes)) }

    private static func age(_ record: JSON) -> String {
        guard let text = record["LastUsedAt"].string, let time = Timestamp(rfc3339: text), !time.isZero else {
            return ""
        }
        return Units.humanDuration(Timestamp.now().since(time)) + " ago"
    }

    var table: String {
        var writer = TabWriter(minimumWidth: 0)
        writer.write("ID\tRECLAIMABLE\tSIZE\tLAST ACCESSED\n")
        for record in records {
            let shared = record["Shared"].bool == true ? "*" : ""
            writer.write(
                "\(record["ID"].string ?? "")\t\(Self.isReclaimable(record))\t"
                    + "\(Self.size(record["Size"].int ?? 0))\(shared)\t\(Self.age(record))\n")
        }
        return writer.flush() + sums
    }

    /// What goes when it is pruned, and all.
    private var sums: String {
        func sum(_ chosen: [JSON]) -> Int { chosen.reduce(0) { $0 + ($1["Size"].int ?? 0) } }
        let shared = records.filter { $0["Shared"].bool == true }
        var rows: [(String, Int)] = []
        if !shared.isEmpty {
            rows += [("Shared", sum(shared)), ("Private", sum(records) - sum(shared))]
        }
        rows += [("Reclaimable", sum(records.filter(Self.isReclaimable))), ("Total", sum(records))]
        var writer = TabWriter(minimumWidth: 0)
        for (name, bytes) in rows { writer.write("\(name):\t\(Self.size(bytes))\n") }
        return writer.flush()
    }

    var details: String {
        records.map { record in
            var writer = TabWriter(minimumWidth: 0)
            let facts: [(String, String)] = [
                ("ID", record["ID"].string ?? ""), ("Created at", record["CreatedAt"].string ?? ""),
                ("Mutable", "false"), ("Reclaimable", "\(Self.isReclaimable(record))"),
                ("Shared", "\(record["Shared"].bool == true)"), ("Size", Self.size(record["Size"].int ?? 0)),
                ("Description", record["Description"].string ?? ""),
                ("Usage count", "\(record["UsageCount"].int ?? 0)"),
                ("Last used", Self.age(record)), ("Type", record["Type"].string ?? ""),
            ]
            for (name, value) in facts where !value.isEmpty { writer.write("\(name):\t\(value)\n") }
            return writer.flush() + "\n"
        }.joined() + sums
    }
}
