import Foundation
import Linux
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestKit
import Testing
import Wire

@testable import ClusterDNS
@testable import NameServer

/// The server on sockets, with another one as its upstream.
@Suite(.serialized) struct ServerTests {
    static let loopback = "127.0.0.1"

    /// Runs a server while `body` runs.
    static func with(
        port: Int, upstreams: UpstreamSource, upstreamPort: Int, hosts: [String: [IPAddress]] = [:],
        _ body: () async throws -> Void
    ) async throws {
        var settings = DNSSettings(
            listen: [try #require(IPAddress(loopback))], port: port, addsAddresses: false, hosts: hosts,
            upstreams: upstreams)
        settings.domain = hosts.isEmpty ? "cluster.local" : "upstream.test"
        let server = ClusterDNS(
            settings, names: FakeNames.cluster, upstreamPort: upstreamPort, log: Logger(label: "test"))
        let (ready, open) = AsyncStream.makeStream(of: Void.self)
        let running = Task {
            defer { open.finish() }
            try await server.run { open.yield() }
        }
        for await _ in ready { break }
        var fault: (any Error)?
        do { try await body() } catch { fault = error }
        running.cancel()
        do { try await running.value } catch { fault = fault ?? error }
        if let fault { throw fault }
    }

    static func ask(
        _ name: String, _ type: DNSType, port: Int, byStream: Bool = false, extended: DNSExtension? = nil
    ) async throws -> DNSMessage {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let question = DNSQuestion(try #require(DNSName(name)), type)
        let query = DNSMessage(id: .random(in: 0 ... .max), question, extended: extended)
        let server = try SocketAddress(ipAddress: loopback, port: port)
        let ticket = Forwarder.Ticket(id: query.id, question: question)
        let bytes = try query.bytes()
        let answer =
            byStream
            ? UpstreamExchange.byConnection(server, ticket, bytes, limit: .seconds(8), on: loop)
            : UpstreamExchange.byDatagram(server, ticket, bytes, limit: .seconds(8), on: loop)
        return try DNSMessage(parsing: try await answer.get())
    }

    /// Free for both protocols a moment ago.
    static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: loopback, port: 0).get()
        let port = try #require(channel.localAddress?.port)
        try await channel.close()
        return port
    }

    @Test("the cluster's names answer by datagram and by connection")
    func answers() async throws {
        let port = try await Self.freePort()
        try await Self.with(port: port, upstreams: .servers([]), upstreamPort: 1) {
            for byStream in [false, true] {
                let answer = try await Self.ask("web.default.svc.cluster.local", .a, port: port, byStream: byStream)
                #expect(answer.answers.map(NamesTests.text) == ["10.96.1.1"])
                #expect(answer.isAuthoritative && answer.offersRecursion)
            }
        }
    }

    @Test("without any upstream other names fail at once")
    func noUpstream() async throws {
        let port = try await Self.freePort()
        try await Self.with(port: port, upstreams: .servers([]), upstreamPort: 1) {
            let start = ContinuousClock.now
            let answer = try await Self.ask("example.org", .a, port: port)
            #expect(answer.status == .failure)
            #expect(ContinuousClock.now - start < .milliseconds(500))
        }
    }

    @Test("an upstream that refuses datagrams is passed for the next")
    func nextUpstream() async throws {
        let port = try await Self.freePort(), other = try await Self.freePort()
        // Nobody listens at 127.0.0.2, where the kernel says so.
        let upstreams = ["127.0.0.2", Self.loopback].compactMap { IPAddress($0) }
        try await Self.with(
            port: other, upstreams: .servers([]), upstreamPort: 1,
            hosts: ["example.org": [try #require(IPAddress("192.0.2.7"))]]
        ) {
            try await Self.with(port: port, upstreams: .servers(upstreams), upstreamPort: other) {
                let start = ContinuousClock.now
                let answer = try await Self.ask("example.org", .a, port: port)
                #expect(answer.answers.map(NamesTests.text) == ["192.0.2.7"])
                #expect(ContinuousClock.now - start < .milliseconds(500))
                let alias = try await Self.ask("out.default.svc.cluster.local", .a, port: port)
                #expect(alias.answers.map(NamesTests.text) == ["CNAME example.org.", "192.0.2.7"])
                #expect(try await Self.ask("missing.upstream.test", .a, port: port).status == .noSuchName)
            }
        }
    }

    @Test("what another server answered is answered again without it, until it is out of date")
    func keeps() async throws {
        let port = try await Self.freePort(), other = try await Self.freePort()
        let upstreams = [Self.loopback].compactMap { IPAddress($0) }
        try await Self.with(port: port, upstreams: .servers(upstreams), upstreamPort: other) {
            try await Self.with(
                port: other, upstreams: .servers([]), upstreamPort: 1,
                hosts: ["example.org": [try #require(IPAddress("192.0.2.7"))]]
            ) {
                let first = try await Self.ask("example.org", .a, port: port)
                #expect(first.answers.count == 1)
            }
            #expect(try await Self.ask("example.org", .a, port: port).answers.map(NamesTests.text) == ["192.0.2.7"])
            #expect(try await Self.ask("example.net", .a, port: port).status == .failure)
        }
    }

    @Test("a long answer comes whole by connection, and truncated by datagram when the client takes no more")
    func longAnswers() async throws {
        let port = try await Self.freePort(), other = try await Self.freePort()
        let addresses = (0..<200).compactMap { IPAddress("192.0.2.\($0)") }
        try await Self.with(port: other, upstreams: .servers([]), upstreamPort: 1, hosts: ["example.org": addresses]) {
            let upstreams = [Self.loopback].compactMap { IPAddress($0) }
            try await Self.with(port: port, upstreams: .servers(upstreams), upstreamPort: other) {
                let whole = try await Self.ask("example.org", .a, port: port, byStream: true)
                #expect(whole.answers.count == 200 && !whole.isTruncated)
                let cut = try await Self.ask("example.org", .a, port: port)
                #expect(cut.isTruncated && cut.answers.isEmpty && cut.questions.count == 1)
                let large = try await Self.ask(
                    "example.org", .a, port: port, extended: DNSExtension(datagramBytes: 4_096))
                #expect(large.answers.count == 200 && !large.isTruncated)
            }
        }
    }

    @Test("a question that comes back from an upstream is no endless loop")
    func loop() async throws {
        let port = try await Self.freePort()
        // Its own address, without knowing that it is its own.
        let file = NSTemporaryDirectory() + "hako-dns-\(getpid())-\(port)"
        try "nameserver 127.0.0.1\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let settings = DNSSettings(
            listen: [try #require(IPAddress("127.0.0.3"))], port: port, addsAddresses: false, upstreams: .file(file))
        let first = ClusterDNS(
            settings, names: FakeNames.cluster, upstreamPort: port, log: Logger(label: "test"))
        let running = Task { try await first.run() }
        defer { running.cancel() }
        try await Self.with(
            port: port, upstreams: .servers([try #require(IPAddress("127.0.0.3"))]), upstreamPort: port
        ) {
            let start = ContinuousClock.now
            let answer = try await Self.ask("example.org", .a, port: port)
            #expect(answer.status == .failure)
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test("no bytes stop the server", arguments: Fuzz.seeds(5))
    func garbage(_ seed: UInt64) async throws {
        let port = try await Self.freePort()
        var random = SeededGenerator(seed: seed)
        let datagrams = (0..<200).map { _ in
            (0..<Int.random(in: 0..<64, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        try await Self.with(port: port, upstreams: .servers([]), upstreamPort: 1) {
            let server = try SocketAddress(ipAddress: Self.loopback, port: port)
            let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(
                host: Self.loopback, port: 0
            ).get()
            for bytes in datagrams {
                channel.writeAndFlush(
                    AddressedEnvelope(remoteAddress: server, data: ByteBuffer(bytes: bytes)), promise: nil)
            }
            #expect(try await Self.ask("web.default.svc.cluster.local", .a, port: port).answers.count == 1)
            try await channel.close()
        }
    }
}
