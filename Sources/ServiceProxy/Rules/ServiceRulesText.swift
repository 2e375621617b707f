import Linux

// The rules in nft(8)'s language.
extension ServiceRules {
    enum Limit {
        /// Clients that are remembered at once, of all services with session affinity.
        static let remembered = 65_536
    }

    static let affinityMap = "affinity"

    /// Replaces the whole table in one transaction.
    /// - Parameter remembered: elements of the affinity map, as text.
    func text(table: String, _ elements: [RuleElement], remembered: [String] = []) -> String {
        let name = "\(family.rawValue) \(table)"
        var lines = ["add table \(name)", "delete table \(name)", "table \(name) {"]
        let byMap = Dictionary(grouping: elements) { $0.key.mapName }
        for (map, transport) in RuleMap.inKernel {
            let mapName = map.name(transport)
            lines += ["\t\(map.isSet ? "set" : "map") \(mapName) {", "\t\t\(map.type(family, transport))"]
            let there = (byMap[mapName] ?? []).map(\.text).sorted()
            if !there.isEmpty { lines.append("\t\telements = { \(there.joined(separator: ", ")) }") }
            lines.append("\t}")
        }
        lines += affinityText(remembered)
        // Chains that are led to come first: nft wants them known.
        let made = Set(elements.compactMap { Self.chain(for: $0.value, in: $0.key.map) })
        let all =
            made.sorted { $0.name < $1.name } + chains.filter { $0.hook == nil } + chains.filter { $0.hook != nil }
        for chain in all { lines += Self.chainText(chain, family) }
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }

    private func affinityText(_ remembered: [String]) -> [String] {
        let address = family.addressType
        var lines = [
            "\tmap \(Self.affinityMap) {",
            "\t\ttype \(address) . inet_proto . inet_service . \(address) : \(address) . inet_service",
            "\t\tsize \(Limit.remembered)", "\t\tflags dynamic,timeout",
        ]
        if !remembered.isEmpty { lines.append("\t\telements = { \(remembered.joined(separator: ", ")) }") }
        return lines + ["\t}"]
    }

    private static func chainText(_ chain: Chain, _ family: IPFamily) -> [String] {
        ["\tchain \(chain.name) {"] + (chain.hook.map { ["\t\t\($0.text)"] } ?? [])
            + chain.rules.map { "\t\t\($0.text(family))" } + ["\t}"]
    }

    /// Makes the changes in one transaction, and what they lead to.
    func text(table: String, _ changes: ElementChanges) -> String {
        let name = "\(family.rawValue) \(table)"
        var lines: [String] = []
        for (map, keys) in Dictionary(grouping: changes.removed, by: \.mapName).sorted(by: { $0.key < $1.key }) {
            let texts = keys.map(\.text).sorted().joined(separator: ", ")
            lines.append("delete element \(name) \(map) { \(texts) }")
        }
        let made = Set(changes.added.compactMap { Self.chain(for: $0.value, in: $0.key.map) })
        for chain in made.sorted(by: { $0.name < $1.name }) {
            // Emptied because it may be there from an earlier change.
            lines += ["add chain \(name) \(chain.name)", "flush chain \(name) \(chain.name)"]
            lines += chain.rules.map { "add rule \(name) \(chain.name) \($0.text(family))" }
        }
        for (map, elements) in Dictionary(grouping: changes.added, by: \.key.mapName).sorted(by: { $0.key < $1.key }) {
            let texts = elements.map(\.text).sorted().joined(separator: ", ")
            lines.append("add element \(name) \(map) { \(texts) }")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension IPFamily {
    var addressType: String { self == .four ? "ipv4_addr" : "ipv6_addr" }
    /// The names of a packet's addresses.
    fileprivate var source: String { "\(rawValue) saddr" }
    fileprivate var destination: String { "\(rawValue) daddr" }

    fileprivate func list(_ ranges: [IPPrefix]) -> String {
        ranges.count == 1 ? "\(ranges[0].network)" : "{ \(ranges.map { "\($0.network)" }.joined(separator: ", ")) }"
    }
}

extension RuleMap {
    /// The maps as the kernel has them: of endpoints one for each transport. Their keys have a random number, which has no
    /// named type, so that they are made from expressions; and libnftables 1.0.6 takes a port there only as that of
    /// one transport: `th dport` stops it from adding rules later, another's makes the rule one for that transport.
    fileprivate static var inKernel: [(RuleMap, Transport?)] {
        allCases.flatMap { map -> [(RuleMap, Transport?)] in
            map.isPerTransport ? Transport.allCases.map { (map, $0) } : [(map, nil)]
        }
    }

    fileprivate var isPerTransport: Bool {
        switch self {
        case .endpoints, .nodeEndpoints, .endpointsOutside, .nodeEndpointsOutside: true
        default: false
        }
    }

    fileprivate func name(_ transport: Transport?) -> String {
        guard isPerTransport, let transport else { return rawValue }
        return "\(rawValue)_\(transport.rawValue)"
    }

    fileprivate func type(_ family: IPFamily, _ transport: Transport?) -> String {
        let address = family.addressType, port = "inet_proto . inet_service"
        let number = "\(transport?.rawValue ?? "th") dport"
        let place = "\(hasAddress ? "\(family.destination) . " : "")meta l4proto . \(number)"
        return switch self {
        case .services, .servicesOutside, .refused, .hidden, .sticky: "type \(address) . \(port) : verdict"
        case .nodePorts, .nodePortsOutside, .refusedPorts, .hiddenPorts, .stickyPorts: "type \(port) : verdict"
        case .endpoints, .nodeEndpoints, .endpointsOutside, .nodeEndpointsOutside:
            "typeof \(place) . numgen random mod 2 : \(family.destination) . \(number)"
        case .clusterIPs: "type \(address)"
        case .hairpin: "type \(address) . \(address)"
        case .guarded: "type \(address) . \(port)"
        case .allowed: "type \(address) . \(port) . \(address); flags interval"
        }
    }
}

extension ElementKey {
    fileprivate var mapName: String { map.name(frontend?.transport) }

    var text: String {
        var parts: [String] = []
        if let frontend {
            if let address = frontend.address { parts.append("\(address)") }
            parts += [frontend.transport.rawValue, "\(frontend.port)"]
        }
        if let index { parts.append("\(index)") }
        if let range {
            parts.append(map == .allowed ? "\(range)" : "\(range.address)")
            if map == .hairpin { parts.append("\(range.address)") }
        }
        return parts.joined(separator: " . ")
    }
}

extension RuleElement {
    var text: String {
        switch value {
        case .none: key.text
        case .pick(let count): "\(key.text) : goto \(ServiceRules.pickName(key.map, count))"
        case .endpoint(let address, let port): "\(key.text) : \(address) . \(port)"
        case .untouched: "\(key.text) : accept"
        case .reject: "\(key.text) : goto reject_it"
        case .drop: "\(key.text) : goto drop_it"
        case .hideAll: "\(key.text) : goto hide_all"
        case .hideNode: "\(key.text) : goto hide_node"
        case .remember(let seconds): "\(key.text) : goto \(ServiceRules.rememberName(seconds))"
        }
    }
}

extension ServiceRules.Hook {
    fileprivate var text: String {
        let (kind, hook, priority) =
            switch self {
            case .guardLoopback: ("filter", "prerouting", "-300")
            case .guardSources: ("filter", "prerouting", "-110")
            case .prerouting: ("nat", "prerouting", "-100")
            case .output: ("nat", "output", "-100")
            case .beforePostrouting: ("filter", "postrouting", "99")
            case .postrouting: ("nat", "postrouting", "100")
            case .forward: ("filter", "forward", "0")
            case .send: ("filter", "output", "0")
            case .receive: ("filter", "input", "0")
            case .receiveRemembered: ("filter", "input", "1")
            }
        return "type \(kind) hook \(hook) priority \(priority); policy accept;"
    }
}

extension ServiceRules.Rule {
    func text(_ family: IPFamily) -> String {
        (matches.map { $0.text(family) } + [verdict.text(family)]).joined(separator: " ")
    }
}

extension ServiceRules.Match {
    fileprivate func text(_ family: IPFamily) -> String {
        let place = "\(family.destination) . meta l4proto . th dport"
        return switch self {
        case .notFromLoopback: "iifname != \"lo\""
        case .source(let ranges): "\(family.source) \(family.list(ranges))"
        case .sourceNot(let ranges): "\(family.source) != \(family.list(ranges))"
        case .destination(let ranges): "\(family.destination) \(family.list(ranges))"
        case .destinationNot(let ranges): "\(family.destination) != \(family.list(ranges))"
        case .sourceIsForeign: "fib saddr type != local"
        case .destinationIsHere: "fib daddr type local"
        case .new: "ct state new"
        case .invalid: "ct state invalid"
        case .translated: "ct status dnat"
        case .transport(let transport): "meta l4proto \(transport.rawValue)"
        case .toClusterIP: "\(family.destination) @\(RuleMap.clusterIPs.rawValue)"
        case .wasToClusterIP: "ct original \(family.destination) @\(RuleMap.clusterIPs.rawValue)"
        case .toItself: "\(family.source) . \(family.destination) @\(RuleMap.hairpin.rawValue)"
        case .guarded: "\(place) @\(RuleMap.guarded.rawValue)"
        case .notAllowed: "\(place) . \(family.source) != @\(RuleMap.allowed.rawValue)"
        case .out(let interface): "oifname \"\(interface)\""
        case .notOut(let interface): "oifname != \"\(interface)\""
        }
    }
}

extension ServiceRules.Verdict {
    fileprivate func text(_ family: IPFamily) -> String {
        let now = "meta l4proto . th dport", before = "meta l4proto . ct original proto-dst"
        let address = "\(family.destination) . "
        return switch self {
        case .accept: "accept"
        case .drop: "drop"
        case .reject: "reject"
        case .reset: "reject with tcp reset"
        case .goBack: "return"
        // At random, so that two clients that send at once don't get one port.
        case .masquerade: "masquerade fully-random"
        case .jump(let chain): "jump \(chain)"
        case .look(let map): "\(map.hasAddress ? address : "")\(now) vmap @\(map.rawValue)"
        case .lookBack(let map):
            "\(map.hasAddress ? "ct original \(address)" : "")\(before) vmap @\(map.rawValue)"
        case .pick(let map, let count, let transport):
            "dnat to \(map.hasAddress ? address : "")meta l4proto . \(transport.rawValue) dport"
                + " . numgen random mod \(count) map @\(map.name(transport))"
        case .pickRemembered:
            "dnat to \(address)\(now) . \(family.source) map @\(ServiceRules.affinityMap)"
        case .remember(let seconds):
            "update @\(ServiceRules.affinityMap) { ct original \(address)\(before) . \(family.source) timeout \(seconds)s"
                + " : \(family.destination) . th dport }"
        }
    }
}
