import ContainerNetwork
import DockerModel
import Fault
import ImageStore
import JSON
import OCI

extension Engine {
    package func listContainers(all: Bool, limit: Int?, size: Bool, filters: Filters) async throws -> [JSON] {
        let filter = try await containerFilter(filters, all: all || (limit ?? 0) > 0)
        var found: [ContainerRecord] = []
        let now = nowNanoseconds()
        for container in containers.all.reversed() {
            let record = container.record
            if filter.accepts(record) { found.append(record) }
            if let limit, limit > 0, found.count == limit { break }
        }
        var linkNames: [String: [String]] = [:]
        for owner in containers.all.map(\.record) {
            for link in owner.links { linkNames[link.target, default: []].append("/\(owner.name)/\(link.alias)") }
        }
        var summaries = found.map { ContainerSummary.json($0, now: now, linkNames: linkNames[$0.id] ?? []) }
        guard size else { return summaries }
        for (at, record) in found.enumerated() {
            summaries[at]["SizeRw"] = .int(try await writableSize(record.id))
            summaries[at]["SizeRootFs"] = .int(try await rootSize(record))
        }
        return summaries
    }

    /// Bytes of the image's layers and its own.
    func rootSize(_ record: ContainerRecord) async throws -> Int64 {
        let own = try await writableSize(record.id)
        guard !record.imageID.isEmpty, let image = try? await images.image(record.imageID) else { return own }
        return own + image.size
    }

    /// Names in filters are looked up once, so that the filter itself is a pure function of a record.
    private func containerFilter(_ filters: Filters, all: Bool) async throws -> ContainerFilter {
        var filter = try ContainerFilter(filters, all: all)
        func created(_ member: String) throws(Fault) -> [Int64] {
            try filters[member].map { (ref) throws(Fault) in try container(ref).record.created }
        }
        filter.before = try created("before").min()
        filter.since = try created("since").max()
        var ancestors: Set<String> = []
        for ref in filters["ancestor"] {
            // One that doesn't exist matches nothing; containers remember the name they were made with, too.
            ancestors.insert(ref)
            if let image = try? await images.image(ref) { ancestors.insert("\(image.id)") }
        }
        filter.ancestors = ancestors
        return filter
    }
}

/// The filters of `docker ps`. Several values of one are alternatives, but for labels.
struct ContainerFilter: Sendable {
    private static let known: Set<String> = [
        "ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation", "label", "label!", "name",
        "network", "publish", "since", "status", "volume",
    ]
    private static let healthWords: Set<String> = ["none", "starting", "healthy", "unhealthy"]

    private let filters: Filters
    private let all: Bool
    private let statuses: Set<String>
    private let exits: Set<Int32>
    private let published: Set<PortForm.Port>, exposed: Set<PortForm.Port>
    /// Creation times that bound the list.
    var before: Int64?, since: Int64?
    /// Image IDs and names.
    var ancestors: Set<String> = []

    init(_ filters: Filters, all: Bool) throws(Fault) {
        try filters.check(Self.known)
        self.filters = filters
        statuses = Set(filters["status"])
        for status in statuses where ContainerState.Status(rawValue: status) == nil {
            throw Fault(
                .invalid,
                "invalid filter 'status=\(status)': invalid value for state (\(status)): must be one of created, running, paused, restarting, removing, exited, dead"
            )
        }
        exits = Set(
            try filters["exited"].map { (text) throws(Fault) -> Int32 in
                guard let code = Int32(text) else {
                    throw Fault(
                        .invalid,
                        "invalid filter 'exited=\(text)': strconv.Atoi: parsing \(JSON(text).text): invalid syntax")
                }
                return code
            })
        for health in filters["health"] where !Self.healthWords.contains(health) {
            throw Fault(
                .invalid,
                "invalid filter 'health=\(health)': invalid value for health (\(health)): must be one of none, starting, healthy, unhealthy"
            )
        }
        for task in filters["is-task"] where !["true", "false", "1", "0"].contains(task) {
            throw Fault(.invalid, "invalid filter 'is-task=[\(task)]'")
        }
        published = try Self.ports(filters["publish"])
        exposed = try Self.ports(filters["expose"])
        self.all = all || !statuses.isEmpty || !exits.isEmpty || !filters["before"].isEmpty || !filters["since"].isEmpty
    }

    /// `80`, `80/udp`, `8000-8010`.
    private static func ports(_ texts: [String]) throws(Fault) -> Set<PortForm.Port> {
        var result: Set<PortForm.Port> = []
        for text in texts {
            let parts = text.split(separator: "/", maxSplits: 1)
            let ends = (parts.first ?? "").split(separator: "-")
            let suffix = parts.count > 1 ? "/" + parts[1] : ""
            let first = try PortForm.port(String(ends.first ?? "") + suffix)
            let last = try PortForm.port(String(ends.last ?? "") + suffix)
            guard first.number <= last.number else { throw Fault(.invalid, "invalid port range: \(text)") }
            for number in first.number...last.number {
                result.insert(PortForm.Port(number: number, transport: first.transport))
            }
        }
        return result
    }

    func accepts(_ record: ContainerRecord) -> Bool {
        let state = record.state
        if !all, !state.isRunning, !state.isRestarting { return false }
        if !statuses.isEmpty, !statuses.contains(state.status.rawValue) { return false }
        if !exits.isEmpty, state.isRunning || state.startedAt == nil || !exits.contains(state.exitCode) { return false }
        if let before, record.created >= before { return false }
        if let since, record.created <= since { return false }
        return acceptsIdentity(record) && acceptsRest(record)
    }

    private func any(_ member: String, _ test: (String) -> Bool) -> Bool {
        let values = filters[member]
        return values.isEmpty || values.contains(where: test)
    }

    private func acceptsIdentity(_ record: ContainerRecord) -> Bool {
        guard any("id", { record.id.hasPrefix($0) }), any("name", { NamePattern.matches($0, record.name) }) else {
            return false
        }
        if !filters["ancestor"].isEmpty {
            let asked = record.config["Image"].string ?? ""
            guard ancestors.contains(record.imageID) || ancestors.contains(asked) else { return false }
        }
        return LabelFilter.accepts(filters, labels: record.config["Labels"].stringMap)
    }

    private func acceptsRest(_ record: ContainerRecord) -> Bool {
        guard
            any(
                "volume",
                { wanted in
                    record.mounts.contains { $0.name == wanted || $0.destination == wanted || $0.source == wanted }
                }),
            any(
                "network",
                { wanted in
                    record.endpoints.contains { endpoint in
                        endpoint.network == wanted || endpoint.state?.networkID.hasPrefix(wanted) == true
                    }
                }),
            any("health", { $0 == (record.health?.status.rawValue ?? "none") }),
            any("is-task", { $0 == "false" || $0 == "0" })
        else { return false }
        if !published.isEmpty {
            let ports = record.endpoints.flatMap { $0.state?.ports ?? [] }
            guard
                ports.contains(where: {
                    published.contains(PortForm.Port(number: $0.containerPort, transport: $0.transport))
                })
            else { return false }
        }
        guard !exposed.isEmpty else { return true }
        return (record.config["ExposedPorts"].object?.names ?? []).contains { name in
            (try? PortForm.port(name)).map(exposed.contains) ?? false
        }
    }
}

/// `name=` takes a regular expression in Docker; what is in use is a part of the name, anchored or not.
enum NamePattern {
    static func matches(_ pattern: String, _ name: String) -> Bool {
        // The slash of the API's names may be written, and then stands for the beginning.
        var text = Substring(pattern), anchored = false
        if text.first == "^" {
            anchored = true
            text = text.dropFirst()
        }
        if text.first == "/" {
            anchored = true
            text = text.dropFirst()
        }
        let closed = text.last == "$"
        if closed { text = text.dropLast() }
        let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
        guard isPlain else {
            guard let expression = try? Regex(pattern) else { return false }
            return name.firstMatch(of: expression) != nil || ("/" + name).firstMatch(of: expression) != nil
        }
        switch (anchored, closed) {
        case (true, true): return name == text
        case (true, false): return name.hasPrefix(text)
        case (false, true): return name.hasSuffix(text)
        case (false, false): return text.isEmpty || name.contains(text)
        }
    }
}
