/// Which endpoints of a port may be used from one node, under either traffic policy. Ready ones count; where there are
/// none, those that are terminating and still serve. The rules are those of kube-proxy's `CategorizeEndpoints`.
struct ReachableEndpoints: Sendable, Equatable {
    /// Under the policy `Cluster`.
    let cluster: [ServiceEndpoint]
    /// Under the policy `Local`: those on this node.
    let local: [ServiceEndpoint]

    init(_ endpoints: [ServiceEndpoint], node: String, zone: String) {
        let ready = endpoints.filter(\.isReady)
        let leaving = endpoints.filter { !$0.isReady && $0.isServing && $0.isTerminating }
        let nearest = Self.nearest(ready, node: node, zone: zone)
        cluster = nearest.isEmpty ? leaving : nearest
        let readyHere = ready.filter { $0.node == node }
        local = readyHere.isEmpty ? leaving.filter { $0.node == node } : readyHere
    }

    var hasAny: Bool { !cluster.isEmpty || !local.isEmpty }

    /// Those whose hints say so, when all have hints and one of them is meant for this place; else all.
    private static func nearest(_ ready: [ServiceEndpoint], node: String, zone: String) -> [ServiceEndpoint] {
        if ready.allSatisfy({ !$0.nodeHints.isEmpty }) {
            let here = ready.filter { $0.nodeHints.contains(node) }
            if !here.isEmpty { return here }
        }
        if ready.allSatisfy({ !$0.zoneHints.isEmpty }) {
            let here = ready.filter { $0.zoneHints.contains(zone) }
            if !here.isEmpty { return here }
        }
        return ready
    }
}
