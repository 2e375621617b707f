import JSON
import KubeClient
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import Wire

@testable import ServiceProxy

/// Health check ports, asked as a load balancer asks.
@Suite(.serialized, .enabled(if: isAloneInNamespace)) struct HealthCheckTests {
    private static func local(port: Int?) -> JSON {
        var spec: JSON = ["type": "LoadBalancer", "externalTrafficPolicy": "Local"]
        if let port { spec["healthCheckNodePort"] = .int(Int64(port)) }
        return spec
    }

    private static func news(_ service: JSON?, _ slices: [JSON] = []) -> ServiceBook.News {
        var entry = ServiceBook.Entry(service: service)
        for (index, slice) in slices.enumerated() { entry.slices["s\(index)"] = slice }
        return ServiceBook.News(zone: "", services: [ObjectKey("default", "web"): entry])
    }

    /// - Returns: 0 when nobody listens.
    private static func ask(_ port: Int, _ path: String = "/") async throws -> (code: Int, weight: String?, body: JSON)
    {
        let client = HTTPClient(
            .tcp(host: "127.0.0.1", port: port), group: MultiThreadedEventLoopGroup.singleton)
        do {
            let answer = try await client.send(.GET, path)
            let text = String(buffer: try await answer.body())
            await client.shutdown()
            return (
                Int(answer.status.code), answer.headers.first(name: "x-load-balancing-endpoint-weight"),
                (try? JSON(parsing: text)) ?? .null
            )
        } catch {
            await client.shutdown()
            return (0, nil, .null)
        }
    }

    @Test("only local services have a port, and count their ready pods on this node once")
    func counts() throws {
        func health(_ spec: JSON, _ endpoints: [String]) -> LocalHealth? {
            let key = ObjectKey("default", "web")
            let news = Self.news(
                ServiceCases.service(spec),
                [ServiceCases.slice(endpoints, name: "a"), ServiceCases.slice(endpoints, name: "b")])
            return news.services[key].flatMap { LocalHealth(key, $0, node: "one") }
        }
        var two = Self.local(port: 31_000)
        two["ports"] = [
            ["name": "a", "port": 80, "protocol": "TCP"], ["name": "b", "port": 81, "protocol": "TCP"],
        ]
        let endpoints = ["10.244.0.5@one", "10.244.0.6@one", "!10.244.0.7@one", "-10.244.0.8@one", "10.244.1.5@two"]
        #expect(health(two, endpoints)?.localEndpoints == 2)
        #expect(health(two, ["10.244.1.5@two"])?.localEndpoints == 0)
        #expect(health(Self.local(port: nil), endpoints) == nil)
        var cluster = two
        cluster["externalTrafficPolicy"] = "Cluster"
        #expect(health(cluster, endpoints) == nil)
    }

    @Test(
        "the port says 200 while the node has pods of the service and its rules are loaded, and goes with the service")
    func answers() async throws {
        let servers = HealthCheckServers(try ServiceCases.settings(), log: Logger(label: "test"))
        let service = ServiceCases.service(Self.local(port: 31_001))
        let here = ServiceCases.slice(["10.244.0.5@one"]), elsewhere = ServiceCases.slice(["10.244.1.5@two"])
        await servers.update(Self.news(service, [here]), proxyIsHealthy: true)
        let well = try await Self.ask(31_001)
        #expect(well.code == 200 && well.weight == "1")
        #expect(
            well.body == [
                "service": ["namespace": "default", "name": "web"], "localEndpoints": 1, "serviceProxyHealthy": true,
            ])
        await servers.update(Self.news(service, [here]), proxyIsHealthy: false)
        #expect(try await Self.ask(31_001).code == 503)
        await servers.update(Self.news(service, [elsewhere]), proxyIsHealthy: true)
        let without = try await Self.ask(31_001)
        #expect(without.code == 503 && without.weight == "0")
        await servers.update(
            Self.news(ServiceCases.service(Self.local(port: 31_002)), [here]), proxyIsHealthy: true)
        #expect(try await Self.ask(31_001).code == 0)
        #expect(try await Self.ask(31_002).code == 200)
        await servers.update(Self.news(nil), proxyIsHealthy: true)
        #expect(try await Self.ask(31_002).code == 0)
        await servers.close()
    }

    @Test("the proxy's own health tells whether load balancers may use the node")
    func own() async throws {
        let servers = HealthCheckServers(try ServiceCases.settings(), log: Logger(label: "test"))
        await servers.serveOwn(port: 31_003)
        #expect(try await Self.ask(31_003, "/healthz").code == 503, "nothing is loaded yet")
        await servers.update(Self.news(nil), proxyIsHealthy: true)
        #expect(try await Self.ask(31_003, "/healthz").code == 200)
        servers.take(ownNode: ["spec": ["taints": [["key": "ToBeDeletedByClusterAutoscaler"]]]])
        #expect(try await Self.ask(31_003, "/healthz").code == 503)
        #expect(try await Self.ask(31_003, "/livez").code == 200)
        #expect(try await Self.ask(31_003, "/other").code == 404)
        await servers.close()
    }
}
