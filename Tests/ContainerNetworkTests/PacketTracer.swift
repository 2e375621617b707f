import Linux

@testable import ContainerNetwork

/// Follows one packet through a rule set as the kernel would: nat before routing, the filter after it.
struct PacketTracer {
    struct Packet {
        /// Interface it came in by; nil: made on this host.
        var from: String?
        var source: String
        var destination: String
        var port: UInt16 = 80
        var transport = PortBinding.Transport.tcp
        var established = false
    }

    enum Outcome: Equatable, CustomStringConvertible {
        case dropped
        /// To this host itself.
        case local(String, UInt16)
        case sent(to: String, port: UInt16, by: String, masqueraded: Bool)

        var description: String {
            switch self {
            case .dropped: "dropped"
            case .local(let address, let port): "local \(address):\(port)"
            case .sent(let address, let port, let interface, let masqueraded):
                "\(address):\(port) by \(interface)\(masqueraded ? " masqueraded" : "")"
            }
        }
    }

    let rules: RuleSet
    /// This host's own addresses.
    var host = ["127.0.0.1", "192.0.2.10", "::1", "2001:db8::10"]
    /// The interface of everything no bridge has.
    var uplink = "eth0"

    private struct Walk {
        var packet: Packet
        var out: String?
        var rewritten = false
        var masqueraded = false
    }

    func trace(_ packet: Packet) -> Outcome {
        var walk = Walk(packet: packet)
        if packet.from != nil {
            if run(.guardLoopback, &walk) == .drop { return .dropped }
            _ = run(.prerouting, &walk)
        } else {
            _ = run(.output, &walk)
        }
        if isLocal(walk.packet.destination) { return .local(walk.packet.destination, walk.packet.port) }
        let out = route(walk.packet.destination)
        walk.out = out
        if packet.from != nil, run(.forward, &walk) == .drop { return .dropped }
        _ = run(.postrouting, &walk)
        return .sent(to: walk.packet.destination, port: walk.packet.port, by: out, masqueraded: walk.masqueraded)
    }

    private func isLocal(_ address: String) -> Bool {
        host.contains(address) || address.hasPrefix("127.")
    }

    private func route(_ address: String) -> String {
        guard let address = IPAddress(address) else { return uplink }
        return rules.bridges.first { $0.subnets.contains { $0.contains(address) } }?.interface ?? uplink
    }

    /// A base chain's verdict; the policy is to accept.
    private func run(_ hook: RuleSet.Chain.Hook, _ walk: inout Walk) -> RuleSet.Verdict {
        guard let chain = rules.chains.first(where: { $0.hook == hook }) else { return .accept }
        return run(chain, &walk) ?? .accept
    }

    /// Nil: the chain said nothing.
    private func run(_ chain: RuleSet.Chain, _ walk: inout Walk) -> RuleSet.Verdict? {
        for rule in chain.rules where rule.matches.allSatisfy({ holds($0, walk) }) {
            switch rule.verdict {
            case .goBack: return nil
            case .accept, .drop: return rule.verdict
            case .masquerade:
                walk.masqueraded = true
                return .accept
            case .jump(let name):
                if let target = rules.chains.first(where: { $0.name == name }), let verdict = run(target, &walk) {
                    return verdict
                }
            case .publish(let map):
                if let port = published(map, walk.packet) {
                    walk.packet.destination = "\(port.containerAddress)"
                    walk.packet.port = port.containerPort
                    walk.rewritten = true
                    return .accept
                }
            }
        }
        return nil
    }

    private func published(_ map: RuleSet.PortMap, _ packet: Packet) -> PublishedPort? {
        rules.ports.first { port in
            RuleSet.PortMap(port) == map && port.transport == packet.transport && port.hostPort == packet.port
                && IPAddress(packet.destination)?.isV4 == map.isV4
                && (!map.hasAddress || "\(port.hostAddress)" == packet.destination)
        }
    }

    private func holds(_ match: RuleSet.Match, _ walk: Walk) -> Bool {
        switch match {
        case .from(let names, _): walk.packet.from.map(names.contains) ?? false
        case .to(let names, _): walk.out.map(names.contains) ?? false
        case .toOne(let name): walk.out == name
        case .notTo(let name): walk.out != name
        case .withinBridge: walk.out == walk.packet.from && rules.bridges.contains { $0.interface == walk.out }
        case .source(let prefix): IPAddress(walk.packet.source).map(prefix.contains) ?? false
        case .destination(let prefix): IPAddress(walk.packet.destination).map(prefix.contains) ?? false
        case .toThisHost: isLocal(walk.packet.destination)
        case .established: walk.packet.established
        case .published: walk.rewritten
        }
    }
}
