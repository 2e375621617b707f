import JSON
import KubeModel
import KubeStorage

/// What requests to a subresource do that is neither `status` nor a stream to a node: one file a subresource.
struct Subresources: Sendable {
    let verbs: ObjectVerbs
    let access: AccessControl

    var request: APIRequest { verbs.request }
    var parts: ServerParts { verbs.parts }

    func answer() async throws(APIStatus) -> Answer {
        let info = request.info
        let allowed = verbs.resource.subresource(info.subresource)?.verbs ?? []
        guard allowed.contains(info.verb) else { throw .methodNotSupported(verbs.resource, info.verb) }
        switch (verbs.resource.plural, info.subresource) {
        case ("pods", "binding"):
            let binding = try await decode("v1", "Binding")
            return try await PodBinding(verbs: verbs, pods: verbs.served).bind(verbs.name, binding)
        case ("pods", "eviction"): return try await evict()
        case ("serviceaccounts", "token"): return try await token()
        case (_, "scale"): return try await scale()
        default:
            guard let update = verbs.rules.subresourceUpdates[info.subresource] else {
                throw .methodNotSupported(verbs.resource, info.verb)
            }
            return try await throughOwnDoor(
                ChangeRules(subresource: info.subresource, prepare: update.prepare, validate: update.validate))
        }
    }

    /// The request's body as a kind that isn't the resource's own.
    func decode(_ apiVersion: String, _ kind: String) async throws(APIStatus) -> JSON {
        guard let groupVersion = GroupVersion(apiVersion: apiVersion),
            let type = Schema.builtIn.type(groupVersion, kind: kind)
        else { throw .internalError("no schema of \(apiVersion) \(kind)") }
        return try await verbs.decodeBody(as: kind, of: groupVersion, type)
    }

    static func success(code: Int = 201) -> Answer {
        .tree(
            code: code,
            ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": .init(code)])
    }

    /// GET, PUT or PATCH of the whole object by a way in with rules of its own.
    func throughOwnDoor(_ rules: ChangeRules) async throws(APIStatus) -> Answer {
        switch request.info.verb {
        case "get": return try await verbs.get()
        case "patch": return try await verbs.patch(rules)
        default:
            try request.query.checkWriteOptions("UpdateOptions")
            var object = try await verbs.decodeBody()
            try verbs.checkPlace(&object)
            let sent = object
            return try await verbs.change(rules) { _ in sent }
        }
    }
}
