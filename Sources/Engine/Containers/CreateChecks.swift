import CLinux
import Fault
import JSON

/// What dockerd refuses before it makes anything, in its words.
enum CreateChecks {
    /// Bytes under which a container can't even start.
    static let minimumMemory = 6 << 20

    static func check(config: JSON, host: JSON, processors: Int) throws(Fault) {
        try checkProcess(config)
        try checkHealth(config["Healthcheck"])
        try checkNetwork(config, host)
        try checkCapabilities(host)
        try checkRestart(host)
        try checkModes(host)
        try checkResources(host, processors: processors)
    }

    private static func checkProcess(_ config: JSON) throws(Fault) {
        if let folder = config["WorkingDir"].string, !folder.isEmpty, !folder.hasPrefix("/") {
            throw Fault(.invalid, "the working directory '\(folder)' is invalid, it needs to be an absolute path")
        }
        for entry in config["Env"].strings where entry.isEmpty || entry.hasPrefix("=") {
            throw Fault(.invalid, "invalid environment variable: \(entry)")
        }
        for name in ["Cmd", "Entrypoint", "Env"] {
            guard config[name].strings.count == config[name].array?.count ?? 0 else {
                throw Fault(.invalid, "invalid JSON: field ContainerConfig.\(name) holds something that is no string")
            }
        }
        // As dockerd: any number will do, and turns out to be none when it is to be sent. Nor are exposed ports
        // looked at before one of them is to be published.
        if let signal = config["StopSignal"].string, !signal.isEmpty, Signal.number(signal) == nil,
            Int(signal) ?? 0 == 0
        {
            throw Fault(.invalid, "invalid signal: \(signal)")
        }
        let hostname = config["Hostname"].string ?? ""
        if hostname.utf8.count > 63 { throw Fault(.invalid, "invalid hostname format: \(hostname)") }
    }

    private static func checkHealth(_ health: JSON) throws(Fault) {
        guard health.object != nil else { return }
        let names = [
            ("Interval", "Interval"), ("Timeout", "Timeout"), ("StartPeriod", "StartPeriod"),
            ("StartInterval", "StartInterval"),
        ]
        for (member, word) in names {
            let value = health[member].int ?? 0
            if value != 0, value < 1_000_000 {
                throw Fault(.invalid, "\(word) in Healthcheck cannot be less than 1ms")
            }
        }
        if (health["Retries"].int ?? 0) < 0 { throw Fault(.invalid, "Retries in Healthcheck cannot be negative") }
        if let kind = health["Test"].strings.first, !["CMD", "CMD-SHELL", "NONE"].contains(kind) {
            throw Fault(.invalid, "Unknown healthcheck type '\(kind)' (expected 'CMD')")
        }
    }

    private static func checkNetwork(_ config: JSON, _ host: JSON) throws(Fault) {
        for (key, bindings) in host["PortBindings"].object ?? JSONObject() {
            _ = try PortForm.port(key)
            _ = bindings
        }
        _ = try PortForm.bindings(hostConfig: host, exposed: .null)
        let mode = host["NetworkMode"].string ?? ""
        guard mode.hasPrefix("container:") else {
            if host["UTSMode"].string == "host", !(config["Hostname"].string ?? "").isEmpty {
                throw Fault(.invalid, "conflicting options: hostname and the UTS mode")
            }
            if mode == "host", !(host["Links"].array ?? []).isEmpty { throw linkOnHost }
            return
        }
        func conflict(_ what: String) -> Fault { Fault(.invalid, "conflicting options: \(what) and the network mode") }
        if !(config["Hostname"].string ?? "").isEmpty { throw conflict("hostname") }
        if !(host["Links"].array ?? []).isEmpty {
            throw Fault(
                .invalid,
                "conflicting options: container type network can't be used with links. This would result in undefined behavior"
            )
        }
        if !(host["Dns"].array ?? []).isEmpty { throw conflict("dns") }
        if !(host["ExtraHosts"].array ?? []).isEmpty { throw conflict("custom host-to-IP mapping") }
        if !(config["MacAddress"].string ?? "").isEmpty { throw conflict("mac-address") }
        if !(host["PortBindings"].object ?? JSONObject()).isEmpty || host["PublishAllPorts"].bool == true {
            throw Fault(.invalid, "conflicting options: port publishing and the container type network mode")
        }
    }

    /// Ports that the request exposes; those of the image don't matter.
    static func checkExposed(asked config: JSON, host: JSON) throws(Fault) {
        guard (host["NetworkMode"].string ?? "").hasPrefix("container:"),
            !(config["ExposedPorts"].object ?? JSONObject()).isEmpty
        else { return }
        throw Fault(.invalid, "conflicting options: port exposing and the container type network mode")
    }

    static func checkRestart(_ host: JSON) throws(Fault) {
        let policy = host["RestartPolicy"]
        let name = policy["Name"].string ?? "no", retries = policy["MaximumRetryCount"].int ?? 0
        switch name {
        case "always", "unless-stopped", "no":
            if retries != 0 {
                var text = "invalid restart policy: maximum retry count can only be used with 'on-failure'"
                if retries < 0 { text += " and cannot be negative" }
                throw Fault(.invalid, text)
            }
        case "on-failure":
            if retries < 0 {
                throw Fault(.invalid, "invalid restart policy: maximum retry count cannot be negative")
            }
        default:
            throw Fault(
                .invalid,
                "invalid restart policy: unknown policy '\(name)'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
            )
        }
        if host["AutoRemove"].bool == true, name != "no" {
            throw Fault(.invalid, "can't create 'AutoRemove' container with restart policy")
        }
    }

    private static func checkModes(_ host: JSON) throws(Fault) {
        func mode(_ member: String, _ title: String, _ words: Set<String>, container: Bool = false) throws(Fault) {
            let value = host[member].string ?? ""
            if value.isEmpty || words.contains(value) { return }
            if container, value.hasPrefix("container:"), value.utf8.count > "container:".utf8.count { return }
            throw Fault(.invalid, "\(title): \(value)")
        }
        try mode("PidMode", "invalid PID mode", ["host"], container: true)
        try mode("IpcMode", "invalid IPC mode", ["none", "private", "shareable", "host"], container: true)
        try mode("UTSMode", "invalid UTS mode", ["host"])
        try mode("UsernsMode", "invalid userns mode", ["host"])
        try mode("CgroupnsMode", "invalid cgroup namespace mode", ["private", "host"])
        try LogOptionChecks.check(host["LogConfig"])
        let isolation = host["Isolation"].string ?? ""
        guard ["", "default"].contains(isolation.lowercased()) else {
            throw Fault(.invalid, "invalid isolation (\(isolation)): linux only supports 'default'")
        }
        if host["StorageOpt"]["size"].string != nil {
            throw Fault(
                .internalFault, "--storage-opt is supported only for overlay over xfs with 'pquota' mount option")
        }
        if let name = host["StorageOpt"].object?.names.first { throw Fault(.internalFault, "Unknown option \(name)") }
        let runtime = host["Runtime"].string ?? ""
        if !["hako", "runc", "io.containerd.runc.v2"].contains(runtime) {
            throw Fault(.invalid, "unknown or invalid runtime name: \(runtime)")
        }
        if let requests = host["DeviceRequests"].array, let first = requests.first {
            let wanted = (first["Capabilities"].array ?? []).map { "[" + $0.strings.joined(separator: " ") + "]" }
                .joined(separator: " ")
            throw Fault(
                .invalid,
                "could not select device driver \"\(first["Driver"].string ?? "")\" with capabilities: [\(wanted)]")
        }
        if (host["ShmSize"].int ?? 0) < 0 { throw Fault(.invalid, "SHM size can not be less than 0") }
        let score = host["OomScoreAdj"].int ?? 0
        if score < -1000 || score > 1000 {
            throw Fault(.invalid, "Invalid value \(score), range for oom score adj is [-1000, 1000]")
        }
        try checkSecurity(host["SecurityOpt"].strings)
    }

    static let linkOnHost = Fault(
        .invalid,
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior")

    private static func checkCapabilities(_ host: JSON) throws(Fault) {
        for member in ["CapAdd", "CapDrop"] {
            for text in host[member].strings where !Capabilities.isKnown(text) {
                throw Fault(.invalid, "invalid \(member): unknown capability: \"\(Capabilities.canonical(text))\"")
            }
        }
    }

    private static func checkSecurity(_ options: [String]) throws(Fault) {
        for option in options {
            if ["no-new-privileges", "writable-cgroups", "disable"].contains(option) { continue }
            guard let cut = option.firstIndex(of: "=") ?? option.firstIndex(of: ":") else {
                throw Fault(.invalid, "invalid --security-opt 1: \"\(option)\"")
            }
            let value = String(option[option.index(after: cut)...])
            switch option[..<cut] {
            case "seccomp", "apparmor", "label", "systempaths": continue
            case "no-new-privileges" where TruthValue.parse(value) != nil: continue
            case "writable-cgroups" where TruthValue.parse(value) != nil: continue
            default: throw Fault(.invalid, "invalid --security-opt 2: \"\(option)\"")
            }
        }
    }
}
