import Fault
import JSON
import KubeModel
import NIOHTTP1
import Wire

/// The API of a server behind a connection. No answer at all is an `APIStatus` too, of code 0.
package struct RemoteAPI: ObjectAPI {
    package let connection: KubeConnection
    /// The field manager of writes; "" leaves it to the server.
    private let manager: String

    package init(_ connection: KubeConnection, manager: String = "") {
        self.connection = connection
        self.manager = manager
    }

    package func get(_ resource: ResourceID, _ namespace: String, _ name: String) async throws(APIStatus) -> JSON {
        try await call(.GET, resource.path(namespace: namespace, name: name))
    }

    package func list(_ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection)
        async throws(APIStatus) -> ObjectList
    {
        let tree = try await call(.GET, resource.path(namespace: namespace), Self.query(selection))
        let kind = String((tree["kind"].string ?? "").dropLast("List".count))
        let items = (tree["items"].array ?? []).map { item in
            // Items of a list leave out what the list says for all.
            var object = item
            if object["kind"].isNull { object["kind"] = .string(kind) }
            if object["apiVersion"].isNull { object["apiVersion"] = tree["apiVersion"] }
            return object
        }
        return ObjectList(items: items, resourceVersion: tree["metadata"]["resourceVersion"].string ?? "")
    }

    package func create(
        _ resource: ResourceID, _ namespace: String, name: String, subresource: String, _ object: JSON
    ) async throws(APIStatus) -> JSON {
        try await call(
            .POST, resource.path(namespace: namespace, name: name, subresource: subresource), managed(), object)
    }

    package func update(_ resource: ResourceID, subresource: String, _ object: JSON) async throws(APIStatus) -> JSON {
        let key = ObjectKey(object)
        return try await call(
            .PUT, resource.path(namespace: key.namespace, name: key.name, subresource: subresource), managed(), object)
    }

    package func patch(
        _ resource: ResourceID, _ namespace: String, _ name: String, subresource: String, _ patch: ObjectPatch
    ) async throws(APIStatus) -> JSON {
        var query = managed()
        if case .apply(_, let manager, let force) = patch {
            query = [("fieldManager", manager)]
            if force { query.append(("force", "true")) }
        }
        return try await call(
            .PATCH, resource.path(namespace: namespace, name: name, subresource: subresource), query, patch.body,
            contentType: patch.contentType)
    }

    package func delete(_ resource: ResourceID, _ namespace: String, _ name: String, _ options: JSON)
        async throws(APIStatus)
    {
        _ = try await call(.DELETE, resource.path(namespace: namespace, name: name), [], options)
    }

    package func watch(
        _ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection, after revision: String
    ) async throws(APIStatus) -> ObjectWatch {
        var query = Self.query(selection)
        query += [("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", revision)]
        let connection = connection, path = resource.path(namespace: namespace), all = query
        let answer = try await Self.told {
            try await connection.accepted(
                try await connection.send(.GET, path, all, headers: [("Accept", "application/json")]))
        }
        let lines = connection.lines(answer)
        return ObjectWatch { continuation in
            let reading = Task {
                do {
                    for try await batch in lines { continuation.yield(try batch.compactMap(Self.event)) }
                    continuation.finish()
                } catch { continuation.finish(throwing: error) }
            }
            continuation.onTermination = { _ in
                reading.cancel()
                answer.cancel()
            }
        }
    }

    private static func event(_ line: JSON) throws -> ObjectEvent? {
        let object = line["object"]
        switch line["type"].string {
        case "ADDED": return .added(object)
        case "MODIFIED": return .modified(object)
        case "DELETED": return .deleted(object)
        case "BOOKMARK": return .bookmark(object["metadata"]["resourceVersion"].string ?? "")
        case "ERROR": throw APIStatus(object)
        default: return nil
        }
    }

    private static func query(_ selection: ObjectSelection) -> KubeConnection.Query {
        var query: KubeConnection.Query = []
        if !selection.labels.isEmpty { query.append(("labelSelector", selection.labels)) }
        if !selection.fields.isEmpty { query.append(("fieldSelector", selection.fields)) }
        return query
    }

    private func managed() -> KubeConnection.Query { manager.isEmpty ? [] : [("fieldManager", manager)] }

    private func call(
        _ method: HTTPMethod, _ path: String, _ query: KubeConnection.Query = [], _ body: JSON? = nil,
        contentType: String = "application/json"
    ) async throws(APIStatus) -> JSON {
        let connection = connection
        return try await Self.told {
            try await connection.json(method, path, query, body: body, contentType: contentType)
        }
    }

    private static func told<T>(_ work: () async throws -> T) async throws(APIStatus) -> T {
        do { return try await work() } catch let status as APIStatus { throw status } catch {
            throw APIStatus(code: 0, reason: "", message: sentence(error))
        }
    }
}
