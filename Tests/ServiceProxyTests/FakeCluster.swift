import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers

/// Services, endpoint slices and nodes in memory, with watches: all that a proxy asks an API for.
final class FakeCluster: ObjectAPI {
    private struct State {
        var objects: [ResourceID: [ObjectKey: JSON]] = [:]
        var watches: [ResourceID: [ObjectWatch.Continuation]] = [:]
        var revision = 1
    }

    private let state = NIOLockedValueBox(State())

    func put(_ resource: ResourceID, _ object: JSON) {
        state.withLockedValue { state in
            state.revision += 1
            var new = object
            new["metadata"]["resourceVersion"] = .string("\(state.revision)")
            let key = ObjectKey(object)
            let isNew = state.objects[resource]?[key] == nil
            state.objects[resource, default: [:]][key] = new
            for watch in state.watches[resource] ?? [] { watch.yield([isNew ? .added(new) : .modified(new)]) }
        }
    }

    func remove(_ resource: ResourceID, _ object: JSON) {
        state.withLockedValue { state in
            state.revision += 1
            guard var last = state.objects[resource]?.removeValue(forKey: ObjectKey(object)) else { return }
            last["metadata"]["resourceVersion"] = .string("\(state.revision)")
            for watch in state.watches[resource] ?? [] { watch.yield([.deleted(last)]) }
        }
    }

    func object(_ resource: ResourceID, _ key: ObjectKey) -> JSON? {
        state.withLockedValue { $0.objects[resource]?[key] }
    }

    func get(_ resource: ResourceID, _ namespace: String, _ name: String) async throws(APIStatus) -> JSON {
        object(resource, ObjectKey(namespace, name)) ?? .null
    }

    func list(_ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection) async throws(APIStatus)
        -> ObjectList
    {
        state.withLockedValue { state in
            ObjectList(
                items: Array((state.objects[resource] ?? [:]).values), resourceVersion: "\(state.revision)")
        }
    }

    func watch(_ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection, after revision: String)
        async throws(APIStatus) -> ObjectWatch
    {
        let (stream, continuation) = ObjectWatch.makeStream()
        state.withLockedValue { state in
            // What has come since the list; a fake may tell of it again.
            for object in (state.objects[resource] ?? [:]).values { continuation.yield([.modified(object)]) }
            state.watches[resource, default: []].append(continuation)
        }
        return stream
    }

    func create(_ resource: ResourceID, _ namespace: String, name: String, subresource: String, _ object: JSON)
        async throws(APIStatus) -> JSON
    {
        put(resource, object)
        return object
    }

    func update(_ resource: ResourceID, subresource: String, _ object: JSON) async throws(APIStatus) -> JSON {
        put(resource, object)
        return self.object(resource, ObjectKey(object)) ?? object
    }

    func patch(
        _ resource: ResourceID, _ namespace: String, _ name: String, subresource: String, _ patch: ObjectPatch
    ) async throws(APIStatus) -> JSON { object(resource, ObjectKey(namespace, name)) ?? .null }

    func delete(_ resource: ResourceID, _ namespace: String, _ name: String, _ options: JSON) async throws(APIStatus) {
        if let object = object(resource, ObjectKey(namespace, name)) { remove(resource, object) }
    }
}
