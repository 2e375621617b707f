import NIOHTTP1
import CommandLine
import JSON
import NIOConcurrencyHelpers

struct StatsOptions: Sendable { var all = false, format = "", once = false, full = false }

extension CommandTree {
    static func stats() -> DockerCommand {
        DockerCommand(
            "stats", "Display a live stream of container(s) resource usage statistics",
            usage: "[OPTIONS] [CONTAINER...]",
            spellings: ["docker container stats", "docker stats"], count: .atLeast(0), options: StatsOptions(),
            flags: [
                .toggle("all", short: "a", \.all, "Show all containers, not the running ones alone"),
                .text("format", \.format, FormatHelp.table),
                .toggle("no-stream", \.once, "Show the first result and end"),
                .toggle("no-trunc", \.full, "Don't shorten the output"),
            ], completes: .containers(all: false)
        ) { options, parsed, session in
            try await Stats(session: session, options: options).run(parsed.arguments)
        }
    }
}

struct Stats: Sendable {
    let session: Session
    let options: StatsOptions

    /// The newest reading of each container, in the order in which they are shown.
    private let board = NIOLockedValueBox<[StatsRow]>([])

    init(session: Session, options: StatsOptions) {
        self.session = session
        self.options = options
    }

    /// Redraws come no faster than this.
    private static let redrawInterval = Duration.milliseconds(500)
    /// Intervals that the first readings may take before the table is drawn without them.
    private static let firstWaits = 4

    private var isWaiting: Bool { board.withLockedValue { $0.contains { $0.reading.isNull } } }

    func run(_ names: [String]) async throws -> Int32 {
        var shown = names
        if names.isEmpty {
            let list = try await session.client.get("/containers/json", options.all ? [("all", "1")] : [])
            shown = (list.array ?? []).compactMap { $0["Id"].string.map { Shown.short($0) } }
        }
        board.withLockedValue { $0 = shown.map { StatsRow(container: $0) } }
        // A name that isn't there is said before the screen is drawn.
        for name in names { _ = try await session.client.get("/containers/\(PercentEncoding.path(name))/json") }
        return options.once
            ? try await once(shown, named: !names.isEmpty) : try await live(shown, followsAll: names.isEmpty)
    }

    private func once(_ names: [String], named: Bool) async throws -> Int32 {
        let failures = await withTaskGroup(of: (any Error)?.self) { group in
            for name in names {
                group.addTask {
                    do {
                        note(name, try await session.client.get(path(name), [("stream", "0")]))
                        return nil
                    } catch { return error }
                }
            }
            return await group.reduce(into: [String]()) { if let error = $1 { $0.append("\(error)") } }
        }
        if named, !failures.isEmpty { throw Failure(failures.joined(separator: "\n")) }
        session.out.write(try table())
        return 0
    }

    private func path(_ name: String) -> String { "/containers/\(PercentEncoding.path(name))/stats" }

    private func note(_ name: String, _ reading: JSON) {
        board.withLockedValue { rows in
            guard let at = rows.firstIndex(where: { $0.container == name }) else { return }
            rows[at].reading = reading
        }
    }

    /// Each container's readings come as a stream; containers that start are added, those that end are taken out.
    private func live(_ names: [String], followsAll: Bool) async throws -> Int32 {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names { group.addTask { try await follow(name, failsAlone: followsAll) } }
            if followsAll { group.addTask { try await watchStarts() } }
            group.addTask {
                for _ in 0..<Self.firstWaits where isWaiting { try await Task.sleep(for: Self.redrawInterval) }
                while !Task.isCancelled {
                    try draw()
                    try await Task.sleep(for: Self.redrawInterval)
                }
            }
            defer { group.cancelAll() }
            var left = names.count
            while try await group.next() != nil {
                left -= 1
                if left <= 0, !followsAll { return 0 }
            }
            return 0
        }
    }

    private func follow(_ name: String, failsAlone: Bool) async throws {
        do {
            let answer = try await session.client.send(.GET, path(name), [("stream", "1")])
            let readings = try session.client.documents(answer)
            while let reading = try await readings.next() { note(name, reading) }
        } catch  where failsAlone {}
        board.withLockedValue { rows in
            if failsAlone {
                rows.removeAll { $0.container == name }
            } else if let at = rows.firstIndex(where: { $0.container == name }) {
                rows[at].reading = .null
            }
        }
    }

    private func watchStarts() async throws {
        let filters: JSON = ["event": ["start": true], "type": ["container": true]]
        let query: Query = [("filters", filters.text)]
        let events = try session.client.documents(try await session.client.send(.GET, "/events", query))
        try await withThrowingTaskGroup(of: Void.self) { group in
            while let event = try await events.next() {
                guard let id = event["Actor", "ID"].string.map({ Shown.short($0) }) else { continue }
                let isNew = board.withLockedValue { rows in
                    guard !rows.contains(where: { $0.container == id }) else { return false }
                    rows.append(StatsRow(container: id))
                    return true
                }
                if isNew { group.addTask { try await follow(id, failsAlone: true) } }
            }
        }
    }

    private func draw() throws {
        // Home, every line erased to its end, the rest of the screen erased: no flicker.
        let lines = try table().split(separator: "\n", omittingEmptySubsequences: false)
        session.out.write("\u{1B}[H" + lines.map { "\($0) \u{1B}[K\n" }.joined() + "\u{1B}[J")
    }

    private func table() throws -> String {
        let format = options.format.isEmpty ? session.configuration.text("statsFormat") ?? "" : options.format
        let rows = board.withLockedValue { $0 }
        return try StatsRow.listing(shortens: !options.full).render(rows, format: format, standard: StatsRow.table)
    }
}

/// One line of `docker stats`.
struct StatsRow: Sendable {
    let container: String
    /// The daemon's document; null: nothing has come.
    var reading = JSON.null

    private var isValid: Bool { !reading.isNull }

    private func number(_ first: String, _ second: String, _ rest: String...) -> Double {
        rest.reduce(reading[first, second]) { $0[$1] }.double ?? 0
    }

    private static func percent(_ value: Double) -> String { GoText.number("%.2f", value) + "%" }

    var processor: String {
        guard isValid else { return "--" }
        let own = number("cpu_stats", "cpu_usage", "total_usage") - number("precpu_stats", "cpu_usage", "total_usage")
        let whole = number("cpu_stats", "system_cpu_usage") - number("precpu_stats", "system_cpu_usage")
        var count = number("cpu_stats", "online_cpus")
        if count == 0 { count = Double(reading["cpu_stats", "cpu_usage", "percpu_usage"].array?.count ?? 0) }
        return Self.percent(own > 0 && whole > 0 ? own / whole * count * 100 : 0)
    }

    /// Without the part of the page cache that could be dropped at once.
    private var memory: Double {
        let usage = number("memory_stats", "usage"), stats = reading["memory_stats", "stats"]
        if let inactive = stats["total_inactive_file"].double, inactive < usage { return usage - inactive }
        if let inactive = stats["inactive_file"].double, inactive < usage { return usage - inactive }
        return usage
    }

    private var memoryLimit: Double { number("memory_stats", "limit") }

    var memoryText: String {
        isValid ? "\(Units.binarySize(memory)) / \(Units.binarySize(memoryLimit))" : "-- / --"
    }

    var memoryShare: String {
        isValid ? Self.percent(memoryLimit == 0 ? 0 : memory / memoryLimit * 100) : "--"
    }

    var network: String {
        guard isValid else { return "--" }
        let all = (reading["networks"].object ?? JSONObject()).map(\.value)
        func sum(_ name: String) -> String {
            Units.decimalSize(all.reduce(0) { $0 + ($1[name].double ?? 0) }, precision: 3)
        }
        return "\(sum("rx_bytes")) / \(sum("tx_bytes"))"
    }

    var blocks: String {
        guard isValid else { return "--" }
        let all = reading["blkio_stats", "io_service_bytes_recursive"].array ?? []
        func sum(_ letter: String) -> String {
            let bytes = all.filter { ($0["op"].string ?? "").lowercased().hasPrefix(letter) }.reduce(0) {
                $0 + ($1["value"].double ?? 0)
            }
            return Units.decimalSize(bytes, precision: 3)
        }
        return "\(sum("r")) / \(sum("w"))"
    }

    static let table =
        "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}"

    static func listing(shortens: Bool) -> Listing<StatsRow> {
        Listing<StatsRow>(
            typeName: "*container.statsContext",
            columns: [
                .text("BlockIO", "BLOCK I/O") { $0.blocks },
                .text("CPUPerc", "CPU %") { $0.processor },
                .text("Container", "CONTAINER") { $0.container },
                .text("ID", "CONTAINER ID") { row in
                    let id = row.reading["id"].string ?? ""
                    return shortens ? Shown.short(id) : id
                },
                .text("MemPerc", "MEM %") { $0.memoryShare },
                .text("MemUsage", "MEM USAGE / LIMIT") { $0.memoryText },
                .text("Name", "NAME") { row in
                    let name = row.reading["name"].string ?? ""
                    return name.count > 1 ? String(name.dropFirst()) : "--"
                },
                .text("NetIO", "NET I/O") { $0.network },
                .text("PIDs", "PIDS") { $0.reading.isNull ? "--" : "\($0.reading["pids_stats", "current"].int ?? 0)" },
            ])
    }
}
