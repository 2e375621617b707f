import Fault
import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers

/// The API of the cluster that a node has joined, by the credential that is newest.
final class JoinedAPI: ObjectAPI {
    private let current: NIOLockedValueBox<RemoteAPI>

    init(_ api: RemoteAPI) { current = NIOLockedValueBox(api) }

    func use(_ api: RemoteAPI) { current.withLockedValue { $0 = api } }

    private var api: RemoteAPI { current.withLockedValue { $0 } }

    func get(_ resource: ResourceID, _ namespace: String, _ name: String) async throws(APIStatus) -> JSON {
        try await api.get(resource, namespace, name)
    }

    func list(_ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection) async throws(APIStatus)
        -> ObjectList
    { try await api.list(resource, namespace, selection) }

    func create(
        _ resource: ResourceID, _ namespace: String, name: String, subresource: String, _ object: JSON
    ) async throws(APIStatus) -> JSON {
        try await api.create(resource, namespace, name: name, subresource: subresource, object)
    }

    func update(_ resource: ResourceID, subresource: String, _ object: JSON) async throws(APIStatus) -> JSON {
        try await api.update(resource, subresource: subresource, object)
    }

    func patch(
        _ resource: ResourceID, _ namespace: String, _ name: String, subresource: String, _ patch: ObjectPatch
    ) async throws(APIStatus) -> JSON {
        try await api.patch(resource, namespace, name, subresource: subresource, patch)
    }

    func delete(_ resource: ResourceID, _ namespace: String, _ name: String, _ options: JSON) async throws(APIStatus) {
        try await api.delete(resource, namespace, name, options)
    }

    func watch(_ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection, after revision: String)
        async throws(APIStatus) -> ObjectWatch
    { try await api.watch(resource, namespace, selection, after: revision) }
}
