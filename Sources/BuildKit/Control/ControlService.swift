import BuildProtocol
import Builder
import DockerModel
import Engine
import Fault
import JSON
import OCI
import Protobuf
import Wire

// `moby.buildkit.v1.Control` (control.proto).
extension BuildKit {
    func control(_ method: String, _ call: GRPCStream) async throws {
        switch method {
        case "Solve": try await solve(try await call.request(), call)
        case "Status": try await status(try await call.request(), call)
        case "ListWorkers":
            _ = try await call.request()
            let worker = worker()
            try await call.reply { $0.bytes(1, worker) }
        case "Info":
            _ = try await call.request()
            try await call.reply { $0.message(1) { Self.version(&$0) } }
        case "DiskUsage": try await diskUsage(try await call.request(), call)
        case "ListenBuildHistory": try await listenToHistory(try await call.request(), call)
        case "UpdateBuildHistory": try await updateHistory(try await call.request(), call)
        case "Prune": try await prune(try await call.request(), call)
        default: throw Self.unknown(call)
        }
    }

    /// Follows a build from its beginning to its end.
    private func status(_ request: ProtobufFields, _ call: GRPCStream) async throws {
        let reference = request.text(1)
        if let record = history[reference] { return try await record.board.read { try await call.send($0) } }
        guard let job = await jobs.wait(for: reference, atMost: Job.Limit.patience) else {
            throw GRPCStatus(.unknown, "no such job \(reference)")
        }
        try await job.board.read { try await call.send($0) }
    }

    // MARK: Workers

    /// What clients take the builder for: the release whose protocol it speaks.
    static func version(_ writer: inout ProtobufWriter) {
        writer.text(1, "github.com/moby/buildkit")
        writer.text(2, "v0.23.2")
        writer.text(3, "hakobune")
    }

    private func worker() -> [UInt8] {
        let prefix = "org.mobyproject.buildkit.worker."
        let labels = [
            prefix + "executor": "hakobune", prefix + "hostname": HostFacts.hostname, prefix + "network": "default",
            // Clients take it for leave to ask for several platforms, for outputs of all kinds and for caches.
            prefix + "snapshotter": "overlayfs", prefix + "moby.host-gateway-ip": gateway,
        ]
        return ProtobufWriter.message { worker in
            worker.text(1, "hakobune")
            worker.map(2, labels)
            worker.message(3) { $0.platform(.host) }
            worker.message(4) { policy in
                policy.flag(1, true)
                policy.number(3, Engine.BuildCacheLimit.bytes)
            }
            worker.message(5) { Self.version(&$0) }
        }
    }

    /// The default network's, to which `host-gateway` leads.
    private var gateway: String { String(engine.options.bip.prefix { $0 != "/" }) }

    // MARK: The cache

    private func diskUsage(_ request: ProtobufFields, _ call: GRPCStream) async throws {
        let filter = try CacheFilter(request.texts(1))
        let records = try await engine.buildCacheUsage().filter(filter.accepts)
        try await call.reply { reply in
            for record in records { reply.message(1) { $0.usage(record) } }
        }
    }

    /// Tells of each step that went.
    private func prune(_ request: ProtobufFields, _ call: GRPCStream) async throws {
        let filter = try CacheFilter(request.texts(1))
        let before = try await engine.buildCacheUsage().filter(filter.accepts)
        let known = Dictionary(before.map { ($0["ID"].string ?? "", $0) }) { first, _ in first }
        if known.isEmpty { return }
        var filters = Filters()
        for id in known.keys.sorted() { filters.add("id", id) }
        if request.integer(3) > 0 { filters.add("until", "\(request.integer(3) / 1_000_000_000)s") }
        let keep = [4, 5].map { request.integer($0) }.max() ?? 0
        let pruned = try await engine.pruneBuildCache(all: request.flag(2), keep: keep, filters: filters)
        for id in pruned["CachesDeleted"].strings {
            guard let record = known[id] else { continue }
            try await call.reply { $0.usage(record) }
        }
    }
}

extension ProtobufWriter {
    /// `pb.Platform`.
    mutating func platform(_ platform: Platform) {
        text(1, platform.architecture)
        text(2, platform.os)
        text(3, platform.variant ?? "")
    }

    /// `UsageRecord`, of the engine's words.
    mutating func usage(_ record: JSON) {
        text(1, record["ID"].string ?? "")
        flag(3, record["InUse"].bool ?? false)
        number(4, Int64(record["Size"].int ?? 0))
        if let time = record["CreatedAt"].string.flatMap(nanoseconds(rfc3339:)) { timestamp(6, time) }
        if let time = record["LastUsedAt"].string.flatMap(nanoseconds(rfc3339:)) { timestamp(7, time) }
        number(8, Int64(record["UsageCount"].int ?? 0))
        text(9, record["Description"].string ?? "")
        text(10, record["Type"].string ?? "")
        flag(11, record["Shared"].bool ?? false)
    }
}

/// Conditions on the cache's records, as clients spell them: `id==X`, `type==regular`, `description~=RUN`. One that is
/// given must hold in one of its commas' parts.
struct CacheFilter {
    private struct Condition { var field: String, operation: String, value: String }
    private let alternatives: [[Condition]]

    init(_ texts: [String]) throws(Fault) {
        var alternatives: [[Condition]] = []
        for text in texts {
            var conditions: [Condition] = []
            for part in text.split(separator: ",") {
                guard let found = ["==", "!=", "~=", "="].lazy.compactMap({ Self.split(part, $0) }).first else {
                    conditions.append(Condition(field: String(part), operation: "present", value: ""))
                    continue
                }
                let known = [
                    "id", "parents", "description", "inuse", "mutable", "immutable", "type", "shared", "private",
                ]
                guard known.contains(found.field.lowercased()) else {
                    throw Fault(.invalid, "parsing filter: unknown field \(found.field)")
                }
                conditions.append(found)
            }
            alternatives.append(conditions)
        }
        self.alternatives = alternatives
    }

    private static func split(_ text: Substring, _ operation: String) -> Condition? {
        guard let range = text.firstRange(of: operation) else { return nil }
        return Condition(
            field: String(text[..<range.lowerBound]), operation: operation, value: String(text[range.upperBound...]))
    }

    func accepts(_ record: JSON) -> Bool {
        alternatives.isEmpty || alternatives.contains { $0.allSatisfy { Self.holds($0, record) } }
    }

    private static func holds(_ condition: Condition, _ record: JSON) -> Bool {
        let isShared = record["Shared"].bool ?? false
        let value: String
        switch condition.field.lowercased() {
        case "id": value = record["ID"].string ?? ""
        case "description": value = record["Description"].string ?? ""
        case "type": value = record["Type"].string ?? ""
        case "inuse": value = "\(record["InUse"].bool ?? false)"
        case "shared": value = "\(isShared)"
        case "private": value = "\(!isShared)"
        case "immutable": value = "true"
        case "mutable": value = "false"
        default: value = ""
        }
        switch condition.operation {
        case "present": return value == "true"
        case "!=": return value != condition.value
        case "~=": return value.contains(condition.value)
        default: return value == condition.value
        }
    }
}
