import Linux

/// Where packets to a service arrive: a port of an address, or of every address of the node.
struct Frontend: Sendable, Hashable {
    /// Nil: every address of the node.
    var address: IPAddress?
    var transport: Transport
    var port: UInt16
}

/// The maps and sets of the table. All that depends on services is an element of one of them, so a change costs what
/// it changes, however many services there are.
enum RuleMap: String, Sendable, Hashable, CaseIterable {
    /// Frontend to the chain that picks an endpoint.
    case services, nodePorts = "node_ports"
    /// The same for senders outside of the cluster, where only this node's endpoints are for them.
    case servicesOutside = "services_outside", nodePortsOutside = "node_ports_outside"
    /// Frontend and a number below their count to an endpoint, for each of the maps above.
    case endpoints, nodeEndpoints = "node_endpoints"
    case endpointsOutside = "endpoints_outside", nodeEndpointsOutside = "node_endpoints_outside"
    /// Frontends without endpoints.
    case refused, refusedPorts = "refused_ports"
    /// Frontends whose packets get the node's address, so that answers pass by here.
    case hidden, hiddenPorts = "hidden_ports"
    /// Frontends whose clients stay with their endpoints.
    case sticky, stickyPorts = "sticky_ports"
    /// All services' cluster addresses.
    case clusterIPs = "cluster_ips"
    /// Endpoints on this node with themselves: who calls its own service.
    case hairpin
    /// Frontends that not everybody may send to, and with them who may.
    case guarded, allowed

    var isSet: Bool {
        switch self {
        case .clusterIPs, .hairpin, .guarded, .allowed: true
        default: false
        }
    }
}

/// An element's place in the table.
struct ElementKey: Sendable, Hashable {
    let map: RuleMap
    /// Nil in the sets that are about addresses alone.
    let frontend: Frontend?
    /// Which of the frontend's endpoints.
    let index: Int?
    /// In `allowed` the sender, in address sets the address.
    let range: IPPrefix?

    init(_ map: RuleMap, _ frontend: Frontend? = nil, index: Int? = nil, range: IPPrefix? = nil) {
        self.map = map
        self.frontend = frontend
        self.index = index
        self.range = range
    }
}

enum ElementValue: Sendable, Hashable {
    /// Of sets.
    case none
    /// The chain that picks one of so many.
    case pick(Int)
    case endpoint(IPAddress, UInt16)
    /// Let through without a change, for the filter to drop.
    case untouched
    case reject, drop
    case hideAll
    /// Only what this node sends itself.
    case hideNode
    /// Remember which endpoint the client got, for so many seconds.
    case remember(Int)
}

struct RuleElement: Sendable, Hashable {
    let key: ElementKey
    let value: ElementValue

    init(_ key: ElementKey, _ value: ElementValue = .none) {
        self.key = key
        self.value = value
    }
}
