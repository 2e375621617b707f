import Fault
import Linux
import Testing

@testable import ContainerNetwork

@Suite struct RuleSetTests {
    private static func port(
        _ host: String, _ hostPort: UInt16, _ container: String, _ containerPort: UInt16,
        _ transport: PortBinding.Transport = .tcp
    ) throws -> PublishedPort {
        PublishedPort(
            transport: transport, hostAddress: try #require(IPAddress(host)), hostPort: hostPort,
            containerAddress: try #require(IPAddress(container)), containerPort: containerPort)
    }

    private static func rules(_ ports: [PublishedPort] = []) throws -> RuleSet {
        func bridge(_ name: String, _ subnets: String..., isInternal: Bool = false) throws -> BridgeRules {
            BridgeRules(
                interface: name, subnets: try subnets.map { try #require(IPPrefix($0)) }, isInternal: isInternal,
                masquerade: true)
        }
        return RuleSet(
            table: "hakobune",
            bridges: [
                try bridge("hako0", "172.17.0.0/16"), try bridge("br-b", "172.18.0.0/16", "fd00:1::/64"),
                try bridge("br-i", "172.19.0.0/16", isInternal: true),
            ], ports: ports)
    }

    private static func tracer() throws -> PacketTracer {
        PacketTracer(
            rules: try rules([
                try port("0.0.0.0", 8080, "172.17.0.2", 80), try port("127.0.0.1", 9090, "172.17.0.3", 90),
                try port("0.0.0.0", 53, "172.18.0.2", 5353, .udp), try port("::", 8080, "fd00:1::2", 80),
            ]))
    }

    private typealias Packet = PacketTracer.Packet

    @Test("a published port is reached from outside, from this host, and by 127.0.0.1")
    func publishedPort() throws {
        let tracer = try Self.tracer()
        #expect(
            tracer.trace(Packet(from: "eth0", source: "198.51.100.7", destination: "192.0.2.10", port: 8080))
                == .sent(to: "172.17.0.2", port: 80, by: "hako0", masqueraded: false))
        #expect(
            tracer.trace(Packet(source: "192.0.2.10", destination: "192.0.2.10", port: 8080))
                == .sent(to: "172.17.0.2", port: 80, by: "hako0", masqueraded: false))
        #expect(
            tracer.trace(Packet(source: "127.0.0.1", destination: "127.0.0.1", port: 8080))
                == .sent(to: "172.17.0.2", port: 80, by: "hako0", masqueraded: true))
    }

    @Test("ports that nobody published stay the host's own, and the protocol counts")
    func otherPorts() throws {
        let tracer = try Self.tracer()
        #expect(
            tracer.trace(Packet(from: "eth0", source: "198.51.100.7", destination: "192.0.2.10", port: 8081))
                == .local("192.0.2.10", 8081))
        #expect(
            tracer.trace(
                Packet(from: "eth0", source: "198.51.100.7", destination: "192.0.2.10", port: 8080, transport: .udp))
                == .local("192.0.2.10", 8080))
        #expect(
            tracer.trace(
                Packet(from: "eth0", source: "198.51.100.7", destination: "192.0.2.10", port: 53, transport: .udp))
                == .sent(to: "172.18.0.2", port: 5353, by: "br-b", masqueraded: false))
    }

    @Test("a port published on one address isn't reached by another")
    func oneAddress() throws {
        let tracer = try Self.tracer()
        #expect(
            tracer.trace(Packet(source: "127.0.0.1", destination: "127.0.0.1", port: 9090))
                == .sent(to: "172.17.0.3", port: 90, by: "hako0", masqueraded: true))
        #expect(
            tracer.trace(Packet(from: "eth0", source: "198.51.100.7", destination: "192.0.2.10", port: 9090))
                == .local("192.0.2.10", 9090))
    }

    @Test("containers reach published ports by the host's address: their own, a neighbour's, another network's")
    func hairpin() throws {
        let tracer = try Self.tracer()
        #expect(
            tracer.trace(Packet(from: "hako0", source: "172.17.0.2", destination: "192.0.2.10", port: 8080))
                == .sent(to: "172.17.0.2", port: 80, by: "hako0", masqueraded: true))
        #expect(
            tracer.trace(Packet(from: "br-b", source: "172.18.0.9", destination: "192.0.2.10", port: 8080))
                == .sent(to: "172.17.0.2", port: 80, by: "hako0", masqueraded: true))
    }

    @Test("a container's traffic to the world is masqueraded, and the answers come in")
    func outward() throws {
        let tracer = try Self.tracer()
        #expect(
            tracer.trace(Packet(from: "hako0", source: "172.17.0.2", destination: "198.51.100.7"))
                == .sent(to: "198.51.100.7", port: 80, by: "eth0", masqueraded: true))
        #expect(
            tracer.trace(Packet(from: "eth0", source: "198.51.100.7", destination: "172.17.0.2", established: true))
                == .sent(to: "172.17.0.2", port: 80, by: "hako0", masqueraded: false))
    }

    @Test("networks are apart, and neighbours together")
    func isolation() throws {
        let tracer = try Self.tracer()
        #expect(tracer.trace(Packet(from: "hako0", source: "172.17.0.2", destination: "172.18.0.2")) == .dropped)
        #expect(
            tracer.trace(Packet(from: "hako0", source: "172.17.0.2", destination: "172.17.0.3"))
                == .sent(to: "172.17.0.3", port: 80, by: "hako0", masqueraded: false))
    }

    @Test("nobody outside reaches a container's unpublished ports by routing to it")
    func directAccess() throws {
        let tracer = try Self.tracer()
        #expect(
            tracer.trace(Packet(from: "eth0", source: "192.0.2.66", destination: "172.17.0.3", port: 90)) == .dropped)
    }

    @Test("an open bridge lets everybody to its containers' own ports, and others stay closed")
    func openBridge() throws {
        var open = BridgeRules(
            interface: "pods", subnets: [try #require(IPPrefix("10.244.0.0/24"))], isInternal: false, masquerade: false)
        open.isOpen = true
        let closed = BridgeRules(
            interface: "hako0", subnets: [try #require(IPPrefix("172.17.0.0/16"))], isInternal: false, masquerade: true)
        let tracer = PacketTracer(rules: RuleSet(table: "t", bridges: [open, closed], ports: []))
        #expect(
            tracer.trace(Packet(from: "eth0", source: "192.0.2.66", destination: "10.244.0.3", port: 90))
                == .sent(to: "10.244.0.3", port: 90, by: "pods", masqueraded: false))
        #expect(
            tracer.trace(Packet(from: "eth0", source: "192.0.2.66", destination: "172.17.0.3", port: 90)) == .dropped)
    }

    @Test("an internal network talks to itself only, also when something was let through before")
    func internalNetwork() throws {
        let tracer = try Self.tracer()
        #expect(tracer.trace(Packet(from: "br-i", source: "172.19.0.2", destination: "198.51.100.7")) == .dropped)
        #expect(
            tracer.trace(Packet(from: "br-i", source: "172.19.0.2", destination: "192.0.2.10", port: 8080)) == .dropped)
        #expect(
            tracer.trace(Packet(from: "eth0", source: "198.51.100.7", destination: "172.19.0.2", established: true))
                == .dropped)
        #expect(
            tracer.trace(Packet(from: "br-i", source: "172.19.0.2", destination: "172.19.0.3"))
                == .sent(to: "172.19.0.3", port: 80, by: "br-i", masqueraded: false))
    }

    @Test("a container can't use route_localnet to reach the host's loopback (CVE-2020-8558)")
    func loopbackIsGuarded() throws {
        let tracer = try Self.tracer()
        #expect(
            tracer.trace(Packet(from: "hako0", source: "172.17.0.2", destination: "127.0.0.1", port: 9090)) == .dropped)
        #expect(
            tracer.trace(Packet(from: "hako0", source: "172.17.0.2", destination: "127.0.0.1", port: 22)) == .dropped)
    }

    @Test("IPv6 is rewritten except on ::1, which the relay serves")
    func ipv6() throws {
        let tracer = try Self.tracer()
        #expect(
            tracer.trace(Packet(from: "eth0", source: "2001:db8::99", destination: "2001:db8::10", port: 8080))
                == .sent(to: "fd00:1::2", port: 80, by: "br-b", masqueraded: false))
        #expect(tracer.trace(Packet(source: "::1", destination: "::1", port: 8080)) == .local("::1", 8080))
    }

    @Test("packets of other programs' interfaces pass untouched, so daemons live side by side")
    func strangers() throws {
        let tracer = try Self.tracer()
        #expect(
            tracer.trace(Packet(from: "docker0", source: "10.9.0.2", destination: "198.51.100.7"))
                == .sent(to: "198.51.100.7", port: 80, by: "eth0", masqueraded: false))
    }

    @Test("the rules' text")
    func golden() throws {
        let rules = try Self.rules([try Self.port("0.0.0.0", 8080, "172.17.0.2", 80)])
        #expect(rules.text == Self.goldenText)
    }

    @Test("one more port is one more element")
    func increments() throws {
        let ports = [
            try Self.port("0.0.0.0", 8080, "172.17.0.2", 80), try Self.port("127.0.0.1", 53, "172.17.0.2", 53, .udp),
            try Self.port("::", 8080, "fd00::2", 80),
        ]
        #expect(
            RuleSet.publish(ports, table: "t") == """
                add element inet t published4 { tcp . 8080 : 172.17.0.2 . 80 }
                add element inet t published4_at { 127.0.0.1 . udp . 53 : 172.17.0.2 . 53 }
                add element inet t published6 { tcp . 8080 : fd00::2 . 80 }

                """)
        #expect(
            RuleSet.withdraw(ports, table: "t") == """
                delete element inet t published4 { tcp . 8080 }
                delete element inet t published4_at { 127.0.0.1 . udp . 53 }
                delete element inet t published6 { tcp . 8080 }

                """)
    }

    private static let goldenText = """
        add table inet hakobune
        delete table inet hakobune
        table inet hakobune {
        \tset bridges {
        \t\ttype ifname
        \t\telements = { "br-b", "br-i", "hako0" }
        \t}
        \tset internal {
        \t\ttype ifname
        \t\telements = { "br-i" }
        \t}
        \tset within {
        \t\ttype ifname . ifname
        \t\telements = { "br-b" . "br-b", "br-i" . "br-i", "hako0" . "hako0" }
        \t}
        \tmap published4 {
        \t\ttype inet_proto . inet_service : ipv4_addr . inet_service
        \t\telements = { tcp . 8080 : 172.17.0.2 . 80 }
        \t}
        \tmap published6 {
        \t\ttype inet_proto . inet_service : ipv6_addr . inet_service
        \t}
        \tmap published4_at {
        \t\ttype ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
        \t}
        \tmap published6_at {
        \t\ttype ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service
        \t}
        \tchain published {
        \t\tdnat ip to ip daddr . meta l4proto . th dport map @published4_at
        \t\tdnat ip to meta l4proto . th dport map @published4
        \t\tip6 daddr ::1/128 return
        \t\tdnat ip6 to ip6 daddr . meta l4proto . th dport map @published6_at
        \t\tdnat ip6 to meta l4proto . th dport map @published6
        \t}
        \tchain to_containers {
        \t\tiifname . oifname @within accept
        \t\toifname @internal drop
        \t\tiifname @internal drop
        \t\tct state established,related accept
        \t\tct status dnat accept
        \t\tdrop
        \t}
        \tchain from_containers {
        \t\tiifname @internal drop
        \t\taccept
        \t}
        \tchain guard {
        \t\ttype filter hook prerouting priority raw; policy accept;
        \t\tiifname @bridges ip daddr 127.0.0.0/8 drop
        \t}
        \tchain prerouting {
        \t\ttype nat hook prerouting priority dstnat; policy accept;
        \t\tfib daddr type local jump published
        \t}
        \tchain output {
        \t\ttype nat hook output priority -100; policy accept;
        \t\tfib daddr type local jump published
        \t}
        \tchain postrouting {
        \t\ttype nat hook postrouting priority srcnat; policy accept;
        \t\tip saddr 172.18.0.0/16 oifname != "br-b" masquerade
        \t\tip6 saddr fd00:1::/64 oifname != "br-b" masquerade
        \t\tip saddr 172.17.0.0/16 oifname != "hako0" masquerade
        \t\tip saddr 172.18.0.0/16 oifname "br-b" ct status dnat masquerade
        \t\tip6 saddr fd00:1::/64 oifname "br-b" ct status dnat masquerade
        \t\tip saddr 172.19.0.0/16 oifname "br-i" ct status dnat masquerade
        \t\tip saddr 172.17.0.0/16 oifname "hako0" ct status dnat masquerade
        \t\tip saddr 127.0.0.0/8 oifname @bridges masquerade
        \t}
        \tchain forward {
        \t\ttype filter hook forward priority filter; policy accept;
        \t\toifname @bridges jump to_containers
        \t\tiifname @bridges jump from_containers
        \t}
        }

        """
}
