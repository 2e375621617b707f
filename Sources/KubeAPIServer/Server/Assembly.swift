import Crypto
import Fault
import JSON
import KubeModel
import KubeStorage
import Logging
import NIOCore
import Wire

/// Puts a server together: which parts there are, and what each is given.
struct Assembly: Sendable {
    let server: APIServer
    private let configuration: APIServerConfiguration
    private let storage: any KubeStorage
    private let pki: ClusterPKI
    private let started: StartMark

    static func make(
        _ configuration: APIServerConfiguration, _ storage: any KubeStorage, _ pki: ClusterPKI,
        _ node: any NodeInterface, _ group: any EventLoopGroup, _ log: Logger
    ) async throws -> Assembly {
        let groups = try ServedGroups(configuration.runtimeConfig, .builtIn)
        let resources = groups.resources
        let cache = ObjectCache(
            Dictionary(
                resources.filter { $0.resource.verbs.contains("watch") }.map {
                    (GroupResource($0.storage.group, $0.resource.plural), $0.prefix)
                }, uniquingKeysWith: { first, _ in first }))
        try await cache.fill(storage)
        let table = ResourceTable(resources)
        let addresses = try configuration.addresses()
        for service in cache.objects(group: "", resource: "services", namespace: "") { addresses.adopt(service) }

        let access = try AccessControl.prepare(
            try configuration.accessFlags(port: configuration.port), reader: cache, pki: pki)
        for warning in access.warnings { log.warning("\(warning)") }
        cache.observeAll { access.objectChanged(group: $0.group, resource: $0.resource) }
        let store = ObjectStore(storage, cache)
        let admission = try configuration.admission(
            .standard(authorizer: access.authorizer, ledger: StoredQuotas(store: store, table: table)))
        let parts = ServerParts(
            store: store, table: table, admission: admission, authorizer: access.authorizer,
            escalation: configuration.authorizationMode.contains("RBAC") ? access.escalation : nil,
            watches: WatchHub(store.trees), managed: ManagedFieldsTable(), bookmarks: BookmarkClock(storage),
            addresses: addresses, log: log, now: { systemTime() }, newUID: { RandomUUID.make() },
            tokens: access.tokenRequests, node: node,
            proxy: ProxyTransport(
                destinations: configuration.proxyDestinations, kubelet: pki.kubeletClient,
                frontProxy: configuration.frontProxy.headers, group: group))
        let virtual = VirtualResources(access: access.accessReviews, identity: access.identityReviews)
        let started = StartMark()
        let health = Health(
            Health.checks(
                store: { (try? await storage.revision) == nil ? "the store doesn't answer" : nil }, start: started))
        let documents = Documents(
            discovery: DiscoveryPages(
                table, cache, serverAddress: "\(configuration.reachableAddress):\(configuration.port)"),
            issuer: access.discovery,
            pages: ServerPages(began: systemTime(), now: { systemTime() }, flags: configuration.flagValues))
        let limits = RequestLimits(
            readOnly: configuration.maximumReading, mutating: configuration.maximumMutating)
        let metrics = RequestMetrics { ServerGauges.read(limits, cache, addresses) }
        return Assembly(
            server: APIServer(
                parts: parts, access: access, virtual: virtual, health: health, documents: documents, metrics: metrics,
                limits: limits, flows: FlowSchemas(cache)),
            configuration: configuration, storage: storage, pki: pki, started: started)
    }

    private func freshCluster(port: Int) -> FreshCluster.Settings {
        let host = Host.name
        let hash = SHA256.hash(data: Array(host.utf8)).prefix(16).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        let lease = "apiserver-\(hash)"
        return FreshCluster.Settings(
            address: configuration.reachableAddress, port: port, serviceAddress: server.parts.addresses.range.first,
            serviceRanges: [server.parts.addresses.range.description], host: host, leaseName: lease,
            leaseHolder: "\(lease)_\(RandomUUID.make())", clientAuthority: pki.clientAuthorityPEM,
            frontProxy: configuration.frontProxy.published(pki.frontProxyPEM))
    }

    /// What goes on beside requests, once the socket is open: the store's watch into the cache, and the objects that
    /// every cluster has.
    func begin(port: Int) async -> [Task<Void, Never>] {
        let cache = server.parts.store.cache
        let storage = storage
        let follow = Task {
            while !Task.isCancelled {
                guard let changes = try? await storage.watch(prefix: "/registry/", after: nil) else { return }
                do {
                    for try await case .events(let events) in changes { for event in events { cache.take(event) } }
                } catch {
                    try? await cache.fill(storage)
                }
            }
        }
        let fresh = freshCluster(port: port)
        await Bootstrap(parts: server.parts, fresh: fresh).run()
        await AuthenticationTrust(parts: server.parts, required: fresh).reconcile()
        let parts = server.parts
        let contents = NamespaceContents(parts, authorityPEM: pki.trustPEM)
        let definitions = DefinitionController(parts)
        let roles = DerivedState(parts)
        let addresses = AddressObjects(parts: parts)
        let services = APIServiceObjects(parts: parts)
        let flows = FlowSchemaStatus(parts: parts)
        let loops = [
            LevelLoop(cache, DefinitionController.watched) { await definitions.reconcileAll() },
            LevelLoop(cache, NamespaceContents.watched) { await contents.reconcileAll() },
            LevelLoop(cache, AddressObjects.watched) { await addresses.reconcileAll() },
            LevelLoop(cache, APIServiceObjects.watched) { await services.reconcileAll() },
            LevelLoop(cache, FlowSchemaStatus.watched) { await flows.reconcileAll() },
            LevelLoop(cache, DerivedState.roles) { await roles.aggregateRoles() },
            LevelLoop(cache, DerivedState.counted) { await roles.countQuotas() },
        ]
        for loop in loops { await loop.runOnce() }
        started.finish()
        let expiry = EventExpiry(parts, seconds: configuration.eventSeconds)
        return [follow, Task { await expiry.run() }] + loops.map { loop in Task { await loop.run() } }
    }
}
