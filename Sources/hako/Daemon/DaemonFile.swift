import CLinux
import CommandLine
import Fault
import JSON
import Linux

/// `daemon.json`: the same options as the flags, each at most in one of the two places.
enum DaemonFile {
    static let standardPath = "/etc/hako/daemon.json"

    /// Keys of dockerd's that change nothing here; they are accepted with a warning, so that a file can be shared.
    static let ignoredKeys: Set<String> = [
        "experimental", "features", "storage-driver", "storage-opts", "exec-opts", "iptables", "ip6tables",
        "ip-forward", "ip-masq",
        "userland-proxy", "userland-proxy-path", "max-concurrent-downloads", "max-concurrent-uploads",
        "max-download-attempts",
        "containerd", "builder", "metrics-addr", "selinux-enabled", "no-new-privileges", "default-runtime", "runtimes",
        "init",
        "init-path", "raw-logs", "log-format", "oom-score-adjust", "allow-nondistributable-artifacts",
    ]

    /// Puts the file's values into `options`.
    /// - Parameter given: names of the flags that were given; one of those in the file as well is an error.
    /// - Returns: keys that were ignored.
    static func apply(to options: inout DaemonOptions, given: Set<String>) throws(Fault) -> [String] {
        let path = options.configFile.isEmpty ? standardPath : options.configFile
        func fault(_ reason: String) -> Fault {
            Fault(.invalid, "unable to configure the Docker daemon with file \(path): \(reason)")
        }
        let text: String
        do { text = try KernelFile.read(path) } catch {
            guard error.errno == ENOENT, options.configFile.isEmpty else { throw fault("\(error)") }
            return []
        }
        guard !text.allSatisfy(\.isWhitespace) else { return [] }
        let parsed: JSON
        do { parsed = try JSON(parsing: text) } catch { throw fault("\(error)") }
        guard let members = flattened(parsed) else { throw fault("not a JSON object") }
        let known = Dictionary(DaemonSetting.all.compactMap { setting in setting.key.map { ($0, setting) } }) {
            first, _ in first
        }
        let unknown = members.names.filter { known[$0] == nil && !ignoredKeys.contains($0) }
        guard unknown.isEmpty else {
            throw fault(
                "the following directives don't match any configuration option: \(unknown.joined(separator: ", "))")
        }
        try refuseConflicts(members, known, given, options, fault)
        for (key, value) in members {
            guard let setting = known[key] else { continue }
            do {
                for text in try texts(value, setting.shape, key) { try setting.flag.set(&options, text) }
            } catch { throw fault("\(key): \(error)") }
        }
        return members.names.filter { ignoredKeys.contains($0) }
    }

    /// The file's members, those of `proxies` as members of their own (`proxies.http-proxy`); nil for no object.
    private static func flattened(_ file: JSON) -> JSONObject? {
        guard var members = file.object else { return nil }
        guard let proxies = members["proxies"]?.object else { return members }
        members["proxies"] = nil
        for (name, value) in proxies { members["proxies.\(name)"] = value }
        return members
    }

    private static func refuseConflicts(
        _ members: JSONObject, _ known: [String: DaemonSetting], _ given: Set<String>, _ options: DaemonOptions,
        _ fault: (String) -> Fault
    ) throws(Fault) {
        let twice = members.filter { known[$0.key].map { given.contains($0.flag.name) } ?? false }
        guard !twice.isEmpty else { return }
        let list = twice.map { key, value in
            "\(key): (from flag: \(known[key].map { shown($0, options) } ?? ""), from file: \(goText(value)))"
        }
        throw fault(
            "the following directives are specified both as a flag and in the configuration file: \(list.joined(separator: ", "))"
        )
    }

    /// A flag's value as Go's `%v` prints it.
    private static func shown(_ setting: DaemonSetting, _ options: DaemonOptions) -> String {
        let mirror = Mirror(reflecting: options).children.first { $0.label == labels[setting.flag.name] }?.value
        if let list = mirror as? [String] { return "[\(list.joined(separator: " "))]" }
        return mirror.map { "\($0)" } ?? ""
    }

    private static let labels = [
        "host": "hosts", "group": "group", "data-root": "dataRoot", "exec-root": "execRoot", "pidfile": "pidFile",
        "bip": "bip",
        "bridge": "bridge", "registry-mirror": "mirrors", "insecure-registry": "insecureRegistries", "tls": "tls",
        "tlsverify": "tlsVerify", "tlscacert": "authority", "tlscert": "certificate", "tlskey": "key",
        "log-level": "logLevel",
        "debug": "debug", "label": "labels", "log-driver": "logDriver", "log-opt": "logOptions",
        "live-restore": "liveRestore",
        "shutdown-timeout": "shutdownTimeout", "dns": "dns", "dns-search": "dnsSearch", "dns-opt": "dnsOptions",
        "http-proxy": "httpProxy", "https-proxy": "httpsProxy", "no-proxy": "noProxy",
        "fixed-cidr": "fixedCIDR", "ipv6": "hasIPv6", "fixed-cidr-v6": "fixedCIDRv6", "mtu": "mtu", "icc": "icc",
        "ip": "hostAddress", "default-ulimit": "ulimits", "default-shm-size": "shmSize",
        "default-address-pool": "addressPools",
    ]

    private static func goText(_ value: JSON) -> String {
        if let text = value.string { return text }
        if let list = value.array { return "[\(list.map(goText).joined(separator: " "))]" }
        if let map = value.object {
            return "map[\(map.sortedByKey().map { "\($0.key):\(goText($0.value))" }.joined(separator: " "))]"
        }
        return value.text
    }

    private static func texts(_ value: JSON, _ shape: DaemonSetting.Shape, _ key: String) throws(Fault) -> [String] {
        switch shape {
        case .text: if let text = value.string { return [text] }
        case .toggle: if let flag = value.bool { return ["\(flag)"] }
        case .int: if let number = value.int { return ["\(number)"] }
        case .list: if let list = value.array, list.allSatisfy({ $0.string != nil }) { return value.strings }
        case .map:
            if let map = value.object, map.allSatisfy({ $0.value.string != nil }) {
                return value.stringMap.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            }
        case .limits:
            if let map = value.object {
                return map.map { name, limit in
                    "\(limit["Name"].string ?? name)=\(limit["Soft"].int ?? 0):\(limit["Hard"].int ?? limit["Soft"].int ?? 0)"
                }
            }
        case .pools:
            if let list = value.array, list.allSatisfy({ $0["base"].string != nil }) {
                return list.map { "base=\($0["base"].string ?? ""),size=\($0["size"].int ?? 0)" }
            }
        }
        throw Fault(.invalid, "expected \(name(shape))")
    }
    private static func name(_ shape: DaemonSetting.Shape) -> String {
        switch shape {
        case .text: "a text"
        case .toggle: "true or false"
        case .int: "a number"
        case .list: "a list of texts"
        case .map: "an object of texts"
        case .limits: "an object of limits"
        case .pools: "a list of objects with base and size"
        }
    }
}
