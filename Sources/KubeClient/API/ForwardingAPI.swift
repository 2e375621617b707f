import JSON
import KubeModel

/// An API that stands before another one. What it does not do itself, the other does.
package protocol ForwardingAPI: ObjectAPI {
    var whole: any ObjectAPI { get }
}

extension ForwardingAPI {
    package func get(_ resource: ResourceID, _ namespace: String, _ name: String) async throws(APIStatus) -> JSON {
        try await whole.get(resource, namespace, name)
    }

    package func list(
        _ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection
    ) async throws(APIStatus) -> ObjectList {
        try await whole.list(resource, namespace, selection)
    }

    package func create(
        _ resource: ResourceID, _ namespace: String, name: String, subresource: String, _ object: JSON
    ) async throws(APIStatus) -> JSON {
        try await whole.create(resource, namespace, name: name, subresource: subresource, object)
    }

    package func update(
        _ resource: ResourceID, subresource: String, _ object: JSON
    ) async throws(APIStatus) -> JSON {
        try await whole.update(resource, subresource: subresource, object)
    }

    package func patch(
        _ resource: ResourceID, _ namespace: String, _ name: String, subresource: String, _ patch: ObjectPatch
    ) async throws(APIStatus) -> JSON {
        try await whole.patch(resource, namespace, name, subresource: subresource, patch)
    }

    package func delete(
        _ resource: ResourceID, _ namespace: String, _ name: String, _ options: JSON
    ) async throws(APIStatus) {
        try await whole.delete(resource, namespace, name, options)
    }

    package func watch(
        _ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection, after revision: String
    ) async throws(APIStatus) -> ObjectWatch {
        try await whole.watch(resource, namespace, selection, after: revision)
    }
}
