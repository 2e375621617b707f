import CLinux
import Foundation
import Linux
import Logging
import TestKit
import Testing

@testable import ClusterDNS
@testable import NameServer

/// Root in a network namespace that reaches nothing but itself (`unshare -n swift test --filter ClusterDNSTests`).
private let isAloneInNamespace: Bool =
    getuid() == 0 && ((try? RouteNetlink.here().links().allSatisfy { $0.name == "lo" || !$0.isUp }) ?? false)
private let busybox = "/usr/bin/busybox"

/// A resolver of another maker, at the address and port that pods have in their resolv.conf.
@Suite(.serialized, .enabled(if: isAloneInNamespace && FileManager.default.fileExists(atPath: busybox)))
struct ResolverTests {
    @Test("BusyBox's nslookup understands the answers")
    func nslookup() async throws {
        let address = try #require(IPAddress("10.96.0.10"))
        let netlink = try RouteNetlink.here()
        try netlink.carryOut([RouteNetlink.setUp(RouteNetlink.loopback)])
        var settings = DNSSettings(listen: [address], upstreams: .servers([]))
        settings.ownRanges = ["10.96.0.0/12", "10.244.0.0/16"].compactMap { IPPrefix($0) }
        let server = ClusterDNS(settings, names: FakeNames.cluster, upstreamPort: 53, log: Logger(label: "test"))
        let (ready, open) = AsyncStream.makeStream(of: Void.self)
        let running = Task {
            defer { open.finish() }
            try await server.run { open.yield() }
        }
        for await _ in ready { break }
        func ask(_ type: String, _ name: String) async throws -> Answer {
            try await Command.run([busybox, "nslookup", "-type=\(type)", name, "10.96.0.10"], seconds: 20)
        }
        for (type, name, expected) in [
            ("a", "web.default.svc.cluster.local", "Address: 10.96.1.1"),
            ("aaaa", "web.default.svc.cluster.local", "Address: fd00:96::1"),
            ("a", "db-1.db.default.svc.cluster.local", "Address: 10.244.0.8"),
            ("ptr", "1.1.96.10.in-addr.arpa", "web.default.svc.cluster.local"),
            ("srv", "_http._tcp.web.default.svc.cluster.local", "service = 0 100 80 web.default.svc.cluster.local"),
            ("txt", "dns-version.cluster.local", "1.1.0"),
        ] {
            let answer = try await ask(type, name)
            #expect(answer.out.contains(expected), "\(answer)")
        }
        #expect(try await ask("a", "nope.default.svc.cluster.local").out.contains("NXDOMAIN"))
        #expect(try await ask("a", "example.org").out.contains("SERVFAIL"))
        running.cancel()
        try await running.value
        try netlink.carryOut([
            RouteNetlink.deleteAddress(
                LinkAddress(index: RouteNetlink.loopback, address: address.bytes, prefix: 32))
        ])
    }
}
