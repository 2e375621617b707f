import CommandLine
import ContainerNetwork
import Engine
import Fault
import JSON
import Linux
import Registry
import Wire

/// What `hako daemon` can be told, in dockerd's terms.
struct DaemonOptions: Sendable {
    var hosts: [String] = []
    var group = "docker"
    var dataRoot = "/var/lib/hako"
    /// Sockets, monitors' state and locks; another one makes a daemon of its own, network included.
    var execRoot = AutoStart.runFolder
    var pidFile = ""
    /// Empty: the first address of the first pool.
    var bip = ""
    /// `base=10.0.0.0/8,size=24`.
    var addressPools: [String] = []
    /// Empty: `hako0`, or a name made from another exec root.
    var bridge = ""
    var fixedCIDR = ""
    var hasIPv6 = false
    var fixedCIDRv6 = ""
    /// Bytes; 0: 1500.
    var mtu = 0
    var icc = true
    var hostAddress = ""
    var mirrors: [String] = []
    var insecureRegistries: [String] = []
    /// For what the daemon asks of registries; empty: what the environment says.
    var httpProxy = "", httpsProxy = "", noProxy = ""
    var tls = false
    var tlsVerify = false
    var authority = ""
    var certificate = ""
    var key = ""
    var logLevel = "info"
    var debug = false
    var labels: [String] = []
    var logDriver = "json-file"
    var logOptions: [String] = []
    var dns: [String] = []
    var dnsSearch: [String] = []
    var dnsOptions: [String] = []
    /// `name=soft[:hard]`.
    var ulimits: [String] = []
    /// Empty: 64 MiB.
    var shmSize = ""
    var configFile = ""
    var liveRestore = true
    var validate = false
    var wantsVersion = false
    /// Seconds that running requests get at the end.
    var shutdownTimeout = 15
}

/// One option: its flag, and its key in daemon.json when it has one.
struct DaemonSetting: Sendable {
    enum Shape: Sendable { case text, toggle, int, list, map, limits, pools }

    let flag: Flag<DaemonOptions>
    let key: String?
    let shape: Shape

    static let all: [DaemonSetting] = [
        .list("host", "H", "hosts", \.hosts, "Where to listen: unix:///path or tcp://address:port"),
        .text("group", "G", "group", \.group, default: "docker", "Group of the unix socket"),
        .text(
            "data-root", nil, "data-root", \.dataRoot, default: "/var/lib/hako",
            "Folder of images, volumes and containers"),
        .text(
            "exec-root", nil, "exec-root", \.execRoot, default: AutoStart.runFolder,
            "Folder of what lasts until the machine stops"),
        .text("pidfile", "p", "pidfile", \.pidFile, default: "EXEC-ROOT/hako.pid", "File for the daemon's process ID"),
        .text("bip", nil, "bip", \.bip, default: "172.17.0.1/16", "Address of the default bridge, in CIDR notation"),
        .text("bridge", "b", "bridge", \.bridge, default: "hako0", "Name of the default bridge"),
        .text("fixed-cidr", nil, "fixed-cidr", \.fixedCIDR, "Part of the bridge's subnet for containers' addresses"),
        .toggle("ipv6", nil, "ipv6", \.hasIPv6, "Give the default bridge IPv6"),
        .text("fixed-cidr-v6", nil, "fixed-cidr-v6", \.fixedCIDRv6, "Its IPv6 subnet; one is made up without"),
        DaemonSetting(
            flag: .int("mtu", \.mtu, default: 1500, "MTU of the default bridge"), key: "mtu", shape: .int),
        .toggle("icc", nil, "icc", \.icc, "Let containers on the default bridge reach each other (default true)"),
        .text("ip", nil, "ip", \.hostAddress, default: "0.0.0.0", "Host address of published ports that name none"),
        .list("registry-mirror", nil, "registry-mirrors", \.mirrors, "Mirror of Docker Hub to ask first"),
        .list(
            "insecure-registry", nil, "insecure-registries", \.insecureRegistries,
            "Registry, or range of addresses, without verified TLS"),
        .proxy("http-proxy", \.httpProxy, "Proxy for plain HTTP; wins over HTTP_PROXY"),
        .proxy("https-proxy", \.httpsProxy, "Proxy for HTTPS; wins over HTTPS_PROXY"),
        .proxy("no-proxy", \.noProxy, "Hosts that are asked without a proxy; wins over NO_PROXY"),
        .toggle("tls", nil, "tls", \.tls, "Use TLS on TCP; implied by --tlsverify"),
        .toggle("tlsverify", nil, "tlsverify", \.tlsVerify, "Use TLS and demand client certificates"),
        .text(
            "tlscacert", nil, "tlscacert", \.authority, default: "~/.docker/ca.pem",
            "Authority of the clients' certificates"),
        .text("tlscert", nil, "tlscert", \.certificate, default: "~/.docker/cert.pem", "The daemon's certificate"),
        .text("tlskey", nil, "tlskey", \.key, default: "~/.docker/key.pem", "The daemon's private key"),
        .text("log-level", "l", "log-level", \.logLevel, default: "info", "debug, info, warn, error or fatal"),
        .toggle("debug", "D", "debug", \.debug, "The same as --log-level debug"),
        .list("label", nil, "labels", \.labels, "Label of this daemon: key=value"),
        .text(
            "log-driver", nil, "log-driver", \.logDriver, default: "json-file",
            "Log driver of containers that name none"),
        DaemonSetting(
            flag: .list("log-opt", \.logOptions, value: "map", "Option of the log driver: key=value"), key: "log-opts",
            shape: .map),
        .list("dns", nil, "dns", \.dns, "DNS server of containers that name none"),
        .list("dns-search", nil, "dns-search", \.dnsSearch, "DNS search domain of containers that name none"),
        .list("dns-opt", nil, "dns-opts", \.dnsOptions, "DNS option of containers that name none"),
        DaemonSetting(
            flag: .list(
                "default-address-pool", \.addressPools, value: "pool-options",
                "Where networks get their subnets: base=10.0.0.0/8,size=24"),
            key: "default-address-pools", shape: .pools),
        DaemonSetting(
            flag: .list(
                "default-ulimit", \.ulimits, value: "ulimit", "Limit of containers that don't set it: name=soft[:hard]"),
            key: "default-ulimits", shape: .limits),
        .text("default-shm-size", nil, "default-shm-size", \.shmSize, default: "64MiB", "Size of containers' /dev/shm"),
        .text("config-file", nil, nil, \.configFile, default: DaemonFile.standardPath, "The configuration file"),
        DaemonSetting(
            flag: .toggle("live-restore", \.liveRestore, "Containers go on without the daemon: always so here"),
            key: "live-restore", shape: .toggle),
        .toggle("version", "v", nil, \.wantsVersion, "Print the version and end"),
        .toggle("validate", nil, nil, \.validate, "Check the configuration and end"),
        DaemonSetting(
            flag: .int(
                "shutdown-timeout", \.shutdownTimeout, default: 15, "Seconds that running requests get at the end"),
            key: "shutdown-timeout", shape: .int),
    ]

    private static func text(
        _ name: String, _ short: Character?, _ key: String?,
        _ path: any WritableKeyPath<DaemonOptions, String> & Sendable,
        default shown: String? = nil, _ help: String
    ) -> DaemonSetting {
        DaemonSetting(flag: .text(name, short: short, path, default: shown, help), key: key, shape: .text)
    }

    /// In daemon.json these stand together under `proxies`.
    private static func proxy(
        _ name: String, _ path: any WritableKeyPath<DaemonOptions, String> & Sendable, _ help: String
    ) -> DaemonSetting {
        DaemonSetting(flag: .text(name, path, help), key: "proxies.\(name)", shape: .text)
    }

    private static func toggle(
        _ name: String, _ short: Character?, _ key: String?,
        _ path: any WritableKeyPath<DaemonOptions, Bool> & Sendable, _ help: String
    ) -> DaemonSetting {
        DaemonSetting(flag: .toggle(name, short: short, path, help), key: key, shape: .toggle)
    }

    private static func list(
        _ name: String, _ short: Character?, _ key: String,
        _ path: any WritableKeyPath<DaemonOptions, [String]> & Sendable, _ help: String
    ) -> DaemonSetting {
        DaemonSetting(flag: .list(name, short: short, path, help), key: key, shape: .list)
    }
}

// MARK: - What follows from the options

extension DaemonOptions {
    private var isStandard: Bool { execRoot == AutoStart.runFolder }

    /// Eight hexadecimal digits that tell exec roots apart (FNV-1a).
    private var mark: String {
        let hash = execRoot.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    var pidPath: String { pidFile.isEmpty ? execRoot + "/hako.pid" : pidFile }
    var listensOn: [String] { hosts.isEmpty ? ["unix://\(execRoot)/docker.sock"] : hosts }

    var engine: EngineOptions {
        var options = EngineOptions()
        options.dataRoot = dataRoot
        options.execRoot = execRoot
        let pools = addressPools.compactMap { try? AddressPoolOption.parse($0) }
        if !pools.isEmpty { options.addressPools = AddressPoolOption.arranged(pools) }
        options.bip = bip.isEmpty ? AddressPoolOption.bridgeAddress(options.addressPools) ?? options.bip : bip
        options.bridgeName = !bridge.isEmpty ? bridge : isStandard ? "hako0" : "hk\(mark)"
        options.networkTable = isStandard ? "hakobune" : "hakobune_\(mark)"
        options.bridge.range = fixedCIDR
        options.bridge.hasIPv6 = hasIPv6
        options.bridge.subnet6 = fixedCIDRv6
        options.bridge.mtu = mtu
        options.bridge.containersTalk = icc
        options.bridge.hostAddress = hostAddress
        options.registry.mirrors = mirrors
        options.registry.insecure = insecureRegistries
        options.registry.proxies = ProxyRules.fromEnvironment.replacing(
            http: httpProxy, https: httpsProxy, except: noProxy)
        options.debug = isVerbose
        options.labels = labels
        options.logDriver = logDriver
        options.dns = dns
        options.dnsSearch = dnsSearch
        options.dnsOptions = dnsOptions
        options.ulimits = ulimits.compactMap(Self.limit)
        if !shmSize.isEmpty, let bytes = Units.parseBinarySize(shmSize) { options.shmSize = Int(bytes) }
        options.logOptions = Dictionary(logOptions.compactMap(Self.pair)) { _, last in last }
        return options
    }

    var isVerbose: Bool { debug || logLevel == "debug" }

    private static func pair(_ text: String) -> (String, String)? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty ? (String(parts[0]), String(parts[1])) : nil
    }

    /// `nofile=1024:2048`; nil for another form.
    private static func limit(_ text: String) -> JSON? {
        guard let (name, values) = pair(text) else { return nil }
        let numbers = values.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(numbers.count), let soft = numbers[0], let hard = numbers[numbers.count - 1] else {
            return nil
        }
        return ["Name": .string(name), "Soft": JSON(soft), "Hard": JSON(hard)]
    }

    func tlsFiles(home: String) -> TLSFiles? {
        guard tls || tlsVerify else { return nil }
        func path(_ given: String, _ name: String) -> String { given.isEmpty ? "\(home)/.docker/\(name)" : given }
        return TLSFiles(
            authority: tlsVerify || !authority.isEmpty ? path(authority, "ca.pem") : nil,
            certificate: path(certificate, "cert.pem"),
            key: path(key, "key.pem"), verify: tlsVerify)
    }

    /// Throws `invalid`, in dockerd's words, for what no engine should start with.
    func check() throws(Fault) {
        for text in labels + logOptions where Self.pair(text) == nil {
            throw Fault(.invalid, "bad attribute format: \(text): must be key=value")
        }
        guard ["trace", "debug", "info", "warn", "warning", "error", "fatal", "panic"].contains(logLevel) else {
            throw Fault(.invalid, "invalid logging level: \(logLevel)")
        }
        for text in ulimits where Self.limit(text) == nil {
            throw Fault(.invalid, "invalid ulimit argument: \(text): must be name=soft[:hard]")
        }
        for text in addressPools { _ = try AddressPoolOption.parse(text) }
        guard shmSize.isEmpty || Units.parseBinarySize(shmSize) != nil else {
            throw Fault(.invalid, "invalid size: '\(shmSize)'")
        }
        guard mtu == 0 || (68...65_535).contains(mtu) else {
            throw Fault(.invalid, "invalid mtu: \(mtu): must be between 68 and 65535")
        }
        guard hostAddress.isEmpty || IPAddress(hostAddress)?.isV4 == true else {
            throw Fault(.invalid, "invalid argument \"\(hostAddress)\" for \"--ip\": not an IPv4 address")
        }
        for (name, path) in [("data-root", dataRoot), ("exec-root", execRoot)] where !path.hasPrefix("/") {
            throw Fault(.invalid, "--\(name) must be an absolute path, and \"\(path)\" is not")
        }
        // The kernel's IFNAMSIZ, its final zero left out.
        guard bridge.utf8.count <= 15 else {
            throw Fault(.invalid, "bridge name \"\(bridge)\" is longer than 15 bytes")
        }
        for host in listensOn where host != SocketActivation.host {
            _ = try Self.endpoint(host, hasTLS: tls || tlsVerify)
        }
    }

    /// `unix:///path`, `tcp://host[:port]` or `host:port`. Docker's ports: 2375 plain, 2376 with TLS.
    static func endpoint(_ host: String, hasTLS: Bool) throws(Fault) -> Endpoint {
        if host.hasPrefix("unix://") {
            let path = String(host.dropFirst(7))
            guard path.hasPrefix("/") else { throw Fault(.invalid, "unix socket path must be absolute: \(host)") }
            return .unix(path: path)
        }
        let rest = host.hasPrefix("tcp://") ? host.dropFirst(6) : host[...]
        guard !rest.contains("://"), !rest.isEmpty else {
            throw Fault(.invalid, "invalid bind address (\(host)): use unix:///path or tcp://address:port")
        }
        let port = hasTLS ? 2376 : 2375
        if rest.hasPrefix("[") {
            let parts = rest.dropFirst().split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].isEmpty || parts[1].hasPrefix(":"),
                let number = parts[1].isEmpty ? port : Int(parts[1].dropFirst())
            else { throw Fault(.invalid, "invalid bind address (\(host))") }
            return .tcp(host: String(parts[0]), port: number)
        }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let number = parts.count == 2 ? Int(parts[1]) : port, (0...65_535).contains(number)
        else {
            throw Fault(.invalid, "invalid bind address (\(host))")
        }
        return .tcp(host: parts[0].isEmpty ? "127.0.0.1" : String(parts[0]), port: number)
    }
}
