import Linux
import Testing
import Wire

@testable import ClusterDNS
@testable import NameServer

@Suite struct NamesTests {
    static func answers(_ names: FakeNames = .cluster) throws -> ClusterAnswers {
        ClusterAnswers(
            DNSSettings(
                listen: [try #require(IPAddress("10.96.0.10"))],
                ownRanges: [try #require(IPPrefix("10.244.0.0/16")), try #require(IPPrefix("10.96.0.0/12"))],
                hosts: ["host.minikube.internal": [try #require(IPAddress("192.168.49.1"))]]), names)
    }

    /// The answer as text: `NXDOMAIN`, `NODATA`, or the records in order of their text.
    static func ask(_ name: String, _ type: DNSType, _ names: FakeNames = .cluster) throws -> [String] {
        let query = DNSMessage(id: 7, DNSQuestion(try #require(DNSName(name)), type))
        switch try answers(names).outcome(of: query) {
        case .forward: return ["forward"]
        case .silence: return ["silence"]
        case .follow(let answer, let question): return answer.answers.map(text) + ["follow \(question.name)"]
        case .answer(let answer):
            #expect(answer.isResponse && answer.id == 7 && answer.questions == query.questions)
            if answer.status == .noSuchName { return ["NXDOMAIN"] }
            if answer.status != .ok { return ["status \(answer.status.rawValue)"] }
            if answer.answers.isEmpty { return ["NODATA"] }
            for record in answer.answers + answer.additionals { #expect(record.timeToLive == 30) }
            return answer.answers.map(text).sorted() + answer.additionals.map { "+ " + text($0) }.sorted()
        }
    }

    static func text(_ record: DNSRecord) -> String {
        switch record.data {
        case .a(let bytes), .aaaa(let bytes): IPAddress(bytes: bytes).map { "\($0)" } ?? ""
        case .cname(let name): "CNAME \(name)"
        case .ns(let name): "NS \(name)"
        case .ptr(let name): "PTR \(name)"
        case .srv(let priority, let weight, let port, let target): "SRV \(priority) \(weight) \(port) \(target)"
        case .txt(let strings): "TXT \(strings.map { String(decoding: $0, as: UTF8.self) })"
        case .soa(let authority): "SOA \(authority.server) \(authority.mailbox) \(authority.negative)"
        case .mx, .other: "?"
        }
    }

    @Test(
        "names answer as the specification says",
        arguments: [
            ("kubernetes.default.svc.cluster.local", DNSType.a, ["10.96.0.1"]),
            ("web.default.svc.cluster.local", .a, ["10.96.1.1"]),
            ("WEB.Default.svc.cluster.LOCAL", .a, ["10.96.1.1"]),
            ("web.default.svc.cluster.local", .aaaa, ["fd00:96::1"]),
            ("kubernetes.default.svc.cluster.local", .aaaa, ["NODATA"]),
            ("nope.default.svc.cluster.local", .a, ["NXDOMAIN"]),
            ("web.nowhere.svc.cluster.local", .a, ["NXDOMAIN"]),
            ("default.svc.cluster.local", .a, ["NODATA"]),
            ("svc.cluster.local", .a, ["NODATA"]),
            ("nowhere.svc.cluster.local", .a, ["NXDOMAIN"]),
            ("google.com.default.svc.cluster.local", .a, ["NXDOMAIN"]),
            ("google.com.cluster.local", .a, ["NXDOMAIN"]),
            ("google.com", .a, ["forward"]),
            ("dns-version.cluster.local", .txt, [#"TXT ["1.1.0"]"#]),
            ("dns-version.cluster.local", .a, ["NODATA"]),
            ("cluster.local", .soa, ["SOA ns.dns.cluster.local. hostmaster.cluster.local. 30"]),
            ("cluster.local", .ns, ["NS ns.dns.cluster.local."]),
            ("cluster.local", .a, ["NODATA"]),
            ("ns.dns.cluster.local", .a, ["10.96.0.10"]),
            ("host.minikube.internal", .a, ["192.168.49.1"]),
        ])
    func services(_ name: String, _ type: DNSType, _ expected: [String]) throws {
        #expect(try Self.ask(name, type) == expected)
    }

    @Test(
        "ports are SRV records",
        arguments: [
            (
                "_http._tcp.web.default.svc.cluster.local",
                ["SRV 0 100 80 web.default.svc.cluster.local.", "+ 10.96.1.1", "+ fd00:96::1"]
            ),
            (
                "web.default.svc.cluster.local",
                [
                    "SRV 0 50 53 web.default.svc.cluster.local.", "SRV 0 50 80 web.default.svc.cluster.local.",
                    "+ 10.96.1.1", "+ fd00:96::1",
                ]
            ),
            ("_http._udp.web.default.svc.cluster.local", ["NXDOMAIN"]),
            ("_nope._tcp.web.default.svc.cluster.local", ["NXDOMAIN"]),
            ("_tcp.web.default.svc.cluster.local", ["NODATA"]),
            (
                "_http._tcp.db.default.svc.cluster.local",
                [
                    "SRV 0 25 8080 10-244-1-9.db.default.svc.cluster.local.",
                    "SRV 0 25 8080 db-0.db.default.svc.cluster.local.",
                    "SRV 0 25 8080 db-0.db.default.svc.cluster.local.",
                    "SRV 0 25 8080 db-1.db.default.svc.cluster.local.", "+ 10.244.0.7", "+ 10.244.0.8", "+ 10.244.1.9",
                    "+ fd00:244::7",
                ]
            ),
            ("_http._tcp.empty.default.svc.cluster.local", ["NODATA"]),
        ])
    func ports(_ name: String, _ expected: [String]) throws {
        #expect(try Self.ask(name, .srv) == expected)
    }

    @Test(
        "headless services are their ready endpoints, which have names",
        arguments: [
            ("db.default.svc.cluster.local", DNSType.a, ["10.244.0.7", "10.244.0.8", "10.244.1.9"]),
            ("db.default.svc.cluster.local", .aaaa, ["fd00:244::7"]),
            ("db-0.db.default.svc.cluster.local", .a, ["10.244.0.7"]),
            ("db-0.db.default.svc.cluster.local", .aaaa, ["fd00:244::7"]),
            ("db-1.db.default.svc.cluster.local", .aaaa, ["NODATA"]),
            ("db-2.db.default.svc.cluster.local", .a, ["NXDOMAIN"]),
            ("10-244-1-9.db.default.svc.cluster.local", .a, ["10.244.1.9"]),
            ("10-244-0-5.web.default.svc.cluster.local", .a, ["10.244.0.5"]),
            ("empty.default.svc.cluster.local", .a, ["NODATA"]),
        ])
    func headless(_ name: String, _ type: DNSType, _ expected: [String]) throws {
        #expect(try Self.ask(name, type) == expected)
    }

    @Test(
        "pods' names tell their addresses",
        arguments: [
            ("10-244-0-5.default.pod.cluster.local", DNSType.a, ["10.244.0.5"]),
            ("fd00--5.default.pod.cluster.local", .aaaa, ["fd00::5"]),
            ("10-244-0-5.default.pod.cluster.local", .aaaa, ["NODATA"]),
            ("10-244-0-5.nowhere.pod.cluster.local", .a, ["NXDOMAIN"]),
            ("web-0.default.pod.cluster.local", .a, ["NXDOMAIN"]),
            ("default.pod.cluster.local", .a, ["NODATA"]),
            ("pod.cluster.local", .a, ["NODATA"]),
        ])
    func pods(_ name: String, _ type: DNSType, _ expected: [String]) throws {
        #expect(try Self.ask(name, type) == expected)
    }

    @Test(
        "services that are other names",
        arguments: [
            ("out.default.svc.cluster.local", DNSType.a, ["CNAME example.org.", "follow example.org."]),
            ("out.default.svc.cluster.local", .cname, ["CNAME example.org."]),
            ("x.out.default.svc.cluster.local", .a, ["NXDOMAIN"]),
            ("inward.default.svc.cluster.local", .a, ["10.96.1.1", "CNAME web.default.svc.cluster.local."]),
            ("loop.default.svc.cluster.local", .a, ["status 2"]),
        ])
    func aliases(_ name: String, _ type: DNSType, _ expected: [String]) throws {
        #expect(try Self.ask(name, type) == expected)
    }

    @Test(
        "addresses have names",
        arguments: [
            ("1.1.96.10.in-addr.arpa", ["PTR web.default.svc.cluster.local."]),
            ("7.0.244.10.in-addr.arpa", ["PTR db-0.db.default.svc.cluster.local."]),
            ("9.0.244.10.in-addr.arpa", ["NXDOMAIN"]),
            ("77.0.244.10.in-addr.arpa", ["NXDOMAIN"]),
            ("1.0.0.127.in-addr.arpa", ["forward"]),
            ("244.10.in-addr.arpa", ["forward"]),
        ])
    func reverse(_ name: String, _ expected: [String]) throws {
        #expect(try Self.ask(name, .ptr) == expected)
    }

    @Test("IPv6 addresses are read from their names")
    func reverse6() throws {
        let name = try #require(
            DNSName("7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.4.4.2.0.0.0.d.f.ip6.arpa"))
        #expect(ReverseName.address(name) == IPAddress("fd00:244::7"))
    }

    @Test("before anything is known of the cluster its names fail, and don't seem missing")
    func unknown() throws {
        #expect(try Self.ask("web.default.svc.cluster.local", .a, FakeNames(isKnown: false)) == ["status 2"])
        #expect(try Self.ask("1.1.96.10.in-addr.arpa", .ptr, FakeNames(isKnown: false)) == ["status 2"])
    }

    @Test("what isn't a plain query for the internet is refused")
    func refusals() throws {
        let answers = try Self.answers()
        let name = try #require(DNSName("cluster.local"))
        var query = DNSMessage(id: 1, DNSQuestion(name, .axfr))
        func status(_ query: DNSMessage) -> DNSStatus? {
            if case .answer(let answer) = answers.outcome(of: query) { answer.status } else { nil }
        }
        #expect(status(query) == .refused)
        query.questions = [DNSQuestion(name, .txt, class: 3)]
        #expect(status(query) == .refused)
        query.questions = []
        #expect(status(query) == .malformed)
        query = DNSMessage(id: 1, DNSQuestion(name, .a))
        query.operation = 4
        #expect(status(query) == .notImplemented)
        query.operation = 0
        query.extended = DNSExtension(datagramBytes: 512)
        query.extended?.version = 1
        #expect(status(query) == .badVersion)
        query.isResponse = true
        #expect(status(query) == nil)
    }
}
