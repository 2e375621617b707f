import JSON
import KubeClient
import KubeModel

/// An API whose lists and watches give no more of objects than their metadata: for caches of everything there is.
struct MetadataAPI: ForwardingAPI {
    let whole: any ObjectAPI

    init(_ whole: any ObjectAPI) { self.whole = whole }

    static func metadata(of object: JSON) -> JSON {
        var metadata = object["metadata"]
        metadata.remove("managedFields")
        metadata.remove("annotations")
        return ["apiVersion": object["apiVersion"], "kind": object["kind"], "metadata": metadata]
    }

    func list(_ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection) async throws(APIStatus)
        -> ObjectList
    {
        let list = try await whole.list(resource, namespace, selection)
        return ObjectList(items: list.items.map(Self.metadata), resourceVersion: list.resourceVersion)
    }

    func watch(
        _ resource: ResourceID, _ namespace: String, _ selection: ObjectSelection, after revision: String
    ) async throws(APIStatus) -> ObjectWatch {
        let watch = try await whole.watch(resource, namespace, selection, after: revision)
        return ObjectWatch {
            var iterator = watch.makeAsyncIterator()
            return try await iterator.next()?.map(Self.stripped)
        }
    }

    private static func stripped(_ event: ObjectEvent) -> ObjectEvent {
        switch event {
        case .added(let object): .added(metadata(of: object))
        case .modified(let object): .modified(metadata(of: object))
        case .deleted(let object): .deleted(metadata(of: object))
        case .bookmark: event
        }
    }
}
