/// `extends`: a service begins as a copy of another, of the same file or of one that isn't loaded otherwise.
struct Extends {
    let loader: Loader
    let file: String
    let resets: [TreePath]

    /// Services of a file, and the folder that their paths are relative to.
    private struct Origin {
        var file: String
        var services: NodeMap
        var folder: String
    }

    func apply(_ node: Node, visible: inout Node) throws -> Node {
        guard let services = node["services"], !services.isNull else { return node }
        guard let members = services.map else { throw ComposeError("services must be a mapping", at: services.place) }
        // Services of files before this one, and of included ones, may be extended too.
        var all = visible["services"]?.map ?? NodeMap()
        for entry in members.entries { all.set(entry.key, entry.node, keyPlace: entry.keyPlace) }
        let origin = Origin(file: file, services: all, folder: loader.workingDirectory)
        var changed = node
        var extended = services
        extended.value = .map(
            try members.mapNodes { entry in
                guard entry.node.isNull || entry.node.map != nil else {
                    throw ComposeError("services.\(entry.key) must be a mapping", at: entry.node.place)
                }
                return try service(entry.key, entry.node, origin, [])
            })
        changed["services"] = extended
        return changed
    }

    private func service(_ name: String, _ own: Node, _ origin: Origin, _ chain: [(String, String)]) throws -> Node {
        guard let extends = own["extends"] else { return own }
        guard let reference = extends.string ?? extends["service"]?.string else {
            throw ComposeError("extends.\(name).service is required", at: extends.place)
        }
        var base = origin
        if let other = extends["file"] { base = try self.origin(other, origin) }
        guard let found = base.services[reference] else {
            let place = extends["file"].map { " in \($0.string ?? "")" } ?? ""
            throw ComposeError(
                "cannot extend service \"\(name)\" in \(loader.request.show(origin.file)): service \"\(reference)\" not found\(place)",
                at: extends["service"]?.place ?? extends.place)
        }
        try checkCycle(name, origin, chain, extends.place)
        var source = try service(reference, found, base, chain + [(origin.file, name)])
        if source.isNull { return own }
        if base.file != origin.file { source = try resolved(source, base.folder) }
        let scope = resets.filter { $0.parts.count > 2 && $0.parts[0] == "services" && $0.parts[1] == name }
            .map { TreePath(["services", "x"] + $0.parts.dropFirst(2)) }
        source = Resets.apply(scope, to: source, TreePath(["services", "x"]))
        var merged = try Merge.apply(source, own, TreePath(["services", "x"]))
        merged["extends"] = nil
        return merged
    }

    private func checkCycle(
        _ name: String, _ origin: Origin, _ chain: [(String, String)], _ place: Place
    ) throws {
        guard chain.contains(where: { $0 == (origin.file, name) }) else { return }
        let links = (chain + [(origin.file, name)]).map { "\($0.1) in \(loader.request.show($0.0))" }
        throw ComposeError("Circular reference:\n  \(links.joined(separator: "\n  extends "))", at: place)
    }

    /// The services of the file that `extends.file` names.
    private func origin(_ node: Node, _ from: Origin) throws -> Origin {
        let path = PathText.join(from.folder, node.string ?? "")
        let documents: [YAMLTreeReader.Document]
        do { documents = try loader.documents(path) } catch let error where !(error is ComposeError) {
            throw ComposeError("\(error)", at: node.place)
        }
        var tree = Node(.map(NodeMap()), at: Place(file: loader.request.show(path), line: 1))
        for document in documents {
            tree = try Merge.apply(Resets.apply(document.resets, to: tree), try loader.interpolated(document.root))
        }
        guard let services = tree["services"]?.map else {
            throw ComposeError(
                "cannot extend service in \(loader.request.show(path)): no services section", at: node.place)
        }
        return Origin(file: path, services: services, folder: PathText.folder(path))
    }

    /// A service of another file, in long forms, with paths that don't depend on that file's place.
    private func resolved(_ service: Node, _ folder: String) throws -> Node {
        var tree = Node(.map(NodeMap()), at: service.place)
        tree["services"] = Node(.map(NodeMap()), at: service.place)
        var services = NodeMap()
        services["x"] = service
        tree["services"] = Node(.map(services), at: service.place)
        try SchemaCheck.check(tree)
        tree = try Canonical(keepsUnparsed: !loader.interpolates).apply(tree)
        if loader.resolvesPaths {
            tree = try RelativePaths(folder: folder, home: loader.environment["HOME"] ?? "/root").apply(tree)
        }
        return tree["services"]?["x"] ?? service
    }
}
