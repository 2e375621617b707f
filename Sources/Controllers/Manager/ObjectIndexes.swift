import JSON
import KubeClient
import KubeModel

/// The indexes of the manager's caches.
enum ObjectIndexes {
    /// Of what nobody controls: by namespace.
    static let orphan = "orphan"
    /// Of EndpointSlices: `namespace/name` of their service.
    static let service = "service"

    private static let orphans: Informer.Index = { object in
        object.controllerReference == nil ? [object.objectNamespace] : []
    }
    private static let owner: Informer.Index = { object in
        let uid = object.controllerReference?.text("uid") ?? ""
        return uid.isEmpty ? [] : [uid]
    }
    private static let ofService: Informer.Index = { slice in
        let name = slice.labels.text("kubernetes.io/service-name")
        return name.isEmpty ? [] : ["\(slice.objectNamespace)/\(name)"]
    }

    static let all: [ResourceID: [String: Informer.Index]] = {
        var all = InformerIndex.all
        for resource in [ResourceID.pods, .replicaSets, .jobs, .controllerRevisions] {
            all[resource, default: [:]][orphan] = orphans
            all[resource, default: [:]][InformerIndex.owner] = owner
        }
        all[.endpointSlices] = [service: ofService]
        return all
    }()
}

extension Informer {
    /// The dependents of an owner, and those in its namespace that nobody controls.
    func candidates(of owner: JSON) -> [JSON] {
        objects(by: InformerIndex.owner, owner.uid) + objects(by: ObjectIndexes.orphan, owner.objectNamespace)
    }

    func controlled(by owner: JSON) -> [JSON] { objects(by: InformerIndex.owner, owner.uid) }
}
