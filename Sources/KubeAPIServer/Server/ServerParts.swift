import KubeModel
import KubeStorage
import Logging

/// What the verbs work with.
struct ServerParts: Sendable {
    let store: ObjectStore
    let table: ResourceTable
    let admission: AdmissionChain
    let authorizer: any Authorizer
    /// Nil where roles don't decide.
    let escalation: EscalationCheck?
    let watches: WatchHub
    let bookmarks: BookmarkClock
    let addresses: ServiceAddresses
    let log: Logger
    /// Seconds since 1970, with fractions.
    let now: @Sendable () -> Double
    /// A new random UUID, as RFC 9562 writes it.
    let newUID: @Sendable () -> String
    let tokens: TokenRequests

    var reader: any ObjectReader { store.cache }
}
