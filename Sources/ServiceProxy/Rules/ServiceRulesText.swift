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
        let byMap = Dictionary(grouping: elements) { $0.key.map }
        for map in RuleMap.allCases {
            lines += ["\t\(map.isSet ? "set" : "map") \(map.rawValue) {", "\t\t\(map.type(family))"]
            let there = (byMap[map] ?? []).map(\.text).sorted()
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
        for (map, keys) in Dictionary(grouping: changes.removed, by: \.map).sorted(by: {
            $0.key.rawValue < $1.key.rawValue
        }) {
            let texts = keys.map(\.text).sorted().joined(separator: ", ")
            lines.append("delete element \(name) \(map.rawValue) { \(texts) }")
        }
        let made = Set(changes.added.compactMap { Self.chain(for: $0.value, in: $0.key.map) })
        for chain in made.sorted(by: { $0.name < $1.name }) {
            // Emptied because it may be there from an earlier change.
            lines += ["add chain \(name) \(chain.name)", "flush chain \(name) \(chain.name)"]
            lines += chain.rules.map { "add rule \(name) \(chain.name) \($0.text(family))" }
        }
        for (map, elements) in Dictionary(grouping: changes.added, by: \.key.map)
            .sorted(by: { $0.key.rawValue < $1.key.rawValue })
        {
            let texts = elements.map(\.text).sorted().joined(separator: ", ")
            lines.append("add element \(name) \(map.rawValue) { \(texts) }")
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
    fileprivate func type(_ family: IPFamily) -> String {
        let address = family.addressType, port = "inet_proto . inet_service"
        let place = "\(hasAddress ? "\(family.destination) . " : "")meta l4proto . tcp dport"
        return switch self {
        case .services, .servicesOutside, .refused, .hidden, .sticky: "type \(address) . \(port) : verdict"
        case .nodePorts, .nodePortsOutside, .refusedPorts, .hiddenPorts, .stickyPorts: "type \(port) : verdict"
        // A random number has no named type; what it is modulo does not matter. Ports are TCP's by name only:
        // libnftables 1.0.6 takes no rule that looks into a map of `th dport` which was loaded earlier.
        case .endpoints, .nodeEndpoints, .endpointsOutside, .nodeEndpointsOutside:
            "typeof \(place) . numgen random mod 2 : \(family.destination) . tcp dport"
        case .clusterIPs: "type \(address)"
        case .hairpin: "type \(address) . \(address)"
        case .guarded: "type \(address) . \(port)"
        case .allowed: "type \(address) . \(port) . \(address); flags interval"
        }
    }
}

extension ElementKey {
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
        case .pick(let map, let count):
            "dnat to \(map.hasAddress ? address : "")\(now) . numgen random mod \(count) map @\(map.rawValue)"
        case .pickRemembered:
            "dnat to \(address)\(now) . \(family.source) map @\(ServiceRules.affinityMap)"
        case .remember(let seconds):
            "update @\(ServiceRules.affinityMap) { ct original \(address)\(before) . \(family.source) timeout \(seconds)s"
                + " : \(family.destination) . th dport }"
        }
    }
}
