import JSON
import KubeModel
import Testing

@testable import KubeAPIServer

@Suite("addresses and ports of services")
struct ServiceAddressesTests {
    private func served() throws -> ServedResource {
        let resource = try #require(Schema.builtIn.resource(GroupVersion("", "v1"), plural: "services"))
        return ServedResource(
            resource, AllKinds.rules(group: "", kind: "Service"), prefix: "/registry/core/services/",
            storage: GroupVersion("", "v1"))
    }

    private func addresses(_ range: String = "10.0.0.0/28") throws -> ServiceAddresses {
        ServiceAddresses(range: try #require(ServiceRange(range)), nodePorts: 30_000...30_002)
    }

    private func service(_ name: String, type: String = "ClusterIP", ip: String? = nil, port: Int? = nil) -> JSON {
        var spec: JSON = ["type": .string(type), "ports": [["port": 80, "protocol": "TCP"]]]
        if let ip { (spec["clusterIP"], spec["clusterIPs"]) = (.string(ip), [.string(ip)]) }
        if let port { spec["ports"] = [["port": 80, "protocol": "TCP", "nodePort": .init(port)]] }
        return ["kind": "Service", "metadata": ["name": .string(name), "namespace": "default"], "spec": spec]
    }

    @Test("each service gets an address of its own until the range is full, and gives it back")
    func exhaustion() async throws {
        let (served, addresses) = (try served(), try addresses())
        var all: [JSON] = []
        // 14 of 16: the first and the last of a block aren't handed out.
        for index in 0..<14 {
            var object = service("s\(index)")
            try await addresses.allocate(&object, old: nil, served, isDryRun: false)
            all.append(object)
        }
        let given = Set(all.compactMap { $0["spec"]["clusterIP"].string })
        #expect(given.count == 14 && !given.contains("10.0.0.0") && !given.contains("10.0.0.15"))
        var more = service("more")
        await #expect(throws: APIStatus.self) { try await addresses.allocate(&more, old: nil, served, isDryRun: false) }
        addresses.release(all[3], keeping: nil, served)
        try await addresses.allocate(&more, old: nil, served, isDryRun: false)
        #expect(more["spec"]["clusterIP"] == all[3]["spec"]["clusterIP"])
    }

    @Test("a chosen address that is taken or outside is refused in the original's words")
    func chosen() async throws {
        let (served, addresses) = (try served(), try addresses())
        var first = service("a", ip: "10.0.0.5")
        try await addresses.allocate(&first, old: nil, served, isDryRun: false)
        for (ip, words) in [
            ("10.0.0.5", "provided IP is already allocated"), ("10.1.0.5", "is not in the valid range"),
        ] {
            var second = service("b", ip: ip)
            do {
                try await addresses.allocate(&second, old: nil, served, isDryRun: false)
                Issue.record("\(ip) was given twice")
            } catch {
                #expect(error.message.contains(words), "\(error.message)")
            }
        }
    }

    @Test("node ports are given, checked and returned; a dry run keeps none")
    func nodePorts() async throws {
        let (served, addresses) = (try served(), try addresses())
        var dry = service("dry", type: "NodePort", port: 30_001)
        try await addresses.allocate(&dry, old: nil, served, isDryRun: true)
        var first = service("a", type: "NodePort", port: 30_001)
        try await addresses.allocate(&first, old: nil, served, isDryRun: false)
        var taken = service("b", type: "NodePort", port: 30_001)
        await #expect(throws: APIStatus.self) {
            try await addresses.allocate(&taken, old: nil, served, isDryRun: false)
        }
        var given = service("c", type: "NodePort")
        try await addresses.allocate(&given, old: nil, served, isDryRun: false)
        #expect([30_000, 30_002].contains(given["spec"]["ports"][0]["nodePort"].int))
        // Becoming a ClusterIP gives the port back.
        var plain = service("a")
        try await addresses.allocate(&plain, old: first, served, isDryRun: false)
        #expect(plain["spec"]["clusterIP"] == first["spec"]["clusterIP"])
        addresses.release(first, keeping: plain, served)
        var again = service("b", type: "NodePort", port: 30_001)
        try await addresses.allocate(&again, old: nil, served, isDryRun: false)
    }

    @Test("headless and external services take no address")
    func none() async throws {
        let (served, addresses) = (try served(), try addresses())
        var headless = service("h", ip: "None")
        try await addresses.allocate(&headless, old: nil, served, isDryRun: false)
        #expect(headless["spec"]["clusterIPs"] == ["None"])
        var external = service("e", type: "ExternalName")
        try await addresses.allocate(&external, old: nil, served, isDryRun: false)
        #expect(external["spec"]["clusterIP"].isNull)
    }

    @Test(
        "what is no block of IPv4 addresses is no range",
        arguments: ["10.0.0.0", "10.0.0.0/8", "x/16", "10.0.0.0/31", "fd00::/64"])
    func ranges(_ text: String) { #expect(ServiceRange(text) == nil) }
}
