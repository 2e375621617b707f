import JSON
import KubeClient
import KubeModel

/// The indexes of the manager's caches.
enum ObjectIndexes {
    /// Of what nobody controls: by namespace.
    static let orphan = "orphan"

    private static let orphans: Informer.Index = { object in
        object.controllerReference == nil ? [object.objectNamespace] : []
    }
    private static let owner: Informer.Index = { object in
        let uid = object.controllerReference?.text("uid") ?? ""
        return uid.isEmpty ? [] : [uid]
    }
    static let all: [ResourceID: [String: Informer.Index]] = {
        var all = InformerIndex.all
        for resource in [ResourceID.pods, .replicaSets, .jobs, .controllerRevisions] {
            all[resource, default: [:]][orphan] = orphans
            all[resource, default: [:]][InformerIndex.owner] = owner
        }
        // Nobody here looks for addresses.
        all[.services] = nil
        all[.endpointSlices]?[InformerIndex.address] = nil
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
