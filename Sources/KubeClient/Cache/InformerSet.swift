import JSON
import Logging
import NIOConcurrencyHelpers

/// One informer a resource for all components of a process: who needs one asks for it, before the set runs.
package final class InformerSet: Sendable {
    private let api: any ObjectAPI
    private let log: Logger
    private let informers = NIOLockedValueBox<[ResourceID: Informer]>([:])
    private let indexes: [ResourceID: [String: Informer.Index]]

    /// - Parameter api: of a user who may list and watch all that is asked for.
    package init(_ api: any ObjectAPI, indexes: [ResourceID: [String: Informer.Index]] = InformerIndex.all, log: Logger)
    {
        self.api = api
        self.indexes = indexes
        self.log = log
    }

    package subscript(resource: ResourceID) -> Informer {
        informers.withLockedValue { informers in
            if let known = informers[resource] { return known }
            let new = Informer(api, resource, indexes: indexes[resource] ?? [:], log: log)
            informers[resource] = new
            return new
        }
    }

    /// All that was asked for.
    package var resources: [ResourceID] { informers.withLockedValue { Array($0.keys) } }

    /// Returns when every informer has its first list.
    package func synced() async { for informer in informers.withLockedValue({ $0.values }) { await informer.synced() } }

    /// Until its task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            for informer in informers.withLockedValue({ $0.values }) { group.addTask { await informer.run() } }
        }
    }
}

/// The indexes that the set's informers have.
package enum InformerIndex {
    /// By the UID of the controlling owner.
    package static let owner = "owner"
    /// Of pods: by `spec.nodeName`, also "".
    package static let node = "node"
    /// Of endpoint slices: by the service they belong to, as `namespace/name`.
    package static let service = "service"
    /// Of services: by their cluster addresses. Of endpoint slices: by their endpoints' addresses.
    package static let address = "address"
    /// Says of an endpoint slice which service's it is.
    package static let serviceLabel = "kubernetes.io/service-name"

    private static let controllers: Informer.Index = { object in
        let owners = object["metadata"]["ownerReferences"].array ?? []
        return owners.first { $0["controller"].bool == true }?["uid"].string.map { [$0] } ?? []
    }

    package static let all: [ResourceID: [String: Informer.Index]] = [
        .pods: [
            owner: controllers,
            node: { [$0["spec"]["nodeName"].string ?? ""] },
        ],
        .services: [address: { $0["spec"]["clusterIPs"].strings }],
        .endpointSlices: [
            service: { slice in
                let metadata = slice["metadata"]
                guard let name = metadata["labels"][serviceLabel].string else { return [] }
                return [ObjectKey(metadata["namespace"].string ?? "", name).description]
            },
            address: { ($0["endpoints"].array ?? []).flatMap { $0["addresses"].strings } },
        ],
        .replicaSets: [owner: controllers], .jobs: [owner: controllers], .controllerRevisions: [owner: controllers],
    ]
}
