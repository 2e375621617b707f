import JSON
import KubeClient
import Linux
import Logging
import Testing

@testable import ServiceProxy

/// What really passes, with sockets in pods' namespaces and outside of the node.
@Suite(.serialized, .enabled(if: isAloneInNamespace)) struct TrafficTests {
    struct Scene {
        let cluster: FakeCluster
        let settings: ProxySettings
        let outside: TestHost

        func pod(_ last: Int, routed: Bool = true) throws -> TestHost {
            try TestHost(
                "10.244.0.\(last)", link: "pod\(last)", bridge: TestNode.bridge, gateway: "10.244.0.1", routed: routed)
        }

        /// Waits until the answer is the one that is expected; the last one otherwise.
        func answer(
            _ address: String, _ port: UInt16, from host: TestHost? = nil, until expected: (String) -> Bool
        ) async throws -> String {
            var answer = ""
            let end = ContinuousClock.now + .seconds(5)
            while ContinuousClock.now < end {
                answer = try TestSockets.ask(address, port, from: host)
                if expected(answer) { return answer }
                try await Task.sleep(for: .milliseconds(2))
            }
            return answer
        }
    }

    static func with(
        _ change: (inout ProxySettings) -> Void = { _ in }, _ body: (Scene) async throws -> Void
    ) async throws {
        try await TestNode.with { outside in
            var settings = try ServiceCases.settings()
            settings.bridge = TestNode.bridge
            settings.table = "hakoproxytest"
            change(&settings)
            let cluster = FakeCluster()
            let proxy = ServiceProxy(settings, api: cluster, log: Logger(label: "test"))
            let running = Task { await proxy.run() }
            var fault: (any Error)?
            do {
                try await body(Scene(cluster: cluster, settings: settings, outside: outside))
            } catch { fault = error }
            running.cancel()
            await running.value
            try ServiceProxy.remove(settings)
            if let fault { throw fault }
        }
    }

    static let nodePort: JSON = [
        "type": "NodePort", "ports": [["port": 80, "nodePort": 30_080, "protocol": "TCP"]],
    ]

    @Test("services answer from pods, from the node and from outside, and pods see whom they should")
    func reaches() async throws {
        try await Self.with { scene in
            let server = try scene.pod(5), client = try scene.pod(9)
            let web = try TestServer("web", in: server, port: 8080)
            defer { web.stop() }
            scene.cluster.put(.services, ServiceCases.service(Self.nodePort))
            scene.cluster.put(.endpointSlices, ServiceCases.slice(["10.244.0.5@one"]))
            #expect(
                try await scene.answer("10.96.1.1", 80, from: client) { $0 == "web 10.244.0.9" } == "web 10.244.0.9")
            #expect(try TestSockets.ask("10.96.1.1", 80) == "web 10.244.0.1")
            #expect(try TestSockets.ask("10.96.1.1", 80, from: server) == "web 10.244.0.1", "itself")
            for address in ["192.168.49.2", "10.244.0.1"] {
                for host in [client, server, scene.outside, nil] {
                    #expect(
                        try TestSockets.ask(address, 30_080, from: host) == "web 10.244.0.1",
                        "\(address) from \(host?.address ?? "the node")")
                }
            }
            #expect(try TestSockets.ask("127.0.0.1", 30_080) == "web 10.244.0.1")
            #expect(try TestSockets.ask("10.96.1.1", 81, from: client) == "refused")
            #expect(try TestSockets.ask("10.96.1.1", 81) == "refused")
            scene.cluster.put(.endpointSlices, ServiceCases.slice(["!10.244.0.5@one"]))
            #expect(try await scene.answer("10.96.1.1", 80, from: client) { $0 == "refused" } == "refused")
            for host in [client, scene.outside, nil] {
                #expect(try TestSockets.ask("192.168.49.2", 30_080, from: host) == "refused")
            }
            #expect(try TestSockets.ask("10.96.1.1", 80) == "refused")
        }
    }

    @Test("pods that share a bridge's link reach each other by services too")
    func bridged() async throws {
        try await Self.with {
            $0.podLink = .bridged
        } _: { scene in
            let server = try scene.pod(5, routed: false), client = try scene.pod(9, routed: false)
            let web = try TestServer("web", in: server, port: 8080)
            defer { web.stop() }
            scene.cluster.put(.services, ServiceCases.service(Self.nodePort))
            scene.cluster.put(.endpointSlices, ServiceCases.slice(["10.244.0.5@one"]))
            #expect(try await scene.answer("10.96.1.1", 80, from: client) { $0 != "silence" } == "web 10.244.0.1")
            #expect(try TestSockets.ask("10.96.1.1", 80, from: server) == "web 10.244.0.1")
        }
    }

    @Test("connections are spread over all endpoints")
    func spreads() async throws {
        try await Self.with { scene in
            let pods = try [scene.pod(5), scene.pod(6), scene.pod(7)]
            let servers = try pods.map { try TestServer($0.address, in: $0, port: 8080) }
            defer { for server in servers { server.stop() } }
            scene.cluster.put(.services, ServiceCases.service([:]))
            scene.cluster.put(.endpointSlices, ServiceCases.slice(pods.map { "\($0.address)@one" }))
            _ = try await scene.answer("10.96.1.1", 80) { $0 != "silence" && $0 != "refused" }
            var seen: [String: Int] = [:]
            for _ in 0..<90 {
                seen[String(try TestSockets.ask("10.96.1.1", 80).split(separator: " ")[0]), default: 0] += 1
            }
            #expect(seen.count == 3 && seen.values.allSatisfy { $0 > 10 }, "\(seen)")
        }
    }

    @Test("with session affinity a client stays with its endpoint")
    func sticks() async throws {
        try await Self.with { scene in
            let pods = try [scene.pod(5), scene.pod(6), scene.pod(7)]
            let servers = try pods.map { try TestServer($0.address, in: $0, port: 8080) }
            defer { for server in servers { server.stop() } }
            var spec = Self.nodePort
            spec["sessionAffinity"] = "ClientIP"
            scene.cluster.put(.services, ServiceCases.service(spec))
            scene.cluster.put(.endpointSlices, ServiceCases.slice(pods.map { "\($0.address)@one" }))
            _ = try await scene.answer("10.96.1.1", 80) { $0 != "silence" && $0 != "refused" }
            let places = [("10.96.1.1", UInt16(80)), ("192.168.49.2", 30_080)]
            var seen: [String] = []
            for (address, port) in places {
                let answers = try (0..<12).map { _ in try TestSockets.ask(address, port, from: scene.outside) }
                #expect(Set(answers).count == 1, "\(answers)")
                seen += Set(answers)
            }
            // Another proxy, as after a crash, finds what the kernel remembers.
            let other = ServiceProxy(scene.settings, api: scene.cluster, log: Logger(label: "test"))
            let running = Task { await other.run() }
            try await Task.sleep(for: .milliseconds(300))
            for _ in 0..<4 {
                let answers = try places.map { try TestSockets.ask($0.0, $0.1, from: scene.outside) }
                #expect(answers == seen)
            }
            running.cancel()
            await running.value
            // Its endpoint goes: the client goes on to another one.
            let left = pods.filter { !seen[0].hasPrefix($0.address) }
            scene.cluster.put(.endpointSlices, ServiceCases.slice(left.map { "\($0.address)@one" }))
            let answer = try await scene.answer("10.96.1.1", 80, from: scene.outside) {
                $0 != seen[0] && $0 != "silence"
            }
            #expect(left.contains { answer.hasPrefix($0.address) })
        }
    }

    @Test("datagrams of a client that keeps sending go to the service's new pod")
    func datagrams() async throws {
        try await Self.with { scene in
            let pods = try [scene.pod(5), scene.pod(6)], client = try scene.pod(9)
            let sockets = try pods.map { try TestDatagrams(in: $0, port: 53) }
            let sender = try TestDatagrams(in: client, port: 40_001)
            let service = ServiceCases.service(["ports": [["name": "dns", "port": 53, "protocol": "UDP"]]])
            scene.cluster.put(.services, service)
            for round in 0..<4 {
                scene.cluster.put(
                    .endpointSlices,
                    ServiceCases.slice(
                        ["\(pods[round % 2].address)@one"], port: 53, name: "dns", protocol: "UDP"))
                var isThere = false
                let end = ContinuousClock.now + .seconds(3)
                while !isThere, ContinuousClock.now < end {
                    try sender.send(to: "10.96.1.1", 53)
                    isThere = sockets[round % 2].receives()
                }
                #expect(isThere, "round \(round)")
            }
        }
    }

    @Test("a load balancer's address on the node leads to its pods")
    func balancer() async throws {
        try await Self.with { scene in
            let server = try scene.pod(5)
            let web = try TestServer("web", in: server, port: 8080)
            defer { web.stop() }
            let service = ServiceCases.service(
                ["type": "LoadBalancer"],
                status: ["loadBalancer": ["ingress": [["ip": "192.168.49.2", "ipMode": "VIP"]]]])
            scene.cluster.put(.services, service)
            scene.cluster.put(.endpointSlices, ServiceCases.slice(["10.244.0.5@one"]))
            let answer = try await scene.answer("192.168.49.2", 80, from: scene.outside) { $0.hasPrefix("web") }
            #expect(answer == "web 10.244.0.1")
            #expect(try TestSockets.ask("192.168.49.2", 80) == "web 10.244.0.1")
        }
    }

    @Test("a new endpoint gets traffic within 15 ms, with 500 other services")
    func isQuick() async throws {
        try await Self.with { scene in
            let pods = try [scene.pod(5), scene.pod(6)]
            let servers = try pods.map { try TestServer($0.address, in: $0, port: 8080) }
            defer { for server in servers { server.stop() } }
            scene.cluster.put(.services, ServiceCases.service([:]))
            for number in 0..<500 {
                let name = "other\(number)"
                let address = JSON.string("10.97.\(number / 250).\(number % 250 + 1)")
                scene.cluster.put(.services, ServiceCases.service(["clusterIP": address], name: name))
                scene.cluster.put(
                    .endpointSlices, ServiceCases.slice(["10.244.0.5@one", "10.244.1.5@two"], service: name))
            }
            scene.cluster.put(.endpointSlices, ServiceCases.slice(["10.244.0.5@one"]))
            _ = try await scene.answer("10.96.1.1", 80) { $0.hasPrefix("10.244.0.5") }
            var times: [Duration] = []
            for turn in 0..<30 {
                let pod = pods[turn % 2 == 0 ? 1 : 0].address
                let start = ContinuousClock.now
                scene.cluster.put(.endpointSlices, ServiceCases.slice(["\(pod)@one"]))
                while try !TestSockets.ask("10.96.1.1", 80).hasPrefix(pod) {}
                times.append(ContinuousClock.now - start)
            }
            times.sort()
            print("endpoint change to traffic, 500 other services: median \(times[15]), most \(times[29])")
            #expect(times[15] < .milliseconds(15), "\(times)")
        }
    }
}
