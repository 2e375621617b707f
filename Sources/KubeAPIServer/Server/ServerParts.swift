import KubeModel
import KubeStorage
import Logging

/// What the verbs work with; one for the whole server, shared and never changed.
final class ServerParts: Sendable {
    let store: ObjectStore
    let table: ResourceTable
    let admission: AdmissionChain
    let authorizer: any Authorizer
    /// Nil where roles don't decide.
    let escalation: EscalationCheck?
    let watches: WatchHub
    let managed: ManagedFieldsTable
    let bookmarks: BookmarkClock
    let addresses: ServiceAddresses
    let log: Logger
    /// Seconds since 1970, with fractions.
    let now: @Sendable () -> Double
    /// A new random UUID, as RFC 9562 writes it.
    let newUID: @Sendable () -> String
    let tokens: TokenRequests
    let node: any NodeInterface
    let proxy: ProxyTransport

    init(
        store: ObjectStore, table: ResourceTable, admission: AdmissionChain, authorizer: any Authorizer,
        escalation: EscalationCheck?, watches: WatchHub, managed: ManagedFieldsTable, bookmarks: BookmarkClock,
        addresses: ServiceAddresses, log: Logger, now: @escaping @Sendable () -> Double,
        newUID: @escaping @Sendable () -> String, tokens: TokenRequests, node: any NodeInterface,
        proxy: ProxyTransport
    ) {
        self.store = store
        self.table = table
        self.admission = admission
        self.authorizer = authorizer
        self.escalation = escalation
        self.watches = watches
        self.managed = managed
        self.bookmarks = bookmarks
        self.addresses = addresses
        self.log = log
        self.now = now
        self.newUID = newUID
        self.tokens = tokens
        self.node = node
        self.proxy = proxy
    }

    var reader: any ObjectReader { store.cache }
}
