import Linux

/// What the proxy of one node must know of the cluster and of its node.
package struct ProxySettings: Sendable {
    /// How packets of two pods on one node travel.
    package enum PodLink: Sendable {
        /// Through the node's routing, since pods have no route but the one to their gateway.
        case routed
        /// Within the bridge, past the node's rules: a pod that answers another one must then be made to answer the
        /// node, which hides the client's address from it.
        case bridged
    }

    package var nodeName: String
    /// The node's own addresses, the first of a family being its main one.
    package var nodeAddresses: [IPAddress]
    /// All pods' addresses, one range for each family that services are served for.
    package var clusterCIDRs: [IPPrefix]
    /// Addresses that services get; packets to one that no service has are dropped instead of leaving the cluster.
    package var serviceCIDRs: [IPPrefix]
    /// This node's pods' addresses.
    package var podCIDRs: [IPPrefix]
    /// The interface that this node's pods are behind.
    package var bridge: String
    package var table: String
    /// Services' addresses that this node answers by itself, like the cluster's DNS: they get no rules.
    package var servedHere: [IPAddress]
    /// Whether packets of this node's pods that leave the cluster get the node's address.
    package var hidesPods: Bool
    package var podLink: PodLink
    /// Where the proxy tells of its own health; nil: nowhere.
    package var healthPort: UInt16?

    package init(
        nodeName: String, nodeAddresses: [IPAddress], clusterCIDRs: [IPPrefix], serviceCIDRs: [IPPrefix] = [],
        podCIDRs: [IPPrefix], bridge: String, table: String = "hako-services", servedHere: [IPAddress] = [],
        hidesPods: Bool = true, podLink: PodLink = .routed,
        healthPort: UInt16? = nil
    ) {
        self.nodeName = nodeName
        self.nodeAddresses = nodeAddresses
        self.clusterCIDRs = clusterCIDRs
        self.serviceCIDRs = serviceCIDRs
        self.podCIDRs = podCIDRs
        self.bridge = bridge
        self.table = table
        self.servedHere = servedHere
        self.hidesPods = hidesPods
        self.podLink = podLink
        self.healthPort = healthPort
    }

    /// The families that there are pods of.
    var families: [IPFamily] { IPFamily.allCases.filter { family in clusterCIDRs.contains { family.has($0.address) } } }
}

enum IPFamily: String, Sendable, Hashable, CaseIterable {
    case four = "ip", six = "ip6"

    init(_ address: IPAddress) { self = address.isV4 ? .four : .six }

    func has(_ address: IPAddress) -> Bool { address.isV4 == (self == .four) }

    func of(_ addresses: [IPAddress]) -> [IPAddress] { addresses.filter(has) }

    func of(_ prefixes: [IPPrefix]) -> [IPPrefix] { prefixes.filter { has($0.address) } }
}
