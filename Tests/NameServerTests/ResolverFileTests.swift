import Linux
import Testing

@testable import NameServer

@Suite("Whom a resolv.conf names") struct ResolverFileTests {
    private func servers(_ text: String, behind: String? = nil, own: [String] = []) -> [String] {
        ResolverFile.servers("/etc/resolv.conf", own: own.compactMap { IPAddress($0) }) { path in
            path == ResolverFile.behindStub ? behind : text
        }.map { "\($0)" }
    }

    @Test("systemd-resolved's own address stands for the servers that it asks, and never for itself")
    func stub() {
        #expect(servers("nameserver 127.0.0.53\noptions edns0", behind: "nameserver 192.0.2.1\n") == ["192.0.2.1"])
        #expect(servers("nameserver 127.0.0.53", behind: nil) == [])
        // Resolved may ask the cluster: then it is the cluster's address that is behind it.
        #expect(servers("nameserver 127.0.0.53", behind: "nameserver 10.96.0.10", own: ["10.96.0.10"]) == [])
    }

    @Test("each name server of the file is one, comments are none")
    func stated() {
        let text = "nameserver 192.0.2.1\nsearch a b\n# nameserver 192.0.2.9\nnameserver 2001:db8::1 # x\n"
        #expect(servers(text) == ["192.0.2.1", "2001:db8::1"])
        #expect(servers("") == [])
    }

    @Test("this server's own addresses are left out")
    func own() {
        let text = "# comment\nnameserver 10.96.0.10\nnameserver 192.0.2.1\nnameserver 192.0.2.1\nnameserver 0.0.0.0\n"
        #expect(servers(text, own: ["10.96.0.10"]) == ["192.0.2.1"])
        #expect(servers("nameserver fe80::1%eth0\nnameserver 2001:db8::1\n") == ["2001:db8::1"])
    }
}
