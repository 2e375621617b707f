import Linux

/// A published port with both ends resolved: what one map element says.
struct PublishedPort: Sendable, Hashable {
    var transport: PortBinding.Transport
    /// Unspecified: every address of this host.
    var hostAddress: IPAddress
    var hostPort: UInt16
    var containerAddress: IPAddress
    var containerPort: UInt16
}

/// A bridge as the rules see it.
struct BridgeRules: Sendable, Hashable {
    var interface: String
    var subnets: [IPPrefix]
    /// No traffic in or out of it.
    var isInternal: Bool
    var masquerade: Bool
    /// All ports of its containers are reachable from outside.
    var isOpen = false
}

/// All packet rules of one daemon, as values: rendered to nft(8)'s language by `text`, and followed packet by packet
/// in the tests. One table; nothing outside it is read or changed, so daemons don't disturb each other.
///
/// Published ports are elements of maps: one more port is one more element, whatever else is published.
struct RuleSet: Sendable, Equatable {
    enum Match: Sendable, Hashable {
        case from(Set<String>, named: String)
        case to(Set<String>, named: String)
        case toOne(String)
        case notTo(String)
        /// In and out by the same bridge of ours.
        case withinBridge
        case source(IPPrefix), destination(IPPrefix)
        /// The destination is an address of this host.
        case toThisHost
        /// Part of a connection that was let through before.
        case established
        /// The destination was rewritten by a published port.
        case published
    }

    enum Verdict: Sendable, Hashable {
        case accept, drop, goBack, masquerade
        case jump(String)
        /// Looks the destination up in a map and rewrites it when it is there; goes on otherwise.
        case publish(PortMap)
    }

    enum PortMap: String, Sendable, CaseIterable {
        /// Keyed by protocol and port, for every address of the host.
        case everywhere4 = "published4", everywhere6 = "published6"
        /// Keyed by address too.
        case oneAddress4 = "published4_at", oneAddress6 = "published6_at"

        init(_ port: PublishedPort) {
            switch (port.hostAddress.isV4, port.hostAddress.isUnspecified) {
            case (true, true): self = .everywhere4
            case (true, false): self = .oneAddress4
            case (false, true): self = .everywhere6
            case (false, false): self = .oneAddress6
            }
        }

        var isV4: Bool { self == .everywhere4 || self == .oneAddress4 }
        var hasAddress: Bool { self == .oneAddress4 || self == .oneAddress6 }
    }

    struct Rule: Sendable, Hashable {
        var matches: [Match]
        var verdict: Verdict
        init(_ matches: [Match], _ verdict: Verdict) {
            self.matches = matches
            self.verdict = verdict
        }
    }

    struct Chain: Sendable, Hashable {
        enum Hook: String, Sendable { case guardLoopback, prerouting, output, postrouting, forward }
        var name: String
        /// Nil: only reached by a jump.
        var hook: Hook?
        var rules: [Rule]
    }

    let table: String
    let bridges: [BridgeRules]
    let ports: [PublishedPort]
    let chains: [Chain]

    private static let loopback4 = IPPrefix("127.0.0.0/8")
    private static let loopback6 = IPPrefix("::1/128")

    init(table: String, bridges: [BridgeRules], ports: [PublishedPort]) {
        self.table = table
        self.bridges = bridges.sorted { $0.interface < $1.interface }
        self.ports = ports
        chains = Self.chains(self.bridges)
    }

    private static func chains(_ bridges: [BridgeRules]) -> [Chain] {
        let ours = Match.from(Set(bridges.map(\.interface)), named: "bridges")
        let toOurs = Match.to(Set(bridges.map(\.interface)), named: "bridges")
        let fromInternal = Match.from(Set(bridges.filter(\.isInternal).map(\.interface)), named: "internal")
        let toInternal = Match.to(Set(bridges.filter(\.isInternal).map(\.interface)), named: "internal")
        let open = Set(bridges.filter(\.isOpen).map(\.interface))
        let toOpen = open.isEmpty ? [] : [Rule([.to(open, named: "open")], .accept)]
        let loopback4 = Self.loopback4.map { [Match.destination($0)] } ?? []
        let fromLoopback4 = Self.loopback4.map { [Match.source($0)] } ?? []
        let loopback6 = Self.loopback6.map { [Match.destination($0)] } ?? []

        var postrouting: [Rule] = []
        for bridge in bridges where bridge.masquerade && !bridge.isInternal {
            for subnet in bridge.subnets {
                postrouting.append(Rule([.source(subnet), .notTo(bridge.interface)], .masquerade))
            }
        }
        // A container that reaches a neighbour, or itself, by the host's address must see the answer come from there.
        // By its source and not by the interface it came in by, which br_netfilter doesn't tell here.
        for bridge in bridges {
            for subnet in bridge.subnets {
                postrouting.append(Rule([.source(subnet), .toOne(bridge.interface), .published], .masquerade))
            }
        }
        postrouting.append(Rule(fromLoopback4 + [toOurs], .masquerade))

        return [
            // route_localnet, which makes 127.0.0.1:PORT work, must not open the host's own loopback to containers.
            Chain(name: "guard", hook: .guardLoopback, rules: [Rule([ours] + loopback4, .drop)]),
            Chain(name: "prerouting", hook: .prerouting, rules: [Rule([.toThisHost], .jump("published"))]),
            Chain(name: "output", hook: .output, rules: [Rule([.toThisHost], .jump("published"))]),
            Chain(
                name: "published", hook: nil,
                rules: [
                    Rule([], .publish(.oneAddress4)),
                    Rule([], .publish(.everywhere4)),
                    // The kernel routes nothing from ::1 to another interface: the daemon's relay has those.
                    Rule(loopback6, .goBack),
                    Rule([], .publish(.oneAddress6)),
                    Rule([], .publish(.everywhere6)),
                ]),
            Chain(name: "postrouting", hook: .postrouting, rules: postrouting),
            Chain(
                name: "forward", hook: .forward,
                rules: [
                    Rule([toOurs], .jump("to_containers")),
                    Rule([ours], .jump("from_containers")),
                ]),
            Chain(
                name: "to_containers", hook: nil,
                rules: [
                    Rule([.withinBridge], .accept),
                    Rule([toInternal], .drop),
                    Rule([fromInternal], .drop),
                    Rule([.established], .accept),
                    Rule([.published], .accept),
                ] + toOpen + [Rule([], .drop)]),
            Chain(
                name: "from_containers", hook: nil,
                rules: [
                    Rule([fromInternal], .drop),
                    Rule([], .accept),
                ]),
        ]
    }
}
