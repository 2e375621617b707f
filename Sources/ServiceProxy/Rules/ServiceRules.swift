import Linux

/// The chains of one family's table, as values: rendered to nft(8)'s language by `text`, and followed packet by packet
/// in the tests. They don't depend on services, whose addresses are elements of the maps that these rules look into;
/// only the chains that pick one of N endpoints are added when an N is needed that wasn't before.
struct ServiceRules: Sendable, Equatable {
    enum Match: Sendable, Hashable {
        case notFromLoopback
        case sourceNot([IPPrefix])
        case source([IPPrefix])
        case destination([IPPrefix])
        case destinationNot([IPPrefix])
        case sourceIsForeign
        case destinationIsHere
        case new, invalid
        /// The destination was rewritten by a rule, whosever.
        case translated
        case transport(Transport)
        case toClusterIP
        /// Before it was rewritten.
        case wasToClusterIP
        case toItself
        case guarded, notAllowed
        case out(String), notOut(String)
    }

    enum Verdict: Sendable, Hashable {
        case accept, drop, reject, goBack, masquerade
        /// Ends a TCP connection. The ICMP message of `reject` is often ignored by a sender on the same machine, which is
        /// still busy sending, and tries again after a second.
        case reset
        case jump(String)
        /// Goes where the map says for the packet's destination; on to the next rule when it says nothing.
        case look(RuleMap)
        /// The same for the destination before it was rewritten. Needs a match of the transport before it.
        case lookBack(RuleMap)
        /// Rewrites the destination to one of so many endpoints, at random. Needs a match of the transport before it.
        case pick(RuleMap, Int, Transport)
        /// Rewrites it to the endpoint that the client had last; on to the next rule when there is none.
        case pickRemembered
        /// Keeps the client's endpoint for so many seconds from now. Needs a match of the transport before it.
        case remember(Int)
    }

    struct Rule: Sendable, Hashable {
        var matches: [Match]
        var verdict: Verdict
        init(_ matches: [Match], _ verdict: Verdict) {
            self.matches = matches
            self.verdict = verdict
        }
    }

    enum Hook: String, Sendable, CaseIterable {
        case guardLoopback, guardSources, prerouting, output, beforePostrouting, postrouting, forward, send, receive
        case receiveRemembered
    }

    struct Chain: Sendable, Hashable {
        var name: String
        /// Nil: only reached from other chains.
        var hook: Hook?
        var rules: [Rule]
    }

    let family: IPFamily
    let chains: [Chain]

    init(_ settings: ProxySettings, _ family: IPFamily) {
        self.family = family
        let cluster = family.of(settings.clusterCIDRs)
        chains =
            Self.filters(cluster, family, settings) + Self.translation(cluster)
            + Self.hiding(cluster, family, settings) + Self.affinity
    }

    /// The chain that a map's value leads to, when it is made for that value.
    static func chain(for value: ElementValue, in map: RuleMap) -> Chain? {
        switch value {
        case .pick(let count):
            guard let targets = map.targets else { return nil }
            return Chain(
                name: pickName(map, count), hook: nil,
                rules: Transport.allCases.map { Rule([.transport($0)], .pick(targets, count, $0)) })
        case .remember(let seconds):
            return Chain(name: rememberName(seconds), hook: nil, rules: everyTransport([], .remember(seconds)))
        case .none, .endpoint, .untouched, .reject, .drop, .hideAll, .hideNode: return nil
        }
    }

    static func pickName(_ map: RuleMap, _ count: Int) -> String { "\(map.rawValue)_pick_\(count)" }
    static func rememberName(_ seconds: Int) -> String { "remember_\(seconds)" }

    /// The transport's number stands before the ports for the kernel; nft wants to know it for the ports' width.
    private static func everyTransport(_ matches: [Match], _ verdict: Verdict) -> [Rule] {
        Transport.allCases.map { Rule(matches + [.transport($0)], verdict) }
    }
}

extension ServiceRules {
    /// What is refused: nobody's ports, nobody's addresses, and what may not come from where it comes.
    private static func filters(_ cluster: [IPPrefix], _ family: IPFamily, _ settings: ProxySettings) -> [Chain] {
        let loopback = IPPrefix("127.0.0.0/8").map { [$0] } ?? []
        let services = family.of(settings.serviceCIDRs)
        return [
            Chain(name: "reject_it", hook: nil, rules: [Rule([.transport(.tcp)], .reset), Rule([], .reject)]),
            Chain(name: "drop_it", hook: nil, rules: [Rule([], .drop)]),
            // route_localnet, which lets the node reach node ports at 127.0.0.1, must not open loopback to others.
            Chain(
                name: "guard_loopback", hook: .guardLoopback,
                rules: family == .four ? [Rule([.notFromLoopback, .destination(loopback)], .drop)] : []),
            Chain(
                name: "guard_sources", hook: .guardSources,
                rules: [Rule([.new, .guarded, .notAllowed], .drop)]),
            Chain(
                name: "unserved", hook: nil,
                rules: [
                    Rule([.translated], .goBack),
                    Rule([], .look(.refused)),
                    Rule([.destinationIsHere], .look(.refusedPorts)),
                    Rule([.destinationIsHere], .goBack),
                    Rule([.toClusterIP], .jump("reject_it")),
                ] + (services.isEmpty ? [] : [Rule([.destination(services)], .drop)])),
            // A packet that conntrack can't place would leave with a pod's own address, and its receiver would end the
            // connection.
            Chain(
                name: "forward", hook: .forward,
                rules: [Rule([.invalid], .drop), Rule([.new], .jump("unserved"))]),
            Chain(name: "send", hook: .send, rules: [Rule([.new], .jump("unserved"))]),
            Chain(name: "receive", hook: .receive, rules: [Rule([.new], .jump("unserved"))]),
        ]
    }

    private static func translation(_ cluster: [IPPrefix]) -> [Chain] {
        [
            Chain(
                name: "outside", hook: nil,
                rules: [
                    Rule([], .look(.servicesOutside)),
                    Rule([.destinationIsHere], .look(.nodePortsOutside)),
                ]),
            Chain(
                name: "translate", hook: nil,
                rules: [
                    Rule([], .pickRemembered),
                    Rule([.sourceNot(cluster), .sourceIsForeign], .jump("outside")),
                    Rule([], .look(.services)),
                    Rule([.destinationIsHere], .look(.nodePorts)),
                ]),
            Chain(name: "prerouting", hook: .prerouting, rules: [Rule([], .jump("translate"))]),
            Chain(name: "output", hook: .output, rules: [Rule([], .jump("translate"))]),
        ]
    }

    /// Whose address is replaced by the node's, so that the answers come back this way.
    private static func hiding(_ cluster: [IPPrefix], _ family: IPFamily, _ settings: ProxySettings) -> [Chain] {
        let pods = family.of(settings.podCIDRs)
        var translated = [
            Rule([.toItself], .masquerade), Rule([.sourceNot(cluster), .wasToClusterIP], .masquerade),
        ]
        if settings.podLink == .bridged, !pods.isEmpty {
            translated.append(Rule([.source(pods), .out(settings.bridge)], .masquerade))
        }
        translated.append(Rule([.wasToClusterIP], .goBack))
        translated += everyTransport([], .lookBack(.hidden)) + everyTransport([], .lookBack(.hiddenPorts))
        var postrouting = [Rule([.translated], .jump("translated"))]
        if settings.hidesPods, !pods.isEmpty {
            postrouting.append(
                Rule([.source(pods), .destinationNot(cluster), .notOut(settings.bridge)], .masquerade))
        }
        return [
            Chain(name: "hide_all", hook: nil, rules: [Rule([], .masquerade)]),
            Chain(name: "hide_node", hook: nil, rules: [Rule([.sourceIsForeign], .goBack), Rule([], .masquerade)]),
            Chain(name: "translated", hook: nil, rules: translated),
            Chain(name: "postrouting", hook: .postrouting, rules: postrouting),
        ]
    }

    /// After the endpoint is chosen, which is an end of a translating chain, and before the client's address is hidden.
    private static var affinity: [Chain] {
        [
            Chain(
                name: "remember", hook: nil,
                rules: everyTransport([], .lookBack(.sticky)) + everyTransport([], .lookBack(.stickyPorts))),
            Chain(
                name: "remember_sent", hook: .beforePostrouting, rules: [Rule([.new, .translated], .jump("remember"))]),
            Chain(
                name: "remember_received", hook: .receiveRemembered,
                rules: [Rule([.new, .translated], .jump("remember"))]),
        ]
    }
}

extension RuleMap {
    /// Where the endpoints are that a value of this map picks from; nil when it picks none.
    var targets: RuleMap? {
        switch self {
        case .services: .endpoints
        case .nodePorts: .nodeEndpoints
        case .servicesOutside: .endpointsOutside
        case .nodePortsOutside: .nodeEndpointsOutside
        default: nil
        }
    }

    /// Whether its frontends have an address.
    var hasAddress: Bool {
        switch self {
        case .nodePorts, .nodePortsOutside, .nodeEndpoints, .nodeEndpointsOutside, .refusedPorts, .hiddenPorts,
            .stickyPorts:
            false
        default: true
        }
    }
}
