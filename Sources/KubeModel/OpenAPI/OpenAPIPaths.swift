import JSON

/// The requests of a group-version's resources: their paths, identifiers, parameters and bodies.
struct OpenAPIPaths {
    let groupVersion: GroupVersion
    let resources: [APIResource]
    /// The definitions that stand for a resource's object, and for a list of them.
    let name: @Sendable (APIResource) -> String

    private static let meta = SchemaFile.meta

    var root: String {
        groupVersion.group.isEmpty ? "/api/\(groupVersion.version)" : "/apis/\(groupVersion)"
    }

    /// `Core`, `RbacAuthorization`: the group as part of an identifier.
    private var camel: String { OpenAPIPaths.camel(groupVersion.group, upper: true) }
    private var version: String { OpenAPIPaths.upper(groupVersion.version) }
    var tag: String { OpenAPIPaths.camel(groupVersion.group, upper: false) + "_" + groupVersion.version }

    static func upper(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    static func camel(_ group: String, upper isUpper: Bool) -> String {
        let short = group.hasSuffix(".k8s.io") ? String(group.dropLast(".k8s.io".count)) : group
        let joined = (short.isEmpty ? "core" : short).split(separator: ".").map { upper(String($0)) }.joined()
        return isUpper ? joined : joined.prefix(1).lowercased() + joined.dropFirst()
    }

    /// All paths, in their order.
    func all() -> [OpenAPIPath] {
        var paths = [self.index]
        for resource in resources {
            paths += collection(resource) + object(resource) + watches(resource)
            for subresource in resource.subresources { paths += self.subresource(subresource, of: resource) }
        }
        return paths.filter { !$0.operations.isEmpty }.sorted { $0.path < $1.path }
    }

    /// The list of resources.
    private var index: OpenAPIPath {
        OpenAPIPath(
            path: root + "/", tag: tag,
            operations: [
                OpenAPIOperation(
                    method: "get", id: "get\(camel)\(version)APIResources", action: "", kind: nil,
                    answer: OpenAPIPaths.meta + "APIResourceList", summary: "get available resources")
            ])
    }

    private func base(_ resource: APIResource) -> String {
        root + (resource.isNamespaced ? "/namespaces/{namespace}/" : "/") + resource.plural
    }

    private func scope(_ resource: APIResource) -> String { resource.isNamespaced ? "Namespaced" : "" }

    private func place(_ resource: APIResource) -> [OpenAPIParameter] { resource.isNamespaced ? [.namespace] : [] }

    private func kind(_ resource: APIResource) -> GroupVersionKind {
        GroupVersionKind(groupVersion, resource.kind)
    }

    private func id(_ verb: String, _ middle: String, _ rest: String) -> String {
        verb + camel + version + middle + rest
    }

    private func collection(_ resource: APIResource) -> [OpenAPIPath] {
        let (kind, object) = (kind(resource), name(resource))
        let place = place(resource) + [.pretty]
        var operations: [OpenAPIOperation] = []
        if resource.verbs.contains("list") {
            operations.append(list(resource, id("list", scope(resource), resource.kind), place))
        }
        if resource.verbs.contains("create") {
            operations.append(
                OpenAPIOperation(
                    method: "post", id: id("create", scope(resource), resource.kind), action: "post", kind: kind,
                    parameters: OpenAPIParameter.writing + place, body: .object(object, isRequired: true),
                    codes: [200, 201, 202], answer: object, summary: "create one \(resource.kind)"))
        }
        if resource.verbs.contains("deletecollection") {
            operations.append(
                OpenAPIOperation(
                    method: "delete", id: id("delete", "Collection" + scope(resource), resource.kind),
                    action: "deletecollection", kind: kind,
                    parameters: Array(Set(OpenAPIParameter.deleting + OpenAPIParameter.selecting)) + place,
                    body: .object(OpenAPIPaths.meta + "DeleteOptions", isRequired: false),
                    answer: OpenAPIPaths.meta + "Status",
                    summary: "delete all selected objects of kind \(resource.kind)"))
        }
        var paths = [OpenAPIPath(path: base(resource), tag: tag, operations: operations)]
        if resource.isNamespaced, resource.verbs.contains("list") {
            let all = list(resource, id("list", "", resource.kind + "ForAllNamespaces"), [.pretty])
            paths.append(OpenAPIPath(path: "\(root)/\(resource.plural)", tag: tag, operations: [all]))
        }
        return paths
    }

    private func list(_ resource: APIResource, _ id: String, _ place: [OpenAPIParameter]) -> OpenAPIOperation {
        OpenAPIOperation(
            method: "get", id: id, action: "list", kind: kind(resource),
            parameters: OpenAPIParameter.listing + place, answer: name(resource) + "List", produces: .list,
            summary: "list or watch objects of kind \(resource.kind)")
    }

    private func object(_ resource: APIResource) -> [OpenAPIPath] {
        let place = place(resource) + [.name, .pretty]
        var operations = access(
            resource.verbs, kind(resource), name(resource), "\(scope(resource))\(resource.kind)", place,
            isCustom: resource.isCustom)
        if resource.verbs.contains("delete") {
            operations.append(
                OpenAPIOperation(
                    method: "delete", id: id("delete", scope(resource), resource.kind), action: "delete",
                    kind: kind(resource), parameters: OpenAPIParameter.deleting + place,
                    body: .object(OpenAPIPaths.meta + "DeleteOptions", isRequired: false), codes: [200, 202],
                    answer: resource.returnsDeleted ? name(resource) : OpenAPIPaths.meta + "Status",
                    summary: "delete one \(resource.kind)"))
        }
        return [OpenAPIPath(path: base(resource) + "/{name}", tag: tag, operations: operations)]
    }

    /// Reading, replacing and patching one object, or a part of one.
    private func access(
        _ verbs: [String], _ kind: GroupVersionKind, _ object: String, _ rest: String, _ place: [OpenAPIParameter],
        isCustom: Bool
    ) -> [OpenAPIOperation] {
        var operations: [OpenAPIOperation] = []
        if verbs.contains("get") {
            operations.append(
                OpenAPIOperation(
                    method: "get", id: id("read", "", rest), action: "get", kind: kind, parameters: place,
                    answer: object, summary: "read one \(kind.kind)"))
        }
        if verbs.contains("update") {
            operations.append(
                OpenAPIOperation(
                    method: "put", id: id("replace", "", rest), action: "put", kind: kind,
                    parameters: OpenAPIParameter.writing + place, body: .object(object, isRequired: true),
                    codes: [200, 201], answer: object, summary: "replace one \(kind.kind)"))
        }
        if verbs.contains("patch") {
            operations.append(
                OpenAPIOperation(
                    method: "patch", id: id("patch", "", rest), action: "patch", kind: kind,
                    parameters: OpenAPIParameter.patching + place, body: .patch(isCustom: isCustom), codes: [200, 201],
                    answer: object, summary: "change parts of one \(kind.kind)"))
        }
        return operations
    }

    /// The old form of watching, by path in place of a parameter.
    private func watches(_ resource: APIResource) -> [OpenAPIPath] {
        guard resource.verbs.contains("watch") else { return [] }
        func watch(_ path: String, _ rest: String, _ action: String, _ place: [OpenAPIParameter]) -> OpenAPIPath {
            let operation = OpenAPIOperation(
                method: "get", id: id("watch", "", rest), action: action, kind: kind(resource),
                parameters: OpenAPIParameter.listing + place + [.pretty], answer: OpenAPIPaths.meta + "WatchEvent",
                produces: .list, summary: "watch objects of kind \(resource.kind)")
            return OpenAPIPath(path: path, tag: tag, operations: [operation])
        }
        let under = base(resource).replacing(root + "/", with: root + "/watch/", maxReplacements: 1)
        let rest = scope(resource) + resource.kind
        var paths = [watch(under, rest + "List", "watchlist", place(resource))]
        if resource.verbs.contains("get") {
            paths.append(watch(under + "/{name}", rest, "watch", place(resource) + [.name]))
        }
        if resource.isNamespaced {
            paths.append(
                watch("\(root)/watch/\(resource.plural)", resource.kind + "ListForAllNamespaces", "watchlist", []))
        }
        return paths
    }

    private func subresource(_ part: APIResource.Subresource, of resource: APIResource) -> [OpenAPIPath] {
        let path = "\(base(resource))/{name}/\(part.name)"
        let rest = scope(resource) + resource.kind + OpenAPIPaths.upper(OpenAPIPaths.words[part.name] ?? part.name)
        let kind = GroupVersionKind(part.groupVersion, part.kind)
        let place = place(resource) + [.name]
        guard let type = part.type else {
            if part.name == "log" { return [log(path, rest, kind, place)] }
            return connections(path, rest, kind, part, place)
        }
        let object = part.kind == resource.kind ? name(resource) : type.name
        var operations = access(part.verbs, kind, object, rest, place + [.pretty], isCustom: resource.isCustom)
        if part.verbs.contains("create") {
            operations.append(
                OpenAPIOperation(
                    method: "post", id: id("create", "", rest), action: "post", kind: kind,
                    parameters: OpenAPIParameter.writing + place + [.pretty], body: .object(object, isRequired: true),
                    codes: [200, 201, 202], answer: object, summary: "create one \(part.kind)"))
        }
        return [OpenAPIPath(path: path, tag: tag, operations: operations)]
    }

    /// Names of two words, as identifiers have them.
    private static let words = ["portforward": "Portforward", "ephemeralcontainers": "Ephemeralcontainers"]

    private func log(_ path: String, _ rest: String, _ kind: GroupVersionKind, _ place: [OpenAPIParameter])
        -> OpenAPIPath
    {
        let options = Schema.builtIn.type("io.k8s.api.core.v1.PodLogOptions").map(OpenAPIParameter.of) ?? []
        // The published documents don't have this one.
        let parameters = options.filter { $0.name != "sinceTime" } + place + [.pretty]
        let operation = OpenAPIOperation(
            method: "get", id: id("read", "", rest), action: "get", kind: kind, parameters: parameters, produces: .text,
            summary: "read the log of one Pod")
        return OpenAPIPath(path: path, tag: tag, operations: [operation])
    }

    /// Requests that become streams, or are passed on.
    private func connections(
        _ path: String, _ rest: String, _ kind: GroupVersionKind, _ part: APIResource.Subresource,
        _ place: [OpenAPIParameter]
    ) -> [OpenAPIPath] {
        let isProxy = part.name == "proxy"
        let methods = isProxy ? ["get", "put", "post", "delete", "options", "head", "patch"] : ["get", "post"]
        let name = "io.k8s.api.core.v1.\(part.kind)"
        let options = Schema.builtIn.type(name).map(OpenAPIParameter.of) ?? []
        func connect(_ path: String, _ end: String, _ parameters: [OpenAPIParameter]) -> OpenAPIPath {
            OpenAPIPath(
                path: path, tag: tag,
                operations: methods.map { method in
                    OpenAPIOperation(
                        method: method, id: id("connect", OpenAPIPaths.upper(method), rest + end), action: "connect",
                        kind: kind, parameters: parameters, produces: .anything,
                        summary: "connect \(method.uppercased()) requests to \(part.name)")
                })
        }
        let paths = [connect(path, "", options + place)]
        if !isProxy { return paths }
        return paths + [connect(path + "/{path}", "WithPath", options + place + [.path])]
    }
}
