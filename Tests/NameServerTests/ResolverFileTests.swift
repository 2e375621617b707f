import Linux
import Testing

@testable import NameServer

@Suite("Whom a resolv.conf says to ask")
struct ResolverFileTests {
    @Test(
        "the servers of a resolv.conf, and behind systemd-resolved's own",
        arguments: [
            (
                "nameserver 192.0.2.1\nsearch a b\n# nameserver 192.0.2.9\nnameserver 2001:db8::1 # x\n",
                ["192.0.2.1", "2001:db8::1"]
            ),
            ("nameserver 127.0.0.53\noptions edns0", ["198.51.100.1"]),
            ("nameserver 10.96.0.10\nnameserver 192.0.2.1", ["192.0.2.1"]),
            ("nameserver fe80::1%eth0", []), ("", []),
        ])
    func resolverFile(_ text: String, _ expected: [String]) throws {
        let own = [try #require(IPAddress("10.96.0.10"))]
        let found = ResolverFile.servers("/etc/resolv.conf", own: own) { path in
            switch path {
            case "/etc/resolv.conf": text
            case ResolverFile.behindStub: "nameserver 198.51.100.1\n"
            default: nil
            }
        }
        #expect(found.map { "\($0)" } == expected)
    }
}
