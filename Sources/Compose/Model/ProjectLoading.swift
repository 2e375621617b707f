import Fault
import JSON

extension Project {
    /// Loads, checks and normalizes a project. Throws `ComposeError` for what is wrong with its files, and whatever
    /// the reader throws.
    package static func load(_ request: LoadRequest, _ access: FileAccess) throws -> Project {
        guard !request.files.isEmpty else { throw ComposeError("no configuration file provided: not found") }
        var request = request
        let name = try projectName(request, access)
        request.environment["COMPOSE_PROJECT_NAME"] = name
        var tree = try Loader(request, access).model(request.files)
        guard !name.isEmpty else { throw ComposeError("project name must not be empty") }
        if request.normalizes { tree = Normalize(name: name, environment: request.environment).apply(tree) }
        var project = try decode(tree, name, request)
        if request.checksConsistency { try Consistency(project: project).check() }
        if request.resolvesEnvironment {
            project = try EnvironmentFiles(project: project, request: request, access: access).resolved()
        }
        return project
    }

    /// The merged files in long forms, with variables as they stand; members by name.
    package static func model(_ request: LoadRequest, _ access: FileAccess) throws -> JSON {
        let name = try projectName(request, access)
        var tree = try Loader(request, access).model(request.files)
        if request.normalizes { tree = Normalize(name: name, environment: request.environment).apply(tree) }
        tree["name"] = Node(.string(name), at: tree.place)
        return tree.sortedJSON
    }

    /// Given outside, or by the last file that names it, or that of the working directory.
    private static func projectName(_ request: LoadRequest, _ access: FileAccess) throws -> String {
        if !request.name.isEmpty {
            try ProjectName.check(request.name)
            return request.name
        }
        let loader = Loader(request, access)
        var given = ""
        for file in request.files {
            for document in try loader.documents(file) {
                guard document.root.isNull || document.root.map != nil else {
                    throw ComposeError("top-level object must be a mapping", at: document.root.place)
                }
                guard let name = document.root["name"], !name.isNull else { continue }
                guard name.map == nil, name.list == nil else {
                    throw ComposeError("name must be a string", at: name.place)
                }
                given = try loader.interpolated(name).string ?? ""
            }
        }
        let own = ProjectName.normalized(given)
        return own.isEmpty ? ProjectName.normalized(PathText.base(request.workingDirectory)) : own
    }

    private static func decode(_ tree: Node, _ name: String, _ request: LoadRequest) throws -> Project {
        let form = NormalForm()
        func section(_ key: String, _ shape: Shape) throws -> [String: JSON] {
            var all: [String: JSON] = [:]
            for entry in tree[key]?.map?.entries ?? [] {
                all[entry.key] = try form.object(entry.node, shape, [key, entry.key])
            }
            return all
        }
        let services = try section("services", ServiceSchema.shape)
            .reduce(into: [String: Service]()) { $0[$1.key] = Service(name: $1.key, json: $1.value) }
        let extensions = JSONObject(
            (tree.map?.entries ?? []).filter { $0.key.hasPrefix("x-") }.map { ($0.key, $0.node.sortedJSON) }
                .sorted { $0.0 < $1.0 })
        var project = Project(
            name: name, workingDirectory: request.workingDirectory, files: request.files,
            environment: request.environment, profiles: request.profiles,
            services: services.filter { $0.value.isEnabled(by: request.profiles) },
            disabled: services.filter { !$0.value.isEnabled(by: request.profiles) }, tree: tree)
        project.networks = try section("networks", TopSchema.network)
        project.volumes = try section("volumes", TopSchema.volume)
        project.secrets = try section("secrets", TopSchema.secret)
        project.configs = try section("configs", TopSchema.config)
        project.models = try section("models", TopSchema.model)
        project.extensions = extensions
        return project
    }
}
