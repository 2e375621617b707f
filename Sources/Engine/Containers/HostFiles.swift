import JSON

/// The texts of /etc/hosts, /etc/hostname and /etc/resolv.conf of a container.
enum HostFiles {
    /// `extra` are `--add-host` entries, `own` the container's addresses with the names they get.
    static func hosts(extra: [(address: String, name: String)], own: [(address: String, names: String)]) -> String {
        var lines = [
            "127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback", "fe00::\tip6-localnet",
            "ff00::\tip6-mcastprefix", "ff02::1\tip6-allnodes", "ff02::2\tip6-allrouters",
        ]
        lines += extra.map { "\($0.address)\t\($0.name)" }
        lines += own.map { "\($0.address)\t\($0.names)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A host's full name and, when it has dots, its first part alone.
    static func names(_ hostname: String, domain: String) -> String {
        let full = domain.isEmpty ? hostname : "\(hostname).\(domain)"
        let first = full.prefix { $0 != "." }
        return first.isEmpty || first.utf8.count == full.utf8.count ? full : "\(full) \(first)"
    }

    /// `name:address`, `name=address`; `host-gateway` is the bridge's own address.
    static func extraHosts(_ entries: [String], gateway: String) -> [(address: String, name: String)] {
        entries.compactMap { entry in
            guard let cut = entry.firstIndex(where: { $0 == ":" || $0 == "=" }) else { return nil }
            var address = String(entry[entry.index(after: cut)...])
            if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
            if address == "host-gateway" { address = gateway }
            guard isAddress(address) else { return nil }
            return (address, String(entry[..<cut]))
        }
    }

    /// What the container asked for in place of the host's lines of that kind. `host` is the host's file.
    /// In the host's network its loopback is the container's too. `nameServer` asks all others in the container's place.
    static func resolvConf(
        host: String, config: JSON, inHostNetwork: Bool = false, nameServer: String? = nil
    ) -> String {
        let servers = config["Dns"].strings, search = config["DnsSearch"].strings
        let options = config["DnsOptions"].strings
        var result = ResolvConf(host)
        if !servers.isEmpty {
            result.servers = servers
        } else if !inHostNetwork {
            // The host's loopback isn't the container's.
            result.servers.removeAll { $0.hasPrefix("127.") || $0 == "::1" }
            if result.servers.isEmpty { result.servers = ["8.8.8.8", "8.8.4.4"] }
        }
        // "." asks for no search list at all.
        if !search.isEmpty { result.search = search == ["."] ? [] : search }
        if !options.isEmpty { result.options = options }
        if let nameServer {
            result.servers = [nameServer]
            // A container's name has no dots: it is asked for as it is first.
            if !result.options.contains(where: { $0.hasPrefix("ndots:") }) { result.options.append("ndots:0") }
        }
        return result.text
    }
}

/// resolv.conf(5), as far as containers are concerned.
struct ResolvConf: Sendable, Equatable {
    var servers: [String] = [], search: [String] = [], options: [String] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.prefix { $0 != "#" && $0 != ";" }.split(whereSeparator: { $0 == " " || $0 == "\t" })
                .map(String.init)
            guard let key = words.first else { continue }
            switch key {
            case "nameserver": servers += words.dropFirst().prefix(1)
            case "search", "domain": search = Array(words.dropFirst())
            case "options": options += words.dropFirst()
            default: continue
            }
        }
    }

    var hasOnlyLoopback: Bool { servers.allSatisfy { $0.hasPrefix("127.") || $0 == "::1" } }

    var text: String {
        var lines = servers.map { "nameserver \($0)" }
        if !search.isEmpty { lines.append("search " + search.joined(separator: " ")) }
        if !options.isEmpty { lines.append("options " + options.joined(separator: " ")) }
        return lines.joined(separator: "\n") + "\n"
    }
}
