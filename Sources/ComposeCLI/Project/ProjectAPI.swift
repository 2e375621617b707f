import NIOHTTP1
import Compose
import DockerCLI
import JSON
import NIOCore
import Wire

/// The Engine API as one project needs it.
struct ProjectAPI: Sendable {
    let client: DockerClient
    let project: String

    enum OneOffs { case without, with, only }

    static func filters(_ labels: [String], _ others: [(String, String)] = []) -> (String, String) {
        var all: JSON = [:]
        for label in labels { all["label"][label] = true }
        for (name, value) in others { all[name][value] = true }
        return ("filters", all.text)
    }

    /// The project's containers, by name.
    func containers(
        services: [String] = [], oneOffs: OneOffs = .without, all: Bool = true
    ) async throws -> [ProjectContainer] {
        var labels = ["\(Label.project)=\(project)"]
        switch oneOffs {
        case .without: labels.append("\(Label.oneOff)=False")
        case .only: labels.append("\(Label.oneOff)=True")
        case .with: break
        }
        var query: Query = [Self.filters(labels)]
        if all { query.append(("all", "1")) }
        let list = try await client.get("/containers/json", query)
        return (list.array ?? []).map(ProjectContainer.init)
            .filter { services.isEmpty || services.contains($0.service) }
            .sorted { ($0.service, $0.number, $0.name) < ($1.service, $1.number, $1.name) }
    }

    func inspect(_ id: String) async throws -> JSON { try await client.get("/containers/\(id)/json") }

    /// Networks of the project, as the daemon lists them.
    func networks() async throws -> [JSON] {
        try await client.get("/networks", [Self.filters(["\(Label.project)=\(project)"])]).array ?? []
    }

    func volumes() async throws -> [JSON] {
        try await client.get("/volumes", [Self.filters(["\(Label.project)=\(project)"])])["Volumes"].array ?? []
    }

    /// The object; nil when there is none.
    func find(_ path: String) async throws -> JSON? {
        do { return try await client.get(path) } catch let error as DaemonError where error.isNotFound { return nil }
    }

    func start(_ id: String) async throws { _ = try await client.post("/containers/\(id)/start") }

    /// - Parameter timeout: seconds until it is killed; nil: the container's own.
    func stop(_ id: String, timeout: Int?) async throws {
        _ = try await client.post("/containers/\(id)/stop", timeout.map { [("t", "\($0)")] } ?? [])
    }

    func remove(_ id: String, volumes: Bool, force: Bool = true) async throws {
        var query: Query = []
        if force { query.append(("force", "1")) }
        if volumes { query.append(("v", "1")) }
        _ = try await client.json(.DELETE, "/containers/\(id)", query)
    }

    /// Events of the project from now on, or from a time.
    func events(since: String? = nil, types: [String] = ["container"]) async throws -> HTTPAnswer {
        var query: Query = [Self.filters(["\(Label.project)=\(project)"], types.map { ("type", $0) })]
        if let since { query.append(("since", since)) }
        return try await client.send(.GET, "/events", query)
    }
}

/// A container as the daemon lists it.
struct ProjectContainer: Sendable {
    var json: JSON

    init(_ json: JSON) { self.json = json }

    var id: String { json["Id"].string ?? "" }
    var name: String { String((json["Names"].strings.first ?? json["Name"].string ?? "").drop { $0 == "/" }) }
    var state: String { json["State"].string ?? "" }
    var isRunning: Bool { state == "running" }
    var service: String { label(Label.service) }
    var number: Int { Int(label(Label.number)) ?? 0 }
    var isOneOff: Bool { label(Label.oneOff) == "True" }

    func label(_ name: String) -> String { json["Labels", name].string ?? "" }

    /// As progress names it.
    var title: String { "Container \(name)" }

    /// As logs name it: without the project.
    func shortName(project: String) -> String {
        name.hasPrefix(project + "-") || name.hasPrefix(project + "_")
            ? String(name.dropFirst(project.count + 1)) : name
    }

    var observed: ObservedContainer {
        ObservedContainer(
            id: id, name: name, number: number, state: state, configHash: label(Label.configHash),
            image: label(Label.image), created: json["Created"].int ?? 0,
            networks: Set(
                (json["NetworkSettings", "Networks"].object ?? JSONObject()).compactMap { $0.value["NetworkID"].string }
            ),
            volumes: Set(
                (json["Mounts"].array ?? []).filter { $0["Type"].string == "volume" }.compactMap { $0["Name"].string }))
    }
}
