import TestKit
import Testing

@testable import Wire

@Suite struct DNSMessageTests {
    static func name(_ text: String) throws -> DNSName { try #require(DNSName(text)) }

    static func sample() throws -> DNSMessage {
        var message = DNSMessage(
            id: 0x1234, DNSQuestion(try name("web.default.svc.cluster.local"), .srv),
            extended: DNSExtension(datagramBytes: 1_232, wantsSignatures: true))
        message.isResponse = true
        message.isAuthoritative = true
        let owner = try name("_http._tcp.web.default.svc.cluster.local"),
            web = try name("web.default.svc.cluster.local")
        message.answers = [
            DNSRecord(owner, timeToLive: 30, .srv(priority: 0, weight: 100, port: 80, target: web)),
            DNSRecord(owner, timeToLive: 30, .cname(web)), DNSRecord(owner, timeToLive: 30, .ptr(web)),
            DNSRecord(owner, timeToLive: 30, .mx(preference: 10, exchange: web)),
            DNSRecord(owner, timeToLive: 30, .txt([Array("1.1.0".utf8), []])),
        ]
        message.authorities = [
            DNSRecord(
                try name("cluster.local"), timeToLive: 30,
                .soa(
                    DNSAuthority(
                        server: try name("ns.dns.cluster.local"), mailbox: try name("hostmaster.cluster.local"),
                        serial: 1, refresh: 2, retry: 3, expire: 4, negative: 5)))
        ]
        message.additionals = [
            DNSRecord(web, timeToLive: 30, .a([10, 96, 0, 1])),
            DNSRecord(web, timeToLive: 30, .aaaa(Array(1...16))),
            DNSRecord(web, timeToLive: 30, .other(DNSType(rawValue: 65), [1, 2, 3])),
        ]
        return message
    }

    @Test("a query's bytes are those of the standard, and a name that was written before is a reference")
    func bytes() throws {
        var message = DNSMessage(id: 0xabcd, DNSQuestion(try Self.name("Ab.c"), .a))
        #expect(
            try message.bytes() == [
                0xab, 0xcd, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 0x62, 1, 0x63, 0, 0, 1, 0, 1,
            ])
        message.answers = [DNSRecord(try Self.name("x.AB.C"), timeToLive: 258, .a([1, 2, 3, 4]))]
        #expect(
            try Array(message.bytes()[22...]) == [1, 0x78, 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 2, 0, 4, 1, 2, 3, 4])
    }

    @Test("what is written is read again")
    func roundTrip() throws {
        let message = try Self.sample()
        #expect(try DNSMessage(parsing: message.bytes()) == message)
        var extended = message
        extended.status = .badVersion
        #expect(try DNSMessage(parsing: extended.bytes()).status == .badVersion)
    }

    @Test("an answer that is too long loses records from the end and says so; additional ones go silently")
    func truncation() throws {
        let message = try Self.sample()
        let whole = try message.bytes().count
        for limit in stride(from: whole, through: 80, by: -1) {
            let bytes = try message.bytes(limit: limit)
            #expect(bytes.count <= limit)
            let cut = try DNSMessage(parsing: bytes)
            #expect(cut.questions == message.questions && cut.extended == message.extended)
            #expect(cut.answers == Array(message.answers.prefix(cut.answers.count)))
            #expect(
                cut.isTruncated
                    == (cut.answers.count < message.answers.count || cut.authorities.count < message.authorities.count))
            if cut.isTruncated { #expect(cut.additionals.isEmpty) }
        }
        #expect(throws: DNSFault.tooLong) { try message.bytes(limit: 40) }
    }

    @Test(
        "what is no message is refused",
        arguments: [
            ([], DNSFault.short), ([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], .short),
            // A name that refers to itself, to what follows, and one with a label of an unknown kind.
            ([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1], .badName),
            ([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 14, 0, 1, 0, 1, 0], .badName),
            ([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x80, 1, 0, 1, 0, 1], .badName),
            // An address of three bytes, and text that is longer than its record.
            ([0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 3, 1, 2, 3], .badData),
            ([0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 2, 2, 2, 3], .badData),
        ] as [([UInt8], DNSFault)])
    func faults(_ bytes: [UInt8], _ fault: DNSFault) {
        if fault == .badData {
            #expect(throws: DNSFault.self) { try DNSMessage(parsing: bytes) }
        } else {
            #expect(throws: fault) { try DNSMessage(parsing: bytes) }
        }
    }

    @Test("no bytes crash the parser, and what it takes is written and read as the same", arguments: Fuzz.seeds(20))
    func fuzz(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let sample = try Self.sample().bytes()
        for _ in 0..<200 {
            var bytes = sample
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                case 1:
                    bytes[Int.random(in: 12..<bytes.count, using: &random)] = .random(in: 0xc0...0xc1, using: &random)
                case 2 where bytes.count > 13:
                    bytes.removeLast(Int.random(in: 1...(bytes.count - 12) / 2 + 1, using: &random))
                default: bytes.append(.random(in: 0...255, using: &random))
                }
                if bytes.count < 13 { bytes += sample }
            }
            guard let message = try? DNSMessage(parsing: bytes) else { continue }
            guard let again = try? message.bytes() else { continue }
            let reread = try DNSMessage(parsing: again)
            #expect(reread.answers == message.answers && reread.questions == message.questions)
            _ = try? message.bytes(limit: 100)
        }
    }
}

@Suite struct DNSNameTests {
    @Test("names are compared without their case, and know what they are below of")
    func comparison() throws {
        let zone = try DNSMessageTests.name("cluster.local"), name = try DNSMessageTests.name("Web.SVC.Cluster.Local.")
        #expect(name == DNSName("web.svc.cluster.local"))
        #expect(name.labels(below: zone) == ["web", "svc"])
        #expect(zone.labels(below: zone) == [])
        #expect(zone.labels(below: .root) == ["cluster", "local"])
        #expect(DNSName("notcluster.local")?.labels(below: zone) == nil)
        #expect(DNSName("local")?.labels(below: zone) == nil)
        #expect(zone.prefixed("a", "b") == DNSName("a.b.cluster.local"))
        #expect("\(name)" == "web.svc.cluster.local." && "\(DNSName.root)" == ".")
    }

    @Test("names have their limits")
    func limits() {
        let label = String(repeating: "a", count: 63)
        #expect(DNSName(label) != nil && DNSName(label + "a") == nil)
        #expect(DNSName([label, label, label, String(label.dropLast(2))].joined(separator: ".")) != nil)
        #expect(DNSName([label, label, label, String(label.dropLast(1))].joined(separator: ".")) == nil)
        #expect(DNSName("a..b") == nil && DNSName("") == nil && DNSName(".") == .root)
    }
}
