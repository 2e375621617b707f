import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

/// Which objects a verb works on: files, or arguments and selectors.
struct Selection: Sendable {
    var filenames: [String] = []
    var recursive = false
    var kustomize = ""
    var arguments: [String] = []
    /// Nil: not given.
    var labels: String?
    var fields = ""
    var takesAll = false
    var allNamespaces = false
    /// One resource without a name or selector means all of its objects.
    var emptySelectsAll = false
    /// Objects of files are read from the server.
    var latest = false
    /// No server is asked: there are only files.
    var isLocal = false
    /// What is told when there are none.
    var needsFiles = Session.onlyFiles
    /// Nothing is read from the server; the items of names have no object.
    var leavesUnread = false
    /// Each list comes as one, not object by object.
    var keepsLists = false
    /// `Accept` of what is read.
    var accept = "application/json"
    var query: KubeConnection.Query = []
    /// Objects in one answer to a list; 0: all.
    var chunk = 500
    var subresource = ""
    /// Objects of files have to name their kind before anything else is looked at.
    var validates = false
}

/// What was selected, and what went wrong on the way.
struct Selected: Sendable {
    var items: [Item] = []
    var errors: [any Error] = []
    /// One object was named.
    var isSingle = false

    /// Throws when anything went wrong.
    func all() throws -> [Item] {
        try Failures.throwing(errors)
        return items
    }
}

extension Session {
    static let nothingSelected = """
        You must provide one or more resources by argument or filename.
        Example resource specifications include:
           '-f rsrc.yaml'
           '--filename=rsrc.json'
           '<resource> <name>'
           '<resource>'
        """

    func select(_ selection: Selection) async throws -> Selected {
        try Self.checkFiles(selection)
        if selection.isLocal { return try await selectLocally(selection) }
        if !selection.filenames.isEmpty || !selection.kustomize.isEmpty { return try await selectFiles(selection) }
        let names = ResourceNames(try await resources())
        let arguments = Self.normalized(selection.arguments)
        if arguments.contains(where: { $0.contains("/") }) {
            return try await selectPairs(arguments, selection, names)
        }
        guard let word = arguments.first else { throw Refusal(Self.nothingSelected) }
        let types = try Self.types(word, names)
        let objectNames = Array(arguments.dropFirst())
        var labels = selection.labels
        if objectNames.isEmpty, labels == nil, selection.emptySelectsAll { labels = "" }
        if labels != nil || selection.takesAll || !selection.fields.isEmpty {
            guard objectNames.isEmpty else {
                throw Refusal("name cannot be provided when a selector is specified")
            }
            return try await list(types, labels ?? "", selection)
        }
        guard !objectNames.isEmpty else {
            throw Refusal("resource(s) were provided, but no name was specified")
        }
        guard types.count == 1 else { throw Refusal("you must specify only one resource") }
        let pairs = objectNames.map { (types[0], $0) }
        var selected = try await read(pairs, selection)
        selected.isSingle = objectNames.count == 1
        return selected
    }

    static func checkFiles(_ selection: Selection) throws {
        guard !selection.kustomize.isEmpty else { return }
        if !selection.filenames.isEmpty { throw Refusal("only one of -f or -k can be specified") }
        if selection.recursive { throw Refusal("the -k flag can't be used with -f or -R") }
    }

    /// `a,b x y` is `a/x a/y b/x b/y`.
    private static func normalized(_ arguments: [String]) -> [String] {
        guard arguments.count >= 2 else { return arguments }
        let types = arguments[0].parts(",")
        guard types.count > 1 else { return arguments }
        return types.flatMap { type in arguments.dropFirst().map { "\(type)/\($0)" } }
    }

    static func types(_ words: String, _ names: ResourceNames) throws -> [ServedResource] {
        var seen = Set<ResourceID>()
        return try words.parts(",").flatMap { word -> [ServedResource] in
            if let members = names.category(word) { return members }
            guard let found = names.find(word) else { throw ResourceNames.complaint(word) }
            return [found]
        }.filter { seen.insert($0.id).inserted }
    }

    private func selectPairs(_ arguments: [String], _ selection: Selection, _ names: ResourceNames) async throws
        -> Selected
    {
        guard arguments.allSatisfy({ $0.contains("/") }) else {
            throw Refusal(
                "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'"
            )
        }
        if selection.labels != nil || selection.takesAll || !selection.fields.isEmpty {
            throw Refusal("selectors and the all flag cannot be used when passing resource/name arguments")
        }
        let pairs = try arguments.map { argument -> (ServedResource, String) in
            let parts = argument.parts("/")
            guard parts.count == 2 else {
                throw Refusal("arguments in resource/name form may not have more than one slash")
            }
            guard !parts[0].isEmpty, !parts[1].isEmpty, !parts[0].contains(",") else {
                throw Refusal("arguments in resource/name form must have a single resource and name")
            }
            guard let found = names.find(parts[0]) else { throw ResourceNames.complaint(parts[0]) }
            return (found, parts[1])
        }
        var selected = try await read(pairs, selection)
        selected.isSingle = pairs.count == 1
        return selected
    }

    private func read(_ pairs: [(ServedResource, String)], _ selection: Selection) async throws -> Selected {
        var selected = Selected()
        if selection.allNamespaces, pairs.contains(where: { $0.0.isNamespaced }) {
            throw Refusal("a resource cannot be retrieved by name across all namespaces")
        }
        let own = try namespace
        for (resource, name) in pairs {
            var item = Item(
                resource: resource, namespace: resource.isNamespaced ? own : "", name: name,
                subresource: selection.subresource)
            if !selection.leavesUnread {
                do { item.object = try await fetch(item, selection) } catch {
                    selected.errors.append(error)
                    continue
                }
            }
            selected.items.append(item)
        }
        return selected
    }

    func fetch(_ item: Item, _ selection: Selection = Selection()) async throws -> JSON {
        try await connection.json(.GET, item.path, selection.query, headers: [("Accept", selection.accept)])
    }

    // MARK: Lists

    private func list(_ types: [ServedResource], _ labels: String, _ selection: Selection) async throws -> Selected {
        var selected = Selected()
        let own = try namespace
        for resource in types {
            let namespace = resource.isNamespaced && !selection.allNamespaces ? own : ""
            do {
                var query = selection.query
                if !labels.isEmpty { query.append(("labelSelector", labels)) }
                if !selection.fields.isEmpty { query.append(("fieldSelector", selection.fields)) }
                for page in try await pages(resource, namespace, query, selection) {
                    selected.items += Self.items(of: page, resource, namespace, keepsLists: selection.keepsLists)
                }
            } catch var status as APIStatus where status.reason == "BadRequest" || status.reason == "NotFound" {
                let isWhole = labels.isEmpty && selection.fields.isEmpty
                status.message =
                    isWhole
                    ? "Unable to list \(resource.goResource.quoted): \(status.message)"
                    : "Unable to find \(resource.goResource.quoted) that match label selector \(labels.quoted), "
                        + "field selector \(selection.fields.quoted): \(status.message)"
                selected.errors.append(status)
            } catch { selected.errors.append(error) }
        }
        return selected
    }

    private func pages(
        _ resource: ServedResource, _ namespace: String, _ query: KubeConnection.Query, _ selection: Selection
    ) async throws -> [JSON] {
        var pages: [JSON] = []
        var token = ""
        repeat {
            var query = query
            if !token.isEmpty { query.append(("continue", token)) }
            if selection.chunk > 0 { query.append(("limit", "\(selection.chunk)")) }
            let page = try await connection.json(
                .GET, resource.id.path(namespace: namespace), query, headers: [("Accept", selection.accept)])
            token = page["metadata"]["continue"].string ?? ""
            pages.append(page)
        } while !token.isEmpty
        return pages
    }

    private static func items(of page: JSON, _ resource: ServedResource, _ namespace: String, keepsLists: Bool)
        -> [Item]
    {
        if keepsLists || page["kind"].string == "Table" {
            return [Item(resource: resource, namespace: namespace, name: "", object: page)]
        }
        return (page["items"].array ?? []).map { tree in
            var item = Item(resource: resource, namespace: namespace, name: "")
            item.take(Following.whole(tree, resource))
            return item
        }
    }
}
