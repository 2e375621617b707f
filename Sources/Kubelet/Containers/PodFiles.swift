import JSON
import KubeModel

/// What a pod is called inside.
struct HostNames: Sendable, Equatable {
    /// The kernel's limit.
    private static let longest = 63

    let name: String
    /// `db.default.svc.cluster.local`; "" without a subdomain.
    let domain: String

    init(_ pod: PodSpec, domain clusterDomain: String) {
        let override = pod.spec.text("hostnameOverride")
        if !override.isEmpty {
            name = Self.shortened(override)
            domain = ""
            return
        }
        let asked = pod.spec.text("hostname")
        name = Self.shortened(asked.isEmpty ? pod.name : asked)
        let subdomain = pod.spec.text("subdomain")
        domain = subdomain.isEmpty ? "" : "\(subdomain).\(pod.namespace).svc.\(clusterDomain)"
    }

    private static func shortened(_ name: String) -> String {
        guard name.utf8.count > longest else { return name }
        var cut = Substring(name.prefix(longest))
        while let last = cut.last, last == "-" || last == "." { cut = cut.dropLast() }
        return String(cut)
    }
}

/// The texts of a pod's /etc/hosts and /etc/resolv.conf.
enum PodFiles {
    static func hosts(_ pod: PodSpec, addresses: [String], names: HostNames) -> String {
        var text = "# Kubernetes-managed hosts file.\n"
        text += "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\n"
        text += "fe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"
        for address in addresses {
            text +=
                names.domain.isEmpty
                ? "\(address)\t\(names.name)\n" : "\(address)\t\(names.name).\(names.domain)\t\(names.name)\n"
        }
        return text + aliases(pod)
    }

    /// - Parameter node: the node's own file.
    static func hosts(_ pod: PodSpec, node: String) -> String {
        "# Kubernetes-managed hosts file (host network).\n" + node + aliases(pod)
    }

    private static func aliases(_ pod: PodSpec) -> String {
        let list = pod.spec.list("hostAliases")
        if list.isEmpty { return "" }
        let lines = list.map { "\($0.text("ip"))\t\($0["hostnames"].strings.joined(separator: "\t"))\n" }
        return "\n# Entries added by HostAliases.\n" + lines.joined()
    }

    /// - Parameter node: the node's own file.
    static func resolver(_ pod: PodSpec, settings: KubeletSettings, node: String) -> String {
        var resolver = Resolver(node)
        switch policy(pod, settings) {
        case "None": resolver = Resolver("")
        case "ClusterFirst":
            let domain = settings.clusterDomain
            resolver.servers = settings.clusterDNS
            resolver.searches =
                ["\(pod.namespace).svc.\(domain)", "svc.\(domain)", domain] + resolver.searches
            resolver.options = ["ndots:5"]
        default: break
        }
        resolver.add(pod.spec["dnsConfig"])
        return resolver.text
    }

    private static func policy(_ pod: PodSpec, _ settings: KubeletSettings) -> String {
        switch pod.spec.text("dnsPolicy") {
        case "None": "None"
        case "ClusterFirstWithHostNet": settings.clusterDNS.isEmpty ? "Default" : "ClusterFirst"
        case "Default": "Default"
        default: pod.usesHostNetwork || settings.clusterDNS.isEmpty ? "Default" : "ClusterFirst"
        }
    }
}

/// resolv.conf(5) as far as pods' settings reach.
private struct Resolver {
    /// What the original writes at most.
    private static let longestServers = 3, longestSearches = 32, searchCharacters = 2_048

    var servers: [String] = [], searches: [String] = [], options: [String] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.prefix { $0 != "#" && $0 != ";" }.split { $0 == " " || $0 == "\t" }.map(String.init)
            switch words.first {
            case "nameserver": servers += words.dropFirst().prefix(1)
            case "search":
                searches = words.dropFirst().map { $0.count > 1 && $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
            case "options": options = Array(words.dropFirst())
            default: continue
            }
        }
    }

    /// A pod's `dnsConfig`: servers and searches are added, options replace those of the same name.
    mutating func add(_ config: JSON) {
        for server in config["nameservers"].strings where !servers.contains(server) { servers.append(server) }
        for search in config["searches"].strings where !searches.contains(search) { searches.append(search) }
        for option in config.list("options") {
            let name = option.text("name")
            options.removeAll { $0 == name || $0.hasPrefix(name + ":") }
            options.append(option["value"].string.map { "\(name):\($0)" } ?? name)
        }
    }

    var text: String {
        var lines: [String] = []
        var room = Self.searchCharacters
        let fitting = searches.prefix(Self.longestSearches).prefix { search in
            room -= search.utf8.count + 1
            return room >= -1
        }
        if !fitting.isEmpty { lines.append("search " + fitting.joined(separator: " ")) }
        lines += servers.prefix(Self.longestServers).map { "nameserver \($0)" }
        if !options.isEmpty { lines.append("options " + options.joined(separator: " ")) }
        return lines.map { $0 + "\n" }.joined()
    }
}
