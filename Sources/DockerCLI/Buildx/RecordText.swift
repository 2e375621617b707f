import BuildClient
import CommandLine
import JSON
import Wire

/// Records of builds as a listing's rows.
struct RecordRows: Sendable {
    let session: Session
    let isTable: Bool
    let isWhole: Bool

    private enum Limit {
        /// Characters of a name in a table.
        static let name = 36
    }

    static let standard = "{{.Ref}}\t{{.Name}}\t{{.Status}}\t{{.CreatedAt}}\t{{.Duration}}\t{{.Link}}"

    var listing: Listing<BuildRecord> {
        let rows = self
        return Listing(
            typeName: "history.lsContext",
            columns: [
                .text("Ref", "BUILD ID", \.reference), .text("Name", "NAME") { rows.shownName($0) },
                .text("Status", "STATUS") { rows.status($0) },
                .text("CreatedAt", "CREATED AT") { record in
                    let created = Timestamp(unixNanoseconds: record.created)
                    return Units.humanDuration(Timestamp.now().since(created)) + " ago"
                },
                .text("Duration", "DURATION") { $0.shownDuration + ($0.completed == nil ? "+" : "") },
                // There is no Docker Desktop to show it.
                .text("Link", "") { _ in "" },
            ])
    }

    private func name(_ record: BuildRecord) -> String {
        BuildName.of(record.attributes, BuildNotes(session)[record.reference])
    }

    private func shownName(_ record: BuildRecord) -> String {
        let name = name(record)
        guard isTable, !isWhole, name.count > Limit.name else { return name }
        return ".." + name.suffix(Limit.name - 2)
    }

    private func status(_ record: BuildRecord) -> String {
        record.completed == nil ? "Running" : record.error == nil ? "Completed" : "Error"
    }

    func json(_ record: BuildRecord) -> JSON {
        var json: JSON = [
            "cached_steps": .int(Int64(record.cachedSteps)), "completed_steps": .int(Int64(record.completedSteps)),
            "created_at": .string(Timestamp(unixNanoseconds: record.created).rfc3339),
            "name": .string(name(record)),
            "ref": .string("\(session.contextName)/\(session.contextName)/\(record.reference)"),
            "status": .string(status(record)), "total_steps": .int(Int64(record.steps)),
        ]
        if let completed = record.completed {
            json["completed_at"] = .string(Timestamp(unixNanoseconds: completed).rfc3339)
        }
        return .object(JSONObject((json.object ?? JSONObject()).map { ($0, $1) }.sorted { $0.0 < $1.0 }))
    }
}

extension BuildRecord {
    /// In nanoseconds, so far.
    var duration: Int64 {
        let now = Timestamp.now()
        return (completed ?? now.seconds * 1_000_000_000 + now.nanoseconds) - created
    }

    /// `0.4s`, `2m  3s`.
    var shownDuration: String {
        let seconds = Double(duration) / 1e9
        if seconds < 60 { return GoText.number("%.1f", seconds) + "s" }
        let rest = String(Int(seconds) % 60)
        return "\(Int(seconds) / 60)m " + (rest.count < 2 ? " " : "") + rest + "s"
    }
}

/// One record whole, as `docker buildx history inspect` shows it.
struct RecordText: Sendable {
    private let record: BuildRecord
    private let builder: String
    private let name: String
    private let showsReference: Bool
    private let note: BuildNotes.Note?

    init(_ record: BuildRecord, session: Session, showsReference: Bool) {
        self.record = record
        self.showsReference = showsReference
        builder = session.contextName
        note = BuildNotes(session)[record.reference]
        name = BuildName.of(record.attributes, note)
    }

    /// Options that have a name of their own, by the frontend's.
    private static let named: [(attribute: String, title: String, member: String)] = [
        ("force-network-mode", "Network", "Network"), ("hostname", "Hostname", "Hostname"),
        ("add-hosts", "Extra Hosts", "ExtraHosts"), ("cgroup-parent", "Cgroup Parent", "CgroupParent"),
        ("image-resolve-mode", "Image Resolve Mode", "ImageResolveMode"), ("shm-size", "Shm Size", "ShmSize"),
        ("ulimit", "Resource Limits", "Ulimit"), ("memory", "Memory", "Memory"),
        ("memswap", "Memory Swap", "MemorySwap"), ("cpushares", "CPU Shares", "CPUShares"),
        ("cpuperiod", "CPU Period", "CPUPeriod"), ("cpuquota", "CPU Quota", "CPUQuota"),
        ("cpusetcpus", "CPUSet CPUs", "CPUSetCPUs"), ("cpusetmems", "CPUSet Mems", "CPUSetMems"),
        ("build-arg:SOURCE_DATE_EPOCH", "Source Date Epoch", "SourceDateEpoch"),
    ]

    private static let silent: Set<String> = [
        "context", "filename", "target", "platform", "frontend.caps", "no-cache", "cmdline", "source",
    ]

    private var context: String {
        let place = note?.place ?? record.attributes["context"] ?? ""
        let here = HostPath.absolute(".")
        if place == here { return "." }
        return place.hasPrefix(here + "/") ? String(place.dropFirst(here.count + 1)) : place
    }

    private var dockerfile: String {
        guard let file = note?.dockerfile, !file.isEmpty else { return record.attributes["filename"] ?? "" }
        let place = (note?.place ?? "") + "/"
        return file.hasPrefix(place) ? String(file.dropFirst(place.count)) : file
    }

    private func settings(_ prefix: String) -> [(String, String)] {
        record.attributes.filter { $0.key.hasPrefix(prefix) }
            .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
            .filter { prefix != "build-arg:" || $0.0 != "SOURCE_DATE_EPOCH" }.sorted { $0.0 < $1.0 }
    }

    private var status: String {
        guard record.completed != nil else { return "running" }
        guard let error = record.error else { return "completed" }
        return error.code == .cancelled ? "canceled" : "failed"
    }

    private var configuration: [(title: String, value: String)] {
        var rows: [(title: String, value: String)] = []
        for (attribute, title, _) in Self.named {
            guard let value = record.attributes[attribute], !value.isEmpty else { continue }
            let isSize = ["memory", "memswap"].contains(attribute)
            let size = isSize ? Int64(value).flatMap { $0 < 0 ? nil : Units.binarySize(Double($0)) } : nil
            rows.append((title, size ?? value))
        }
        if let stages = record.attributes["no-cache"] {
            rows.append(stages.isEmpty ? ("No Cache", "true") : ("No Cache Filter", stages))
        }
        let known = Set(Self.named.map(\.attribute)).union(Self.silent)
        let rest = record.attributes.filter { key, _ in
            !known.contains(key)
                && !["vcs:", "build-arg:", "label:", "context:", "attest:"].contains(where: key.hasPrefix)
        }
        return rows + rest.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    var whole: String {
        var head: [[String]] = []
        let platforms = (record.attributes["platform"] ?? "").replacing(",", with: ", ")
        for (title, value) in [
            ("Name", name), ("Ref", showsReference ? record.reference : ""), ("Context", context),
            ("Dockerfile", dockerfile), ("Target", record.attributes["target"] ?? ""), ("Platforms", platforms),
        ] where !value.isEmpty { head.append(["\(title):", value]) }
        var text = TabStops.text(head) + "\n" + table(settings("context:"), "Named Context")
        let started = Timestamp(unixNanoseconds: record.created).goText.prefix(19)
        var facts = [
            ["Started:", String(started)],
            ["Duration:", record.shownDuration + (record.completed == nil ? " (running)" : "")],
        ]
        switch status {
        case "failed":
            facts.append(["Error:", "\(record.error?.code.goName ?? "Unknown") \(record.error?.message ?? "")"])
        case "canceled": facts.append(["Status:", "Canceled"])
        default: break
        }
        let share =
            record.steps == 0 ? "NaN" : GoText.number("%.0f", Double(record.cachedSteps) / Double(record.steps) * 100)
        facts.append(["Build Steps:", "\(record.completedSteps)/\(record.steps) (\(share)% cached)"])
        text += TabStops.text(facts) + "\n"
        text += TabStops.text(configuration.map { ["\($0.title):", $0.value] }) + "\n"
        text += table(settings("build-arg:"), "Build Arg") + table(settings("label:"), "Label")
        return text + "Print build logs: docker buildx history logs \(record.reference)\n"
    }

    private func table(_ rows: [(String, String)], _ title: String) -> String {
        if rows.isEmpty { return "" }
        return TabStops.text([[title.uppercased(), "VALUE"]] + rows.map { [$0.0, $0.1] }) + "\n"
    }

    private static func pairs(_ rows: [(String, String)]) -> JSON {
        .array(rows.map { ["Name": .string($0.0), "Value": .string($0.1)] })
    }

    var json: JSON {
        var json: JSON = [:]
        for (member, value) in [
            ("Name", name), ("Ref", record.reference), ("Context", context), ("Dockerfile", dockerfile),
            ("Target", record.attributes["target"] ?? ""),
        ] where !value.isEmpty || member == "Ref" { json[member] = .string(value) }
        if let platforms = record.attributes["platform"] {
            json["Platform"] = JSON(platforms.split(separator: ",").map(String.init))
        }
        if !settings("context:").isEmpty { json["NamedContexts"] = Self.pairs(settings("context:")) }
        json["StartedAt"] = .string(Timestamp(unixNanoseconds: record.created).rfc3339)
        if let completed = record.completed {
            json["CompletedAt"] = .string(Timestamp(unixNanoseconds: completed).rfc3339)
        }
        json["Duration"] = .int(record.duration)
        json["Status"] = .string(status)
        if let error = record.error {
            json["Error"] = ["Code": .int(Int64(error.code.rawValue)), "Message": .string(error.message)]
        }
        json["NumCompletedSteps"] = .int(Int64(record.completedSteps))
        json["NumTotalSteps"] = .int(Int64(record.steps))
        json["NumCachedSteps"] = .int(Int64(record.cachedSteps))
        if !settings("build-arg:").isEmpty { json["BuildArgs"] = Self.pairs(settings("build-arg:")) }
        if !settings("label:").isEmpty { json["Labels"] = Self.pairs(settings("label:")) }
        json["Config"] = [:]
        for (attribute, _, member) in Self.named {
            if let value = record.attributes[attribute], !value.isEmpty { json["Config"][member] = .string(value) }
        }
        return json
    }
}

extension Timestamp {
    /// `2026-11-22T20:04:56.5Z`.
    fileprivate var rfc3339: String {
        let parts = utcGoText.split(separator: " ")
        return "\(parts[0])T\(parts[1])Z"
    }
}

extension GRPCStatus.Code {
    /// As Go's gRPC writes it.
    var goName: String {
        switch self {
        case .ok: "OK"
        case .cancelled: "Canceled"
        case .unknown: "Unknown"
        case .invalidArgument: "InvalidArgument"
        case .deadlineExceeded: "DeadlineExceeded"
        case .notFound: "NotFound"
        case .alreadyExists: "AlreadyExists"
        case .permissionDenied: "PermissionDenied"
        case .resourceExhausted: "ResourceExhausted"
        case .failedPrecondition: "FailedPrecondition"
        case .aborted: "Aborted"
        case .outOfRange: "OutOfRange"
        case .unimplemented: "Unimplemented"
        case .internalFault: "Internal"
        case .unavailable: "Unavailable"
        case .dataLoss: "DataLoss"
        case .unauthenticated: "Unauthenticated"
        }
    }
}
