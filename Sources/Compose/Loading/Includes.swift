/// `include`: whole projects of other files, with their own folder and .env file.
struct Includes {
    let loader: Loader
    let file: String

    /// The file without its `include`, and the trees that it includes, in order.
    func apply(_ node: Node) throws -> (own: Node, models: [Node]) {
        guard let include = node["include"] else { return (node, []) }
        var own = node
        own["include"] = nil
        if include.isNull { return (own, []) }
        guard let entries = include.list else {
            throw ComposeError("`include` must be a list, got \(include.scalarText ?? "a mapping")", at: include.place)
        }
        return (own, try entries.map { try model($0) })
    }

    private func model(_ entry: Node) throws -> Node {
        let long = entry.map == nil ? nil : entry
        if let long { try SchemaCheck.check(long, against: TopSchema.include, path: ["include"]) }
        let paths = Self.texts(long?["path"] ?? entry)
        guard let main = paths.first else {
            throw ComposeError("include: one or more paths must be set", at: entry.place)
        }
        let files = paths.map { PathText.join(loader.workingDirectory, $0) }
        let folder =
            (long?["project_directory"]?.string).map { PathText.join(loader.workingDirectory, $0) }
            ?? PathText.folder(files[0])
        let chain = loader.including + [file]
        guard !chain.contains(files[0]) else {
            let shown = (chain + [files[0]]).map { loader.request.show($0) }
            throw ComposeError(
                "include cycle detected:\n\(shown[0])\n include \(shown.dropFirst().joined(separator: "\n include "))",
                at: entry.place)
        }
        guard chain.count <= Loader.Limit.depth else {
            throw ComposeError("include: more than \(Loader.Limit.depth) files include each other", at: entry.place)
        }
        var inner = loader
        inner.workingDirectory = folder
        inner.including = chain
        inner.resolvesPaths = true
        inner.environment = try environment(Self.texts(long?["env_file"]), folder)
        do { return try inner.model(files) } catch let error where !(error is ComposeError) {
            throw ComposeError("\(error)", at: (long?["path"] ?? entry).nearest(["0"]).place).orFor(main)
        }
    }

    private static func texts(_ node: Node?) -> [String] {
        guard let node else { return [] }
        return (node.list ?? [node]).compactMap(\.string)
    }

    /// The including file's variables over those of the env files, by default of `.env` beside the included file.
    private func environment(_ given: [String], _ folder: String) throws -> [String: String] {
        var files = given.filter { $0 != "/dev/null" }.map { PathText.join(loader.workingDirectory, $0) }
        if given.isEmpty, loader.access.isFile(folder + "/.env") { files = [folder + "/.env"] }
        var variables: [String: String] = [:]
        for file in files {
            let text = String(decoding: try loader.access.read(file), as: UTF8.self)
            let known = variables, outer = loader.environment
            let pairs = try DotEnv.parse(text, file: loader.request.show(file)) { outer[$0] ?? known[$0] }
            for (name, value) in pairs { variables[name] = value }
        }
        return variables.merging(loader.environment) { $1 }
    }

    /// Adds an included project's parts; the same part twice has to be equal.
    static func importModel(_ model: Node, into tree: Node) throws -> Node {
        var merged = tree
        for section in ["services", "volumes", "networks", "secrets", "configs", "models"] {
            for entry in model[section]?.map?.entries ?? [] {
                if let known = merged[section]?[entry.key] {
                    guard known.json == entry.node.json else {
                        throw ComposeError(
                            "imported compose file defines conflicting \(section.dropLast()) \(entry.key)",
                            at: entry.keyPlace)
                    }
                    continue
                }
                var part = merged[section] ?? Node(.map(NodeMap()), at: entry.keyPlace)
                part[entry.key] = entry.node
                merged[section] = part
            }
        }
        return merged
    }
}

extension ComposeError {
    /// Names the path when the message doesn't.
    func orFor(_ path: String) -> ComposeError {
        message.contains(path) ? self : ComposeError("\(path): \(message)", at: place)
    }
}
