import JSON

/// A loaded project.
package struct Project: Sendable {
    package var name: String
    /// Folder that relative paths start at.
    package var workingDirectory: String
    /// Absolute paths of the files.
    package var files: [String]
    package var environment: [String: String]
    package var profiles: [String]
    /// Services that are to be, by name.
    package var services: [String: Service]
    /// Services that no chosen profile has, or that were not asked for.
    package var disabled: [String: Service]
    /// Normal forms, by key.
    package var networks: [String: JSON]
    package var volumes: [String: JSON]
    package var secrets: [String: JSON]
    package var configs: [String: JSON]
    package var models: [String: JSON]
    /// Top-level `x-` members.
    package var extensions: JSONObject
    /// What the files said, with places.
    package var tree: Node

    package init(
        name: String, workingDirectory: String = "", files: [String] = [], environment: [String: String] = [:],
        profiles: [String] = [], services: [String: Service], disabled: [String: Service] = [:],
        tree: Node = Node(.null, at: Place(file: "", line: 0))
    ) {
        self.name = name
        self.workingDirectory = workingDirectory
        self.files = files
        self.environment = environment
        self.profiles = profiles
        self.services = services
        self.disabled = disabled
        (networks, volumes, secrets, configs, models) = ([:], [:], [:], [:], [:])
        extensions = JSONObject()
        self.tree = tree
    }

    package var serviceNames: [String] { services.keys.sorted() }

    package func place(_ path: String...) -> Place { tree.place(of: path) }

    /// A service that is to be, or an error in the original's words.
    package func service(_ name: String) throws -> Service {
        if let service = services[name] { return service }
        if disabled[name] != nil { throw ComposeError("no such service: \(name)") }
        throw ComposeError("no such service: \(name)")
    }
}

/// A service in its normal form.
package struct Service: Sendable {
    package let name: String
    package var json: JSON

    package init(name: String, json: JSON) {
        self.name = name
        self.json = json
    }

    package struct Dependency: Sendable, Equatable {
        package enum Condition: String, Sendable {
            case started = "service_started"
            case healthy = "service_healthy"
            case completed = "service_completed_successfully"
        }
        package var service: String
        package var condition: Condition
        package var restart: Bool
        package var required: Bool
    }

    package var image: String { json["image"].string ?? "" }
    package var isBuilt: Bool { json["build"].object != nil }
    package var profiles: [String] { json["profiles"].strings }
    package var containerName: String { json["container_name"].string ?? "" }

    /// The image that containers run: the one that is named, or that of the build.
    package func imageName(project: String) -> String { image.isEmpty ? "\(project)-\(name)" : image }

    /// Containers that are to be.
    package var scale: Int {
        get { json["scale"].int ?? json["deploy", "replicas"].int ?? 1 }
        set { json["scale"] = .int(Int64(newValue)) }
    }

    /// By name.
    package var dependencies: [Dependency] {
        (json["depends_on"].object ?? JSONObject()).map { name, value in
            Dependency(
                service: name, condition: .init(rawValue: value["condition"].string ?? "") ?? .started,
                restart: value["restart"].bool ?? false, required: value["required"].bool ?? true)
        }.sorted { $0.service < $1.service }
    }

    /// Without profiles a service is always there; `*` has every profile.
    package func isEnabled(by chosen: [String]) -> Bool {
        profiles.isEmpty || chosen.contains("*") || profiles.contains { chosen.contains($0) }
    }

    /// Networks by priority, highest first, then by name.
    package var networks: [String] {
        (json["networks"].object ?? JSONObject()).map { ($0, $1["priority"].int ?? 0) }
            .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.map(\.0)
    }

    package var attaches: Bool { json["attach"].bool ?? true }
    package var pullPolicy: String { json["pull_policy"].string ?? "" }
    package var isTerminal: Bool { json["tty"].bool ?? false }
}
