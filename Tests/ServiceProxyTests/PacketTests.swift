import JSON
import Testing

@testable import ServiceProxy

@Suite struct PacketTests {
    typealias Packet = PacketTracer.Packet

    static let fromPod = Packet(from: "cni0", source: "10.244.0.9", destination: "10.96.1.1")
    static let fromNode = Packet(source: "192.168.49.2", destination: "10.96.1.1")
    static let fromOutside = Packet(from: "eth0", source: "192.168.49.1", destination: "10.96.1.1")

    static func to(_ destination: String, _ port: UInt16, _ packet: Packet) -> Packet {
        var packet = packet
        (packet.destination, packet.port) = (destination, port)
        return packet
    }

    @Test("a cluster address reaches its endpoint, and only on its port; only foreign clients are hidden")
    func clusterIP() throws {
        let tracer = try ServiceCases.tracer(ServiceCases.service([:]), ["10.244.0.5@one"])
        #expect(tracer.trace(Self.fromPod) == .sent(to: "10.244.0.5", port: 8080, hidden: false))
        #expect(tracer.trace(Self.fromNode) == .sent(to: "10.244.0.5", port: 8080, hidden: true))
        #expect(tracer.trace(Self.fromOutside) == .sent(to: "10.244.0.5", port: 8080, hidden: true))
        #expect(tracer.trace(Self.to("10.96.1.1", 81, Self.fromPod)) == .rejected)
        #expect(tracer.trace(Self.to("10.96.1.1", 81, Self.fromNode)) == .rejected)
        #expect(tracer.trace(Self.to("10.96.1.2", 80, Self.fromPod)) == .dropped)
        #expect(tracer.trace(Self.to("10.96.0.10", 53, Self.fromPod)) == .local("10.96.0.10", 53))
        var udp = Self.fromPod
        udp.transport = .udp
        #expect(tracer.trace(udp) == .rejected)
    }

    @Test("a pod that calls its own service sees the node as its client")
    func hairpin() throws {
        let tracer = try ServiceCases.tracer(ServiceCases.service([:]), ["10.244.0.5@one"])
        let packet = Packet(from: "cni0", source: "10.244.0.5", destination: "10.96.1.1")
        #expect(tracer.trace(packet) == .sent(to: "10.244.0.5", port: 8080, hidden: true))
    }

    @Test("all endpoints are picked from")
    func picks() throws {
        var tracer = try ServiceCases.tracer(
            ServiceCases.service([:]), ["10.244.0.5@one", "10.244.1.5@two", "!10.244.1.6@two", "10.244.1.7@two"])
        var seen: [String] = []
        for number in 0..<6 {
            tracer.random = number
            if case .sent(let address, _, _) = tracer.trace(Self.fromPod) { seen.append(address) }
        }
        #expect(seen == ["10.244.0.5", "10.244.1.5", "10.244.1.7", "10.244.0.5", "10.244.1.5", "10.244.1.7"])
    }

    @Test("a node port answers on all of the node's addresses, to everybody, and hides the client")
    func nodePort() throws {
        let service = ServiceCases.service([
            "type": "NodePort", "ports": [["port": 80, "nodePort": 30_080, "protocol": "TCP"]],
        ])
        let tracer = try ServiceCases.tracer(service, ["10.244.0.5@one"])
        let answer = PacketTracer.Outcome.sent(to: "10.244.0.5", port: 8080, hidden: true)
        for address in ["192.168.49.2", "10.244.0.1"] {
            for packet in [Self.fromPod, Self.fromNode, Self.fromOutside] {
                #expect(tracer.trace(Self.to(address, 30_080, packet)) == answer, "\(packet) to \(address)")
            }
        }
        #expect(tracer.trace(Packet(source: "127.0.0.1", destination: "127.0.0.1", port: 30_080)) == answer)
        #expect(tracer.trace(Self.to("192.168.49.2", 80, Self.fromOutside)) == .local("192.168.49.2", 80))
        #expect(
            tracer.trace(Self.to("192.168.49.3", 30_080, Self.fromNode))
                == .sent(to: "192.168.49.3", port: 30_080, hidden: false))
        #expect(tracer.trace(Self.to("127.0.0.1", 30_080, Self.fromOutside)) == .dropped)
    }

    @Test("a service without endpoints refuses, at every address")
    func noEndpoints() throws {
        let service = ServiceCases.service([
            "type": "NodePort", "externalIPs": ["203.0.113.7"],
            "ports": [["port": 80, "nodePort": 30_080, "protocol": "TCP"]],
        ])
        let tracer = try ServiceCases.tracer(service, ["!10.244.0.5@one"])
        for packet in [Self.fromPod, Self.fromNode, Self.fromOutside] {
            #expect(tracer.trace(packet) == .rejected)
            #expect(tracer.trace(Self.to("192.168.49.2", 30_080, packet)) == .rejected)
            #expect(tracer.trace(Self.to("203.0.113.7", 80, packet)) == .rejected)
        }
    }

    @Test("endpoints that are terminating serve while no others do")
    func terminating() throws {
        let service = ServiceCases.service([:])
        #expect(
            try ServiceCases.tracer(service, ["-10.244.0.5@one"]).trace(Self.fromPod)
                == .sent(to: "10.244.0.5", port: 8080, hidden: false))
        var tracer = try ServiceCases.tracer(service, ["-10.244.0.5@one", "10.244.0.6@one"])
        for number in 0..<4 {
            tracer.random = number
            #expect(tracer.trace(Self.fromPod) == .sent(to: "10.244.0.6", port: 8080, hidden: false))
        }
    }

    static let local: JSON = [
        "type": "LoadBalancer", "externalTrafficPolicy": "Local",
        "ports": [["port": 80, "nodePort": 30_080, "protocol": "TCP"]],
    ]
    static let ingress: JSON = ["loadBalancer": ["ingress": [["ip": "203.0.113.7", "ipMode": "VIP"]]]]

    @Test("external traffic that stays on the node keeps its client; the cluster's own goes anywhere")
    func externalLocal() throws {
        let service = ServiceCases.service(Self.local, status: Self.ingress)
        var tracer = try ServiceCases.tracer(service, ["10.244.0.5@one", "10.244.1.5@two"])
        tracer.random = 1
        for (address, port) in [("192.168.49.2", UInt16(30_080)), ("203.0.113.7", 80)] {
            #expect(
                tracer.trace(Self.to(address, port, Self.fromOutside))
                    == .sent(to: "10.244.0.5", port: 8080, hidden: false))
            #expect(
                tracer.trace(Self.to(address, port, Self.fromPod))
                    == .sent(to: "10.244.1.5", port: 8080, hidden: false))
            #expect(
                tracer.trace(Self.to(address, port, Self.fromNode))
                    == .sent(to: "10.244.1.5", port: 8080, hidden: true))
        }
        #expect(tracer.trace(Self.fromOutside) == .sent(to: "10.244.1.5", port: 8080, hidden: true))
    }

    @Test("external traffic that must stay on a node without endpoints is dropped, not refused")
    func externalLocalElsewhere() throws {
        let service = ServiceCases.service(Self.local, status: Self.ingress)
        let tracer = try ServiceCases.tracer(service, ["10.244.1.5@two"])
        for (address, port) in [("192.168.49.2", UInt16(30_080)), ("203.0.113.7", 80)] {
            #expect(tracer.trace(Self.to(address, port, Self.fromOutside)) == .dropped)
            #expect(
                tracer.trace(Self.to(address, port, Self.fromPod))
                    == .sent(to: "10.244.1.5", port: 8080, hidden: false))
        }
    }

    @Test("internal traffic that must stay on the node goes to the node's endpoints or nowhere")
    func internalLocal() throws {
        let service = ServiceCases.service(["internalTrafficPolicy": "Local"])
        var tracer = try ServiceCases.tracer(service, ["10.244.0.5@one", "10.244.1.5@two"])
        tracer.random = 1
        #expect(tracer.trace(Self.fromPod) == .sent(to: "10.244.0.5", port: 8080, hidden: false))
        #expect(try ServiceCases.tracer(service, ["10.244.1.5@two"]).trace(Self.fromPod) == .dropped)
        #expect(try ServiceCases.tracer(service, []).trace(Self.fromPod) == .rejected)
    }

    @Test("a load balancer's address is open to its source ranges only")
    func sourceRanges() throws {
        var spec = Self.local
        spec["loadBalancerSourceRanges"] = ["198.51.100.0/24", "198.51.100.7/32"]
        let tracer = try ServiceCases.tracer(ServiceCases.service(spec, status: Self.ingress), ["10.244.0.5@one"])
        let friend = Packet(from: "eth0", source: "198.51.100.7", destination: "203.0.113.7")
        #expect(tracer.trace(friend) == .sent(to: "10.244.0.5", port: 8080, hidden: false))
        #expect(tracer.trace(Self.to("203.0.113.7", 80, Self.fromOutside)) == .dropped)
        #expect(
            tracer.trace(Self.to("192.168.49.2", 30_080, Self.fromOutside))
                == .sent(to: "10.244.0.5", port: 8080, hidden: false))
    }

    @Test("a load balancer that proxies by itself gets no packets from here")
    func balancerProxies() throws {
        let status: JSON = ["loadBalancer": ["ingress": [["ip": "203.0.113.7", "ipMode": "Proxy"]]]]
        let tracer = try ServiceCases.tracer(ServiceCases.service(Self.local, status: status), ["10.244.0.5@one"])
        #expect(
            tracer.trace(Self.to("203.0.113.7", 80, Self.fromPod))
                == .sent(to: "203.0.113.7", port: 80, hidden: true))
    }

    @Test("a client with session affinity is remembered and comes back to its endpoint")
    func affinity() throws {
        var tracer = try ServiceCases.tracer(
            ServiceCases.service([
                "sessionAffinity": "ClientIP", "sessionAffinityConfig": ["clientIP": ["timeoutSeconds": 77]],
            ]), ["10.244.0.5@one", "10.244.0.6@one"])
        #expect(tracer.remembers(Self.fromPod) == 77)
        tracer.remembered = ["10.96.1.1:80 10.244.0.9": ("10.244.0.6", 8080)]
        #expect(tracer.trace(Self.fromPod) == .sent(to: "10.244.0.6", port: 8080, hidden: false))
        #expect(tracer.remembers(Self.fromPod) == 77)
        #expect(try ServiceCases.tracer(ServiceCases.service([:]), ["10.244.0.5@one"]).remembers(Self.fromPod) == nil)
    }

    @Test("pods' packets that leave the cluster get the node's address")
    func leaving() throws {
        let tracer = try ServiceCases.tracer(ServiceCases.service([:]), [])
        #expect(
            tracer.trace(Self.to("198.51.100.1", 80, Self.fromPod)) == .sent(to: "198.51.100.1", port: 80, hidden: true)
        )
        #expect(
            tracer.trace(Self.to("10.244.1.5", 80, Self.fromPod)) == .sent(to: "10.244.1.5", port: 80, hidden: false))
        #expect(
            tracer.trace(Self.to("10.244.0.6", 80, Self.fromPod)) == .sent(to: "10.244.0.6", port: 80, hidden: false))
    }

    @Test("hints keep traffic on the node, or in the zone, when all endpoints have them")
    func hints() throws {
        let endpoints = ["10.244.0.5@one", "10.244.1.5@two"]
        let byNode: [JSON] = [["forNodes": [["name": "two"]]], ["forNodes": [["name": "one"]]]]
        let byZone: [JSON] = [["forZones": [["name": "a"]]], ["forZones": [["name": "b"]]]]
        for (hints, zone, expected) in [
            (byNode, "", "10.244.1.5"), (byZone, "b", "10.244.1.5"), (byZone, "c", "10.244.0.5"),
            ([byZone[0]], "a", "10.244.0.5"),
        ] {
            let tracer = try ServiceCases.tracer(
                ServiceCases.service([:]), slices: [ServiceCases.slice(endpoints, hints: hints)], zone: zone)
            #expect(tracer.trace(Self.fromPod) == .sent(to: expected, port: 8080, hidden: false), "\(zone)")
        }
    }

    @Test(
        "headless services, names and other proxies' services have no elements",
        arguments: [
            ["clusterIP": "None"], ["type": "ExternalName", "externalName": "example.org"],
        ] as [JSON])
    func nothing(_ spec: JSON) throws {
        let plan = ServicePlan(settings: try ServiceCases.settings(), family: .four)
        #expect(plan.elements(of: ServiceCases.service(spec), [ServiceCases.slice(["10.244.0.5@one"])]).isEmpty)
        var other = ServiceCases.service([:])
        other["metadata"]["labels"] = ["service.kubernetes.io/service-proxy-name": "other"]
        #expect(plan.elements(of: other, [ServiceCases.slice(["10.244.0.5@one"])]).isEmpty)
    }
}
