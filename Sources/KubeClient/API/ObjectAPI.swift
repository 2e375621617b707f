import JSON
import KubeModel

/// The Kubernetes API as components see it, whether the server is in this process or behind a connection. Objects are
/// whole trees in the served version's form; errors are the server's own `Status`.
package protocol ObjectAPI: Sendable {
    /// Throws NotFound.
    func get(_ resource: ResourceID, _ namespace: String, _ name: String) async throws(APIStatus) -> JSON

    /// All objects; a namespace of "" means all of them, or a resource that has none.
    func list(_ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection) async throws(APIStatus)
        -> ObjectList

    /// Creates an object, or posts `object` to a subresource of `name` (`binding`, `eviction`, `token`).
    /// - Returns: what the server made of it.
    func create(
        _ resource: ResourceID, _ namespace: String, name: String, subresource: String, _ object: JSON
    ) async throws(APIStatus) -> JSON

    /// Replaces the object, or through a subresource (`status`) a part of it. An object that carries a resourceVersion
    /// is written only over that one; else Conflict is thrown.
    func update(_ resource: ResourceID, subresource: String, _ object: JSON) async throws(APIStatus) -> JSON

    func patch(
        _ resource: ResourceID, _ namespace: String, _ name: String, subresource: String, _ patch: ObjectPatch
    ) async throws(APIStatus) -> JSON

    /// - Parameter options: a `DeleteOptions`' members.
    func delete(_ resource: ResourceID, _ namespace: String, _ name: String, _ options: JSON) async throws(APIStatus)

    /// Changes after `revision`, in order, as they happen. Throws what the server tells in the end: `Expired` when the
    /// revision is too old, then list again. Ends when the server's time for a watch is over.
    func watch(_ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection, after revision: String)
        async throws(APIStatus) -> ObjectWatch
}

extension ObjectAPI {
    @discardableResult
    package func create(_ resource: ResourceID, _ object: JSON) async throws(APIStatus) -> JSON {
        try await create(
            resource, object["metadata"]["namespace"].string ?? "", name: "", subresource: "", object)
    }

    @discardableResult
    package func update(_ resource: ResourceID, _ object: JSON) async throws(APIStatus) -> JSON {
        try await update(resource, subresource: "", object)
    }

    @discardableResult
    package func updateStatus(_ resource: ResourceID, _ object: JSON) async throws(APIStatus) -> JSON {
        try await update(resource, subresource: "status", object)
    }

    package func delete(_ resource: ResourceID, _ object: JSON, policy: String = "") async throws(APIStatus) {
        let metadata = object["metadata"]
        var options: JSON = ["preconditions": ["uid": metadata["uid"]]]
        if !policy.isEmpty { options["propagationPolicy"] = .string(policy) }
        try await delete(resource, metadata["namespace"].string ?? "", metadata["name"].string ?? "", options)
    }

    package func list(_ resource: ResourceID, _ namespace: String = "") async throws(APIStatus) -> ObjectList {
        try await list(resource, namespace, ObjectSelection())
    }
}

/// Which objects of a resource: selectors as the query of a list has them; "" selects everything.
package struct ObjectSelection: Sendable, Hashable {
    package var labels: String
    package var fields: String

    package init(labels: String = "", fields: String = "") {
        self.labels = labels
        self.fields = fields
    }
}

package struct ObjectList: Sendable {
    package let items: [JSON]
    package let resourceVersion: String

    package init(items: [JSON], resourceVersion: String) {
        self.items = items
        self.resourceVersion = resourceVersion
    }
}

package enum ObjectPatch: Sendable {
    case merge(JSON)
    case strategic(JSON)
    case json([JSON])
    /// Server-side apply.
    case apply(JSON, manager: String, force: Bool)

    package var contentType: String {
        switch self {
        case .merge: "application/merge-patch+json"
        case .strategic: "application/strategic-merge-patch+json"
        case .json: "application/json-patch+json"
        case .apply: "application/apply-patch+yaml"
        }
    }

    package var body: JSON {
        switch self {
        case .merge(let tree), .strategic(let tree), .apply(let tree, _, _): tree
        case .json(let operations): .array(operations)
        }
    }
}

package enum ObjectEvent: Sendable {
    case added(JSON)
    case modified(JSON)
    /// With the last state, and the deletion's own resourceVersion.
    case deleted(JSON)
    /// All events up to this resourceVersion have been given.
    case bookmark(String)
}

/// Several events at once when several are there.
package typealias ObjectWatch = AsyncThrowingStream<[ObjectEvent], any Error>
