import Linux

@testable import ServiceProxy

/// Follows one connection's first packet through the rules and elements as the kernel would: translation before
/// routing, the filter after it.
struct PacketTracer {
    struct Packet {
        /// Interface it came in by; nil: made on the node.
        var from: String?
        var source: String
        var destination: String
        var port: UInt16 = 80
        var transport = Transport.tcp
    }

    enum Outcome: Equatable, CustomStringConvertible {
        case dropped, rejected
        /// To the node itself.
        case local(String, UInt16)
        case sent(to: String, port: UInt16, hidden: Bool)

        var description: String {
            switch self {
            case .dropped: "dropped"
            case .rejected: "rejected"
            case .local(let address, let port): "local \(address):\(port)"
            case .sent(let address, let port, let isHidden): "\(address):\(port)\(isHidden ? " hidden" : "")"
            }
        }
    }

    let rules: ServiceRules
    let elements: [ElementKey: ElementValue]
    var node = ["127.0.0.1", "192.168.49.2", "10.244.0.1", "10.96.0.10"]
    var bridge = "cni0"
    var pods = "10.244.0."
    /// What numgen gives.
    var random = 0
    /// Of the affinity map: who was remembered, by the frontend's text and the client.
    var remembered: [String: (String, UInt16)] = [:]

    init(_ rules: ServiceRules, _ elements: [RuleElement]) {
        self.rules = rules
        self.elements = Dictionary(elements.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    private struct Walk {
        var packet: Packet
        let original: Packet
        var out = ""
        var isTranslated: Bool { packet.destination != original.destination || packet.port != original.port }
        var isHidden = false
        /// Seconds.
        var remember: Int?
    }

    func trace(_ packet: Packet) -> Outcome { walk(packet).0 }

    /// How long the client would be remembered, in seconds; nil: not at all.
    func remembers(_ packet: Packet) -> Int? { walk(packet).1 }

    private func walk(_ packet: Packet) -> (Outcome, Int?) {
        var walk = Walk(packet: packet, original: packet)
        if packet.from != nil {
            for hook in [ServiceRules.Hook.guardLoopback, .guardSources] {
                if let end = refusal(hook, &walk) { return (end, nil) }
            }
        }
        _ = run(packet.from == nil ? .output : .prerouting, &walk)
        let isLocal = isHere(walk.packet.destination)
        if packet.from == nil, let end = refusal(.send, &walk) { return (end, nil) }
        if isLocal {
            if let end = refusal(.receive, &walk) { return (end, nil) }
            _ = run(.receiveRemembered, &walk)
            return (.local(walk.packet.destination, walk.packet.port), walk.remember)
        }
        walk.out = walk.packet.destination.hasPrefix(pods) ? bridge : "eth0"
        if packet.from != nil, let end = refusal(.forward, &walk) { return (end, nil) }
        _ = run(.beforePostrouting, &walk)
        _ = run(.postrouting, &walk)
        return (.sent(to: walk.packet.destination, port: walk.packet.port, hidden: walk.isHidden), walk.remember)
    }

    private func isHere(_ address: String) -> Bool { node.contains(address) || address.hasPrefix("127.") }

    private func refusal(_ hook: ServiceRules.Hook, _ walk: inout Walk) -> Outcome? {
        switch run(hook, &walk) {
        case .drop: .dropped
        case .reject, .reset: .rejected
        default: nil
        }
    }

    private func run(_ hook: ServiceRules.Hook, _ walk: inout Walk) -> ServiceRules.Verdict? {
        for chain in rules.chains where chain.hook == hook {
            if let verdict = run(chain, &walk) { return verdict }
        }
        return nil
    }

    /// Nil: the chain said nothing.
    private func run(_ chain: ServiceRules.Chain, _ walk: inout Walk) -> ServiceRules.Verdict? {
        for rule in chain.rules where rule.matches.allSatisfy({ holds($0, walk) }) {
            switch rule.verdict {
            case .goBack: return nil
            case .accept, .drop, .reject, .reset: return rule.verdict
            case .masquerade:
                walk.isHidden = true
                return .accept
            case .jump(let name):
                if let verdict = run(named: name, &walk) { return verdict }
            case .look(let map), .lookBack(let map):
                var isBack = false
                if case .lookBack = rule.verdict { isBack = true }
                let key = ElementKey(map, frontend(map, isBack ? walk.original : walk.packet))
                guard let value = elements[key] else { continue }
                // goto: what comes after the rule is not looked at.
                return run(value, map, &walk)
            case .pick(let map, let count, _):
                let key = ElementKey(map, frontend(map, walk.packet), index: random % count)
                guard case .endpoint(let address, let port)? = elements[key] else { continue }
                (walk.packet.destination, walk.packet.port) = ("\(address)", port)
                return .accept
            case .pickRemembered:
                let place = "\(walk.packet.destination):\(walk.packet.port) \(walk.packet.source)"
                guard let (address, port) = remembered[place] else { continue }
                (walk.packet.destination, walk.packet.port) = (address, port)
                return .accept
            case .remember(let seconds): walk.remember = seconds
            }
        }
        return nil
    }

    private func run(named name: String, _ walk: inout Walk) -> ServiceRules.Verdict? {
        rules.chains.first { $0.name == name }.flatMap { run($0, &walk) }
    }

    private func run(_ value: ElementValue, _ map: RuleMap, _ walk: inout Walk) -> ServiceRules.Verdict? {
        switch value {
        case .untouched: .accept
        case .reject: run(named: "reject_it", &walk)
        case .drop: run(named: "drop_it", &walk)
        case .hideAll: run(named: "hide_all", &walk)
        case .hideNode: run(named: "hide_node", &walk)
        case .pick, .remember: ServiceRules.chain(for: value, in: map).flatMap { run($0, &walk) }
        case .none, .endpoint: nil
        }
    }

    private func frontend(_ map: RuleMap, _ packet: Packet) -> Frontend {
        Frontend(
            address: map.hasAddress ? IPAddress(packet.destination) : nil, transport: packet.transport,
            port: packet.port)
    }

    private func holds(_ match: ServiceRules.Match, _ walk: Walk) -> Bool {
        let source = IPAddress(walk.packet.source), destination = IPAddress(walk.packet.destination)
        let within = { (ranges: [IPPrefix], address: IPAddress?) in
            address.map { address in ranges.contains { $0.contains(address) } } ?? false
        }
        let clusterIP = { (address: IPAddress?) in
            address?.whole.map { elements[ElementKey(.clusterIPs, range: $0)] != nil } ?? false
        }
        let place = Frontend(address: destination, transport: walk.packet.transport, port: walk.packet.port)
        return switch match {
        case .notFromLoopback: walk.packet.from != "lo"
        case .source(let ranges): within(ranges, source)
        case .sourceNot(let ranges): !within(ranges, source)
        case .destination(let ranges): within(ranges, destination)
        case .destinationNot(let ranges): !within(ranges, destination)
        case .sourceIsForeign: !isHere(walk.packet.source)
        case .destinationIsHere: isHere(walk.packet.destination)
        case .new: true
        case .invalid: false
        case .translated: walk.isTranslated
        case .transport(let transport): walk.packet.transport == transport
        case .toClusterIP: clusterIP(destination)
        case .wasToClusterIP: clusterIP(IPAddress(walk.original.destination))
        case .toItself:
            source == destination
                && destination?.whole.map { elements[ElementKey(.hairpin, range: $0)] != nil } ?? false
        case .guarded: elements[ElementKey(.guarded, place)] != nil
        case .notAllowed:
            !elements.keys.contains { key in
                key.map == .allowed && key.frontend == place && (key.range.map { within([$0], source) } ?? false)
            }
        case .out(let interface): walk.out == interface
        case .notOut(let interface): walk.out != interface
        }
    }
}
