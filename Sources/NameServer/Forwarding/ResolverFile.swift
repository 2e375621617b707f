import Linux

/// Whom a resolv.conf(5) says to ask.
enum ResolverFile {
    enum Limit {
        /// Servers of a file; more are left out, as CoreDNS does.
        static let servers = 15
    }

    /// systemd-resolved's own address, which is in the file of hosts that run it, and the file where it keeps the
    /// servers that it asks itself. Its loopback isn't ours, and where it is, it may ask us.
    private static let stubs = ["127.0.0.53", "127.0.0.54"].compactMap { IPAddress($0) }
    static let behindStub = "/run/systemd/resolve/resolv.conf"

    /// - Parameters:
    ///   - own: this server's addresses, which are left out.
    ///   - read: the text of a file; nil: it isn't there.
    static func servers(_ path: String, own: [IPAddress], read: (String) -> String?) -> [IPAddress] {
        let stated = servers(in: read(path) ?? "")
        let isStub = stated.contains { stubs.contains($0) }
        let behind = isStub && path != behindStub ? servers(in: read(behindStub) ?? "") : []
        var found: [IPAddress] = []
        for server in behind + stated where !own.contains(server) && !stubs.contains(server) && !server.isUnspecified {
            if !found.contains(server) { found.append(server) }
        }
        return Array(found.prefix(Limit.servers))
    }

    /// Comments begin with `#` or `;`; addresses of links (`fe80::1%eth0`) are no use to another namespace.
    private static func servers(in text: String) -> [IPAddress] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            return IPAddress(String(words[1]))
        }
    }
}
