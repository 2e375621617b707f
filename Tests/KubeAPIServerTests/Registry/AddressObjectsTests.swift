import JSON
import NIOHTTP1
import Testing

@testable import KubeAPIServer

@Suite("objects of services' addresses", .serialized)
struct AddressObjectsTests {
    private static let addresses = "/apis/networking.k8s.io/v1/ipaddresses"
    private static let services = "/api/v1/namespaces/default/services"

    private func service(_ name: String, _ address: String) -> JSON {
        ["metadata": ["namespace": "a", "name": .string(name)], "spec": ["clusterIPs": [.string(address)]]]
    }

    private func object(_ address: String, of name: String, isOurs: Bool = true) -> JSON {
        [
            "metadata": [
                "name": .string(address),
                "labels": isOurs ? ["ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"] : [:],
            ], "spec": ["parentRef": ["resource": "services", "namespace": "a", "name": .string(name)]],
        ]
    }

    @Test("what is missing is made, what nobody has goes, and the wrong owner's is made anew")
    func plan() {
        let (made, gone) = AddressObjects.plan(
            [service("a", "10.96.0.1"), service("b", "10.96.0.2"), service("c", "fd00::3"), service("d", "None")],
            [
                object("10.96.0.1", of: "a"), object("10.96.0.2", of: "x"), object("10.96.0.9", of: "gone"),
                object("10.96.0.8", of: "own", isOurs: false),
            ])
        #expect(gone.sorted() == ["10.96.0.2", "10.96.0.9"])
        #expect(made.map { $0["metadata"]["name"].string } == ["10.96.0.2", "fd00::3"])
        #expect(made[0]["spec"]["parentRef"]["name"].string == "b")
        #expect(made[1]["metadata"]["labels"]["ipaddress.kubernetes.io/ip-family"].string == "IPv6")
    }

    @Test("a service's address has an object as long as the service has the address")
    func live() async throws {
        try await TestServer.with { server in
            let made = try await server.create(
                Self.services, ["metadata": ["name": "web"], "spec": ["ports": [["port": 80]]]])
            let address = try #require(made["spec"]["clusterIP"].string)
            func waitFor(_ code: Int) async throws -> JSON {
                for _ in 0..<100 {
                    let reply = try await server.call(.GET, "\(Self.addresses)/\(address)")
                    if reply.code == code { return reply.json }
                    try await Task.sleep(for: .milliseconds(50))
                }
                Issue.record("\(address) never answered \(code)")
                return .null
            }
            let object = try await waitFor(200)
            #expect(object["spec"]["parentRef"] == ["resource": "services", "namespace": "default", "name": "web"])
            try await server.call(.DELETE, "\(Self.addresses)/\(address)")
            let again = try await waitFor(200)
            #expect(again["metadata"]["uid"] != object["metadata"]["uid"])
            try await server.call(.DELETE, Self.services + "/web")
            _ = try await waitFor(404)
            // That of the service `kubernetes` stays.
            #expect(try await server.call(.GET, Self.addresses).json["items"].array?.count == 1)
        }
    }
}
