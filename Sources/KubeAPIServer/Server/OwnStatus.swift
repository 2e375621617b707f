import JSON
import KubeModel

/// Writes statuses that the server itself knows.
struct OwnStatus: Sendable {
    let parts: ServerParts

    /// Applies the status as a controller does, which the object's managed fields then tell.
    func apply(_ status: JSON, to name: String, of served: ServedResource, as manager: String) async throws(APIStatus) {
        let request = APIRequest.internal(served, namespace: "", name: name, manager: manager, subresource: "status")
        let verbs = ObjectVerbs(parts: parts, request: request)
        let config = verbs.typed(["metadata": ["name": .string(name)], "status": status])
        _ = try await verbs.change(verbs.changeRules(), record: { _, _ in }) { old throws(APIStatus) in
            try verbs.decode(tree: try verbs.applied(config, to: old, force: true, subresource: "status"))
        }
    }

    /// Sets the status, for which nobody is named.
    func set(_ status: JSON, of name: String, _ served: ServedResource) async throws(APIStatus) {
        while let stored = try await parts.store.find(served, "", name) {
            var object = try ObjectStore.decode(stored)
            object["status"] = status
            if try await parts.store.replace(stored, object) != nil { return }
        }
    }
}
