import ContainerNetwork
import JSON
import NameServer
import Testing
import Wire

@testable import Engine

@Suite("Names on networks of the user's")
struct ContainerNamesTests {
    private static func member(_ name: String, _ endpoints: ContainerRecord.Endpoint...) -> ContainerRecord {
        var record = ContainerTableTests.record(name + "0123456789abcdef", name)
        record.config = ["Hostname": .string(name + "-host")]
        record.endpoints = endpoints
        return record
    }

    private static func on(
        _ network: String, _ address: String, _ address6: String = "", gateway: String = "10.0.0.1", more: JSON = [:]
    ) -> ContainerRecord.Endpoint {
        var endpoint = ContainerRecord.Endpoint(network: network, settings: more)
        endpoint.state = EndpointState()
        endpoint.state?.networkID = "id-" + network
        endpoint.state?.ipAddress = address
        endpoint.state?.ipv6Address = address6
        endpoint.state?.gateway = gateway
        return endpoint
    }

    private static let records = [
        member("web", on("shop", "10.0.0.2", "fd00::2", more: ["Aliases": ["front"], "Links": ["db:store"]])),
        member("db", on("shop", "10.0.0.3", more: ["Aliases": ["data"]]), on("my.back", "10.0.1.3")),
        member("db2", on("shop", "10.0.0.4", more: ["Aliases": ["data"]])),
        member("spy", on("elsewhere", "10.0.2.2", gateway: "")),
        member("plain", on("bridge", "172.17.0.2")),
        member("both", on("bridge", "172.17.0.3"), on("my.back", "10.0.1.4")),
    ]

    /// The answer's records, sorted; or what else is done with the question.
    private static func ask(_ asker: String, _ name: String, _ type: DNSType = .a) throws -> [String] {
        let names = ContainerNames(id: asker + "0123456789abcdef") { records }
        let question = DNSQuestion(try #require(DNSName(name)), type)
        switch names.outcome(of: DNSMessage(id: 1, question), question) {
        case .forward: return ["forward"]
        case .answer(let answer) where answer.status != .ok: return ["status \(answer.status.rawValue)"]
        case .answer(let answer):
            #expect(answer.answers.allSatisfy { $0.name == question.name && $0.timeToLive == 600 })
            return answer.answers.map { record in
                switch record.data {
                case .a(let bytes): bytes.map { "\($0)" }.joined(separator: ".")
                case .aaaa(let bytes): "…\(bytes[15])"
                case .ptr(let name): "\(name)"
                default: "\(record.data)"
                }
            }.sorted()
        case .silence, .follow: return ["neither"]
        }
    }

    @Test(
        "who is asked for by which name, from where",
        arguments: [
            ("web", "db", DNSType.a, ["10.0.0.3"]),
            ("web", "DB", .a, ["10.0.0.3"]),
            ("web", "data", .a, ["10.0.0.3", "10.0.0.4"]),
            ("web", "db012345678", .a, ["forward"]), ("web", "db0123456789", .a, ["10.0.0.3"]),
            ("web", "db-host", .a, ["10.0.0.3"]),
            ("web", "web", .a, ["10.0.0.2"]), ("web", "front", .aaaa, ["…2"]),
            ("web", "db", .aaaa, []), ("web", "db", .txt, []),
            ("web", "web", .any, ["10.0.0.2", "…2"]),
            ("web", "store", .a, ["10.0.0.3"]), ("db2", "store", .a, ["forward"]),
            ("web", "db.shop", .a, ["10.0.0.3"]), ("web", "db.my.back", .a, ["forward"]),
            ("both", "db.my.back", .a, ["10.0.1.3"]), ("both", "web", .a, ["forward"]),
            ("db", "both", .a, ["10.0.1.4"]),
            ("web", "plain", .a, ["forward"]), ("plain", "both", .a, ["forward"]),
            ("web", "spy", .a, ["forward"]), ("spy", "web", .a, ["status 2"]), ("spy", "spy", .a, ["10.0.2.2"]),
            ("web", "3.0.0.10.in-addr.arpa", .ptr, ["db.shop."]),
            ("web", "3.1.0.10.in-addr.arpa", .ptr, ["forward"]),
            ("nobody", "web", .a, ["status 2"]),
        ] as [(String, String, DNSType, [String])])
    func names(_ asker: String, _ name: String, _ type: DNSType, _ expected: [String]) throws {
        #expect(try Self.ask(asker, name, type) == expected)
    }

    @Test("each of several comes first sometimes")
    func roundRobin() throws {
        let names = ContainerNames(id: "web0123456789abcdef") { Self.records }
        let question = DNSQuestion(try #require(DNSName("data")), .a)
        var first: Set<DNSData> = []
        for _ in 0..<200 {
            if case .answer(let answer) = names.outcome(of: DNSMessage(id: 1, question), question) {
                first.insert(try #require(answer.answers.first).data)
            }
        }
        #expect(first.count == 2)
    }
}
