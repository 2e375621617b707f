import CommandLine
import JSON

struct DiskUsageOptions: Sendable { var format = "", verbose = false }

extension CommandTree {
    static func diskUsage() -> DockerCommand {
        DockerCommand(
            "df", "Show docker disk usage", usage: "[OPTIONS]", count: .none, options: DiskUsageOptions(),
            flags: [
                .text("format", \.format, FormatHelp.table),
                .toggle("verbose", short: "v", \.verbose, "Show every image, container and volume"),
            ]
        ) { options, _, session in
            let usage = try await session.client.get("/system/df")
            if options.verbose {
                session.out.write(
                    options.format.isEmpty || options.format == "table"
                        ? try DiskUsageText(usage: usage, shortens: true).tables
                        : try DiskUsageText(usage: usage, shortens: false).formatted(options.format))
                return 0
            }
            let format =
                options.format == "raw"
                ? "type: {{.Type}}\ntotal: {{.TotalCount}}\nactive: {{.Active}}\nsize: {{.Size}}\nreclaimable: {{.Reclaimable}}\n"
                : options.format
            session.out.write(
                try DiskUsageRow.listing.render(
                    DiskUsageRow.rows(usage), format: format,
                    standard: "{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}"))
            return 0
        }
    }
}

struct DiskUsageRow: Sendable {
    let type: String
    let total: Int
    let active: Int
    /// Bytes.
    let size: Int
    let reclaimable: Int
    /// The build cache tells no share.
    var showsShare = true

    static func rows(_ usage: JSON) -> [DiskUsageRow] {
        [images(usage), containers(usage), volumes(usage), cache(usage)]
    }

    private static func images(_ usage: JSON) -> DiskUsageRow {
        let images = usage["Images"].array ?? [], size = usage["LayersSize"].int ?? 0
        let used = images.reduce(0) { sum, image in
            guard image["Containers"].int ?? 0 != 0, let own = image["Size"].int, let shared = image["SharedSize"].int,
                own != -1, shared != -1
            else { return sum }
            return sum + own - shared
        }
        return DiskUsageRow(
            type: "Images", total: images.count, active: images.filter { ($0["Containers"].int ?? 0) > 0 }.count,
            size: size,
            reclaimable: size - used)
    }

    private static func containers(_ usage: JSON) -> DiskUsageRow {
        let containers = usage["Containers"].array ?? []
        func isActive(_ container: JSON) -> Bool {
            ["running", "paused", "restarting"].contains(container["State"].string ?? "")
        }
        func bytes(_ list: [JSON]) -> Int { list.reduce(0) { $0 + ($1["SizeRw"].int ?? 0) } }
        return DiskUsageRow(
            type: "Containers", total: containers.count, active: containers.filter(isActive).count,
            size: bytes(containers),
            reclaimable: bytes(containers.filter { !isActive($0) }))
    }

    private static func volumes(_ usage: JSON) -> DiskUsageRow {
        let volumes = usage["Volumes"].array ?? []
        func bytes(_ list: [JSON]) -> Int { list.reduce(0) { $0 + max(0, $1["UsageData", "Size"].int ?? 0) } }
        return DiskUsageRow(
            type: "Local Volumes", total: volumes.count,
            active: volumes.filter { ($0["UsageData", "RefCount"].int ?? 0) > 0 }.count,
            size: bytes(volumes), reclaimable: bytes(volumes.filter { ($0["UsageData", "RefCount"].int ?? 0) == 0 }))
    }

    private static func cache(_ usage: JSON) -> DiskUsageRow {
        let records = usage["BuildCache"].array ?? []
        func bytes(_ list: [JSON]) -> Int {
            list.reduce(0) { $0 + ($1["Shared"].bool == true ? 0 : $1["Size"].int ?? 0) }
        }
        return DiskUsageRow(
            type: "Build Cache", total: records.count, active: records.filter { $0["InUse"].bool == true }.count,
            size: usage["BuilderSize"].int ?? bytes(records),
            reclaimable: bytes(records.filter { $0["InUse"].bool != true }),
            showsShare: false)
    }

    static let listing = Listing<DiskUsageRow>(
        typeName: "*formatter.diskUsageImagesContext",
        columns: [
            .text("Active", "ACTIVE") { "\($0.active)" },
            .text("Reclaimable", "RECLAIMABLE") { row in
                let text = Units.decimalSize(Double(row.reclaimable))
                return row.showsShare && row.size > 0 ? "\(text) (\(row.reclaimable * 100 / row.size)%)" : text
            },
            .text("Size", "SIZE") { Units.decimalSize(Double($0.size)) },
            .text("TotalCount", "TOTAL") { "\($0.total)" },
            .text("Type", "TYPE") { $0.type },
        ])
}

/// `docker system df -v`: every image, container, volume and build record.
struct DiskUsageText {
    private let usage: JSON
    private let images: [ImageRow]
    private let containers: [ContainerRow]
    private let volumes: [JSON], cache: [JSON]

    init(usage: JSON, shortens: Bool) {
        let now = Timestamp.now()
        self.usage = usage
        images = (usage["Images"].array ?? []).compactMap {
            ImageRow.rows($0, digests: false, shortens: shortens, now: now).first?.withoutDigest
        }
        containers = (usage["Containers"].array ?? []).map { container in
            var copy = container
            copy["SizeRootFs"] = 0
            return ContainerRow(json: copy, shortens: shortens, now: now)
        }
        volumes = usage["Volumes"].array ?? []
        cache = usage["BuildCache"].array ?? []
    }

    /// All of it through one template, with a list a kind; no line feed is added at the end.
    func formatted(_ format: String) throws -> String {
        func list<Row>(_ listing: Listing<Row>, _ rows: [Row]) -> [TemplateRecord] { rows.map(listing.record) }
        let kinds = [
            ("Images", list(ImageRow.listing, images)), ("Containers", list(ContainerRow.listing, containers)),
            ("Volumes", list(CommandTree.volumeListing, volumes)), ("BuildCache", list(Self.cacheListing, cache)),
        ]
        let record = TemplateRecord(
            typeName: "*formatter.diskUsageContext",
            field: { name, _ in kinds.first { $0.0 == name }.map { .list($0.1.map { .record($0) }) } },
            json: { .object(JSONObject(kinds.map { ($0.0, .array($0.1.map { $0.json() })) })) })
        do {
            return try Template(parsing: format == "json" ? "{{json .}}" : format.replacingEscapes)
                .execute(.record(record))
        } catch { throw Failure("\(error)") }
    }

    /// A table a kind.
    var tables: String {
        get throws {
            var text = "Images space usage:\n\n"
            text += try ImageRow.listing.render(
                images, format: "table",
                standard:
                    "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}"
            )
            text += "\nContainers space usage:\n\n"
            text += try ContainerRow.listing.render(
                containers, format: "table",
                standard:
                    "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}"
            )
            text += "\nLocal Volumes space usage:\n\n"
            text += try CommandTree.volumeListing.render(
                volumes, format: "table", standard: "{{.Name}}\t{{.Links}}\t{{.Size}}")
            let size = usage["BuilderSize"].int ?? cache.reduce(0) { $0 + ($1["Size"].int ?? 0) }
            text += "\nBuild cache usage: \(Units.decimalSize(Double(size)))\n\n"
            text += try Self.cacheListing.render(
                cache, format: "table",
                standard:
                    "{{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}"
            )
            return text
        }
    }

    private static var cacheListing: Listing<JSON> {
        @Sendable func ago(_ time: JSON) -> String {
            Timestamp(rfc3339: time.string ?? "").map { Units.humanDuration(Timestamp.now().since($0)) + " ago" } ?? ""
        }
        return Listing<JSON>(
            typeName: "*formatter.buildCacheContext",
            columns: [
                .text("CacheType", "CACHE TYPE") { $0["Type"].string ?? "" },
                .text("CreatedSince", "CREATED") { ago($0["CreatedAt"]) },
                .text("ID", "CACHE ID") { Shown.short($0["ID"].string ?? "") },
                .text("LastUsedSince", "LAST USED") { ago($0["LastUsedAt"]) },
                .text("Shared", "SHARED") { Shown.yesNo($0["Shared"].bool ?? false) },
                .text("Size", "SIZE") { Units.decimalSize($0["Size"].double ?? 0, precision: 3) },
                .text("UsageCount", "USAGE") { "\($0["UsageCount"].int ?? 0)" },
            ])
    }
}
