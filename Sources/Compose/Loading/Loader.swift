import Fault

/// Loads a project's files into one tree of long forms: each file is interpolated, its includes and extends are
/// followed, then it is laid over those before it.
struct Loader {
    enum Limit {
        /// Files that one project may include or extend, counted with repetition.
        static let depth = 50
    }

    let request: LoadRequest
    let access: FileAccess
    var workingDirectory: String
    var environment: [String: String]
    /// Files that led here by `include`, the outermost first.
    var including: [String] = []
    var interpolates: Bool
    var resolvesPaths: Bool

    init(_ request: LoadRequest, _ access: FileAccess) {
        self.request = request
        self.access = access
        workingDirectory = request.workingDirectory
        environment = request.environment
        interpolates = request.interpolates
        resolvesPaths = request.resolvesPaths
    }

    /// The merged tree of these files with defaults, checked as far as one file's parts go.
    func model(_ files: [String]) throws -> Node {
        var tree = Node(.map(NodeMap()), at: Place(file: request.show(files.first ?? ""), line: 0))
        for file in files {
            for document in try documents(file) { tree = try lay(document, of: file, over: tree) }
        }
        guard tree.map?.isEmpty == false else { throw ComposeError("empty compose file", at: tree.place) }
        tree = try Defaults.apply(tree)
        if interpolates { try ValueChecks.check(tree) }
        if resolvesPaths {
            tree = try RelativePaths(folder: workingDirectory, home: environment["HOME"] ?? "/root").apply(tree)
        }
        return EnvironmentValues.resolve(tree, environment)
    }

    func documents(_ file: String) throws -> [YAMLTreeReader.Document] {
        let bytes = file == "-" ? request.standardInput : try access.read(file)
        return try YAMLTreeReader.read(bytes, file: file == "-" ? "-" : request.show(file))
    }

    private func lay(_ document: YAMLTreeReader.Document, of file: String, over base: Node) throws -> Node {
        var own = document.root
        if own.isNull { return base }
        guard own.map != nil else { throw ComposeError("top-level object must be a mapping", at: own.place) }
        own = try interpolated(own)
        let included = try Includes(loader: self, file: file).apply(own)
        own = included.own
        var tree = Resets.apply(document.resets, to: base)
        for other in included.models { tree = try Includes.importModel(other, into: tree) }
        var visible = tree
        own = try Extends(loader: self, file: file, resets: document.resets).apply(own, visible: &visible)
        tree = try Unicity.apply(try Merge.apply(tree, own))
        try SchemaCheck.check(tree)
        if tree["version"] != nil {
            request.warn(
                "\(request.show(file)): the attribute `version` is obsolete, it will be ignored, please remove it to avoid potential confusion"
            )
            tree["version"] = nil
        }
        tree = try Canonical(keepsUnparsed: !interpolates).apply(tree)
        return try Unicity.apply(tree)
    }

    func interpolated(_ node: Node) throws -> Node {
        guard interpolates else { return node }
        let variables = environment
        let warn = request.warn
        let template = VariableTemplate(lookUp: { variables[$0] }) { name in
            warn("The \"\(name)\" variable is not set. Defaulting to a blank string.")
        }
        return try Interpolation(template: template).apply(node)
    }
}
