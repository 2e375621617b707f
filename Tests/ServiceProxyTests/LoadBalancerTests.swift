import JSON
import KubeClient
import Linux
import Logging
import Testing

@testable import ServiceProxy

@Suite struct LoadBalancerTests {
    static func node(_ name: String, _ address: String, isReady: Bool = true) -> JSON {
        [
            "metadata": ["name": .string(name)],
            "status": [
                "addresses": [
                    ["type": "InternalIP", "address": .string(address)],
                    ["type": "Hostname", "address": .string(name)],
                ], "conditions": [["type": "Ready", "status": .string(isReady ? "True" : "False")]],
            ],
        ]
    }

    static func balanced(_ name: String, port: Int, at address: String? = nil, _ more: JSON = [:]) -> JSON {
        var spec: JSON = ["type": "LoadBalancer", "ports": [["port": .init(port), "protocol": "TCP"]]]
        for (key, value) in more.object ?? JSONObject() { spec[key] = value }
        let status: JSON = address.map { ["loadBalancer": ["ingress": [["ip": .string($0), "ipMode": "VIP"]]]] } ?? [:]
        return ServiceCases.service(spec, name: name, status: status)
    }

    static let nodes = [
        node("a", "192.168.49.2"), node("b", "192.168.49.3"), node("c", "192.168.49.4", isReady: false),
    ]

    static func decide(_ service: JSON, _ others: [JSON] = []) -> LoadBalancerPlan.Decision {
        LoadBalancerPlan(nodes: nodes, reservedPorts: LoadBalancerAddresses.nodePorts)
            .decide(service, others: others + [service])
    }

    @Test("a load balancer gets a ready node's address, where its ports are free, and keeps it")
    func decisions() throws {
        let a = try ServiceCases.address("192.168.49.2"), b = try ServiceCases.address("192.168.49.3")
        #expect(Self.decide(Self.balanced("web", port: 80)) == .write([a]))
        #expect(Self.decide(Self.balanced("web", port: 80, at: "192.168.49.3")) == .nothing)
        let first = Self.balanced("first", port: 80, at: "192.168.49.2")
        let second = Self.balanced("second", port: 80, at: "192.168.49.3")
        #expect(Self.decide(Self.balanced("web", port: 80), [first]) == .write([b]))
        #expect(Self.decide(Self.balanced("web", port: 81), [first]) == .write([a]))
        #expect(
            Self.decide(Self.balanced("web", port: 80), [first, second]) == .wait("port 80/TCP is taken on every node"))
        #expect(Self.decide(Self.balanced("web", port: 8_443)) == .wait("port 8443/TCP is taken on every node"))
        #expect(Self.decide(Self.balanced("web", port: 80, ["loadBalancerIP": "192.168.49.3"])) == .write([b]))
        #expect(
            Self.decide(Self.balanced("web", port: 80, ["loadBalancerIP": "192.0.2.1"]))
                == .wait("no node has an address for it"))
        #expect(Self.decide(Self.balanced("web", port: 80, at: "192.168.49.4")) == .write([a]), "its node isn't ready")
        #expect(Self.decide(Self.balanced("web", port: 80, ["loadBalancerClass": "example.org/lb"])) == .nothing)
        #expect(Self.decide(ServiceCases.service([:])) == .nothing)
        #expect(Self.decide(Self.balanced("web", port: 80, at: "192.168.49.2", ["type": "ClusterIP"])) == .write([]))
    }

    @Test("addresses are written, and who waited gets what others leave")
    func loop() async throws {
        let cluster = FakeCluster()
        let informers = InformerSet(cluster, log: Logger(label: "test"))
        let balancer = LoadBalancerAddresses(api: cluster, informers: informers, log: Logger(label: "test"))
        let running = [Task { await informers.run() }, Task { await balancer.run() }]
        defer { for task in running { task.cancel() } }
        cluster.put(.nodes, Self.node("a", "192.168.49.2"))
        func address(_ name: String) async throws -> String? {
            let end = ContinuousClock.now + .seconds(5)
            while ContinuousClock.now < end {
                let service = cluster.object(.services, ObjectKey("default", name))
                if let found = service?["status"]["loadBalancer"]["ingress"][0]["ip"].string { return found }
                try await Task.sleep(for: .milliseconds(2))
            }
            return nil
        }
        let first = Self.balanced("first", port: 80)
        cluster.put(.services, first)
        #expect(try await address("first") == "192.168.49.2")
        cluster.put(.services, Self.balanced("second", port: 80))
        cluster.put(.services, Self.balanced("third", port: 81))
        #expect(try await address("third") == "192.168.49.2")
        #expect(cluster.object(.services, ObjectKey("default", "second"))?["status"] == [:])
        cluster.remove(.services, first)
        #expect(try await address("second") == "192.168.49.2")
    }
}
