import JSON
import KubeClient
import Linux

/// What there is in the cluster, as the names need it.
protocol ClusterNames: Sendable {
    /// Whether all below has been heard of at least once.
    var isKnown: Bool { get }
    func hasNamespace(_ name: String) -> Bool
    func service(_ namespace: String, _ name: String) -> JSON?
    func slices(of service: ObjectKey) -> [JSON]
    /// Of the service that has this cluster address.
    func services(at address: IPAddress) -> [JSON]
    /// Slices with an endpoint at this address.
    func slices(at address: IPAddress) -> [JSON]
}

/// From the caches of the process.
struct CachedNames: ClusterNames {
    private let services: Informer, slices: Informer, namespaces: Informer

    init(_ informers: InformerSet) {
        services = informers[.services]
        slices = informers[.endpointSlices]
        namespaces = informers[.namespaces]
    }

    var isKnown: Bool { services.isSynced && slices.isSynced && namespaces.isSynced }
    func hasNamespace(_ name: String) -> Bool { namespaces.object("", name) != nil }
    func service(_ namespace: String, _ name: String) -> JSON? { services.object(namespace, name) }
    func slices(of service: ObjectKey) -> [JSON] { slices.objects(by: InformerIndex.service, service.description) }
    func services(at address: IPAddress) -> [JSON] { services.objects(by: InformerIndex.address, "\(address)") }
    func slices(at address: IPAddress) -> [JSON] { slices.objects(by: InformerIndex.address, "\(address)") }
}
