import JSON
import KubeClient
import KubeModel
import KubeStorage
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Wire

/// The server to the components of its own process: requests are values and answers are trees, no socket between. Each
/// component is a user of its own, held to its roles and to admission like everybody else.
package struct LocalAPI: ObjectAPI {
    private let parts: ServerParts
    private let access: AccessControl
    private let virtual: VirtualResources
    private let user: UserInfo
    private let manager: String

    /// - Parameters:
    ///   - user: whom requests are authorized as.
    ///   - manager: to whom changes are ascribed.
    init(_ server: APIServer, user: UserInfo, manager: String) {
        parts = server.parts
        access = server.access
        virtual = server.virtual
        self.user = user
        self.manager = manager
    }

    package func get(_ resource: ResourceID, _ namespace: String, _ name: String) async throws(APIStatus) -> JSON {
        let call = LocalCall(resource, .GET, namespace: namespace, name: name)
        return try await tree(try await verbs(call))
    }

    package func list(_ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection)
        async throws(APIStatus) -> ObjectList
    {
        let verbs = try await verbs(LocalCall(resource, .GET, namespace: namespace, query: selection.query))
        let list = try await verbs.list(limit: nil, continuing: "")
        var items: [JSON] = []
        items.reserveCapacity(list.values.count)
        for value in list.values { items.append(verbs.served.fromStorage(try parts.store.tree(of: value))) }
        return ObjectList(items: items, resourceVersion: "\(list.revision)")
    }

    package func create(
        _ resource: ResourceID, _ namespace: String, name: String, subresource: String, _ object: JSON
    ) async throws(APIStatus) -> JSON {
        try await tree(
            try await verbs(
                LocalCall(
                    resource, .POST, namespace: namespace, name: name, subresource: subresource, query: managed,
                    sent: object)))
    }

    package func update(_ resource: ResourceID, subresource: String, _ object: JSON) async throws(APIStatus) -> JSON {
        let key = ObjectKey(object)
        return try await tree(
            try await verbs(
                LocalCall(
                    resource, .PUT, namespace: key.namespace, name: key.name, subresource: subresource, query: managed,
                    sent: object)))
    }

    package func patch(
        _ resource: ResourceID, _ namespace: String, _ name: String, subresource: String, _ patch: ObjectPatch
    ) async throws(APIStatus) -> JSON {
        var query = managed
        if case .apply(_, let manager, let force) = patch {
            query = [("fieldManager", manager), ("force", "\(force)")]
        }
        return try await tree(
            try await verbs(
                LocalCall(
                    resource, .PATCH, namespace: namespace, name: name, subresource: subresource, query: query,
                    contentType: patch.contentType, body: ByteBuffer(bytes: patch.body.bytes()))))
    }

    package func delete(_ resource: ResourceID, _ namespace: String, _ name: String, _ options: JSON)
        async throws(APIStatus)
    {
        let body = options.isNull ? ByteBuffer() : ByteBuffer(bytes: options.bytes())
        _ = try await tree(
            try await verbs(LocalCall(resource, .DELETE, namespace: namespace, name: name, body: body)))
    }

    package func watch(
        _ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection, after revision: String
    ) async throws(APIStatus) -> ObjectWatch {
        var query = selection.query
        query.append(("watch", "true"))
        let verbs = try await verbs(LocalCall(resource, .GET, namespace: namespace, query: query))
        let selector = try ObjectSelector(verbs.request.query, verbs.rules)
        try await verbs.waitFor(revision)
        let after = ObjectVerbs.revision(revision)
        let changes: StorageWatch
        do {
            changes = try await parts.store.storage.watch(prefix: verbs.served.keyPrefix(namespace), after: after)
        } catch .compacted(let oldest) {
            throw .gone("too old resource version: \(revision) (\(oldest))")
        } catch {
            throw ObjectStore.status(error)
        }
        return Self.events(changes, selector, verbs.served, parts.watches)
    }

    private static func events(
        _ changes: StorageWatch, _ selector: ObjectSelector, _ served: ServedResource, _ hub: WatchHub
    ) -> ObjectWatch {
        ObjectWatch {
            var iterator = changes.makeAsyncIterator()
            while let news = try await iterator.next() {
                switch news {
                case .progress(let revision): return [.bookmark("\(revision)")]
                case .events(let stored):
                    let events = try stored.compactMap { try event($0, selector, served, hub) }
                    if !events.isEmpty { return events }
                }
            }
            return nil
        }
    }

    private static func event(
        _ stored: StorageEvent, _ selector: ObjectSelector, _ served: ServedResource, _ hub: WatchHub
    ) throws(APIStatus) -> ObjectEvent? {
        guard let change = try selector.change(stored, hub) else { return nil }
        var tree = served.fromStorage(try hub.tree(change.value))
        switch change.kind {
        case .added: return .added(tree)
        case .modified: return .modified(tree)
        case .deleted:
            tree["metadata"]["resourceVersion"] = .string("\(stored.revision)")
            return .deleted(tree)
        }
    }

    // MARK: Requests

    private var managed: [(name: String, value: String)] { [("fieldManager", manager)] }

    private func verbs(_ call: LocalCall) async throws(APIStatus) -> ObjectVerbs {
        let id = call.resource
        guard let served = parts.table.find(group: id.group, version: id.version, resource: id.resource) else {
            throw .noSuchRoute
        }
        let request = call.request(served, user)
        try await access.check(RequestAttributes(request.info, request.query, user))
        return ObjectVerbs(parts: parts, request: request)
    }

    private func tree(_ verbs: ObjectVerbs) async throws(APIStatus) -> JSON {
        if let answer = try await virtual.answer(verbs) { return try answer.tree(verbs.served) }
        let info = verbs.request.info
        let isOwn = info.subresource.isEmpty || info.subresource == "status"
        let answer =
            isOwn ? try await verbs.answer() : try await Subresources(verbs: verbs, access: access).answer()
        return try answer.tree(verbs.served)
    }
}

/// A request before it is one.
private struct LocalCall {
    let resource: ResourceID
    let method: HTTPMethod
    let namespace: String
    let name: String
    let subresource: String
    let query: [(name: String, value: String)]
    /// What is written, as a tree.
    let sent: JSON?
    let contentType: String
    let body: ByteBuffer

    init(
        _ resource: ResourceID, _ method: HTTPMethod, namespace: String = "", name: String = "",
        subresource: String = "", query: [(name: String, value: String)] = [], sent: JSON? = nil,
        contentType: String = "application/json", body: ByteBuffer = ByteBuffer()
    ) {
        self.resource = resource
        self.method = method
        self.namespace = namespace
        self.name = name
        self.subresource = subresource
        self.query = query
        self.sent = sent
        self.contentType = contentType
        self.body = body
    }

    func request(_ served: ServedResource, _ user: UserInfo) -> APIRequest {
        let path = resource.path(namespace: namespace, name: name, subresource: subresource)
        let options = QueryOptions(query)
        let rest = NIOLockedValueBox<ByteBuffer?>(body)
        let http = HTTPRequest(
            method: method, path: path, query: query, queryProblem: nil,
            headers: HTTPHeaders([("content-type", contentType)]),
            nextBodyPart: { rest.withLockedValue { $0.take() } })
        let info = RequestInfo(method: method, path: path, query: options) ?? RequestInfo()
        return APIRequest(
            http: http, info: info, query: options, user: user, served: served, form: AnswerForm(), sent: sent)
    }
}

extension ObjectSelection {
    fileprivate var query: [(name: String, value: String)] {
        var query: [(name: String, value: String)] = []
        if !labels.isEmpty { query.append(("labelSelector", labels)) }
        if !fields.isEmpty { query.append(("fieldSelector", fields)) }
        return query
    }
}
