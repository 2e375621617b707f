import Linux

// The rules in nft(8)'s language.
extension RuleSet {
    /// Replaces the whole table in one transaction.
    var text: String {
        var lines = ["add table inet \(table)", "delete table inet \(table)", "table inet \(table) {"]
        lines.append(contentsOf: set("bridges", "ifname", bridges.map { Self.quote($0.interface) }))
        lines.append(
            contentsOf: set("internal", "ifname", bridges.filter(\.isInternal).map { Self.quote($0.interface) }))
        let open = bridges.filter(\.isOpen).map { Self.quote($0.interface) }
        if !open.isEmpty { lines.append(contentsOf: set("open", "ifname", open)) }
        lines.append(
            contentsOf: set(
                "within", "ifname . ifname",
                bridges.map { "\(Self.quote($0.interface)) . \(Self.quote($0.interface))" }))
        for map in PortMap.allCases {
            lines.append("\tmap \(map.rawValue) {")
            lines.append("\t\ttype \(map.type)")
            let elements = ports.filter { PortMap($0) == map }.map { "\(Self.key($0)) : \(Self.value($0))" }
            if !elements.isEmpty { lines.append("\t\telements = { \(elements.joined(separator: ", ")) }") }
            lines.append("\t}")
        }
        // Chains that are jumped to come first: nft wants them known.
        for chain in chains.filter({ $0.hook == nil }) + chains.filter({ $0.hook != nil }) {
            lines.append("\tchain \(chain.name) {")
            if let hook = chain.hook { lines.append("\t\t\(hook.text)") }
            for rule in chain.rules { lines.append("\t\t\(rule.text)") }
            lines.append("\t}")
        }
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }

    private func set(_ name: String, _ type: String, _ elements: [String]) -> [String] {
        var lines = ["\tset \(name) {", "\t\ttype \(type)"]
        if !elements.isEmpty { lines.append("\t\telements = { \(elements.joined(separator: ", ")) }") }
        return lines + ["\t}"]
    }

    static func quote(_ name: String) -> String { "\"\(name)\"" }

    /// One more port each, in one transaction. "add" of one that is there already is no error.
    static func publish(_ ports: [PublishedPort], table: String) -> String {
        ports.map { "add element inet \(table) \(PortMap($0).rawValue) { \(key($0)) : \(value($0)) }\n" }.joined()
    }

    static func withdraw(_ ports: [PublishedPort], table: String) -> String {
        ports.map { "delete element inet \(table) \(PortMap($0).rawValue) { \(key($0)) }\n" }.joined()
    }

    private static func key(_ port: PublishedPort) -> String {
        let service = "\(port.transport.rawValue) . \(port.hostPort)"
        return PortMap(port).hasAddress ? "\(port.hostAddress) . \(service)" : service
    }

    private static func value(_ port: PublishedPort) -> String { "\(port.containerAddress) . \(port.containerPort)" }
}

extension RuleSet.PortMap {
    fileprivate var type: String {
        let address = isV4 ? "ipv4_addr" : "ipv6_addr"
        return (hasAddress ? "\(address) . " : "") + "inet_proto . inet_service : \(address) . inet_service"
    }
}

extension RuleSet.Chain.Hook {
    fileprivate var text: String {
        switch self {
        case .guardLoopback: "type filter hook prerouting priority raw; policy accept;"
        case .prerouting: "type nat hook prerouting priority dstnat; policy accept;"
        case .output: "type nat hook output priority -100; policy accept;"
        case .postrouting: "type nat hook postrouting priority srcnat; policy accept;"
        case .forward: "type filter hook forward priority filter; policy accept;"
        }
    }
}

extension RuleSet.Rule {
    var text: String { (matches.map(\.text) + [verdict.text]).joined(separator: " ") }
}

extension RuleSet.Match {
    fileprivate var text: String {
        switch self {
        case .from(_, let name): "iifname @\(name)"
        case .to(_, let name): "oifname @\(name)"
        case .toOne(let interface): "oifname \(RuleSet.quote(interface))"
        case .notTo(let interface): "oifname != \(RuleSet.quote(interface))"
        case .withinBridge: "iifname . oifname @within"
        case .source(let prefix): "\(prefix.address.isV4 ? "ip" : "ip6") saddr \(prefix.network)"
        case .destination(let prefix): "\(prefix.address.isV4 ? "ip" : "ip6") daddr \(prefix.network)"
        case .toThisHost: "fib daddr type local"
        case .established: "ct state established,related"
        case .published: "ct status dnat"
        }
    }
}

extension RuleSet.Verdict {
    fileprivate var text: String {
        switch self {
        case .accept: "accept"
        case .drop: "drop"
        case .goBack: "return"
        case .masquerade: "masquerade"
        case .jump(let chain): "jump \(chain)"
        case .publish(let map):
            map.hasAddress
                ? "dnat \(map.family) to \(map.family) daddr . meta l4proto . th dport map @\(map.rawValue)"
                : "dnat \(map.family) to meta l4proto . th dport map @\(map.rawValue)"
        }
    }
}

extension RuleSet.PortMap {
    fileprivate var family: String { isV4 ? "ip" : "ip6" }
}
