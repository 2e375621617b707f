import Fault
import JSON

/// The members that `docker inspect` prints for a HostConfig and a Config, their types, and what stands there when
/// nobody said anything. Sent documents are poured into these forms: unknown members are dropped and wrong types
/// refused, as Go's decoder does.
enum ConfigForm {
    enum Kind: Sendable {
        case text, integer, flag, list, map, object
        /// A list for which one text may stand.
        case words
    }

    struct Member: Sendable {
        let name: String
        let kind: Kind
        /// What is printed when nothing was sent; nil: the member is left out then.
        let standard: JSON?
        init(_ name: String, _ kind: Kind, _ standard: JSON?) {
            self.name = name
            self.kind = kind
            self.standard = standard
        }
    }

    /// Engine API, HostConfig, in the order in which dockerd prints it.
    static let hostConfig: [Member] = [
        Member("Binds", .list, .null), Member("ContainerIDFile", .text, ""),
        Member("LogConfig", .object, ["Type": "", "Config": [:]]), Member("NetworkMode", .text, "default"),
        Member("PortBindings", .map, [:]), Member("RestartPolicy", .object, ["Name": "no", "MaximumRetryCount": 0]),
        Member("AutoRemove", .flag, false), Member("VolumeDriver", .text, ""), Member("VolumesFrom", .list, .null),
        Member("ConsoleSize", .list, [0, 0]), Member("Annotations", .map, nil),
        Member("CapAdd", .words, .null), Member("CapDrop", .words, .null), Member("CgroupnsMode", .text, ""),
        Member("Dns", .list, []), Member("DnsOptions", .list, []), Member("DnsSearch", .list, []),
        Member("ExtraHosts", .list, .null), Member("GroupAdd", .list, .null), Member("IpcMode", .text, ""),
        Member("Cgroup", .text, ""), Member("Links", .list, .null), Member("OomScoreAdj", .integer, 0),
        Member("PidMode", .text, ""), Member("Privileged", .flag, false), Member("PublishAllPorts", .flag, false),
        Member("ReadonlyRootfs", .flag, false), Member("SecurityOpt", .list, .null), Member("StorageOpt", .map, nil),
        Member("Tmpfs", .map, nil), Member("UTSMode", .text, ""), Member("UsernsMode", .text, ""),
        Member("ShmSize", .integer, 0), Member("Sysctls", .map, nil), Member("Runtime", .text, ""),
        Member("Isolation", .text, ""), Member("CpuShares", .integer, 0), Member("Memory", .integer, 0),
        Member("NanoCpus", .integer, 0), Member("CgroupParent", .text, ""), Member("BlkioWeight", .integer, 0),
        Member("BlkioWeightDevice", .list, []), Member("BlkioDeviceReadBps", .list, []),
        Member("BlkioDeviceWriteBps", .list, []), Member("BlkioDeviceReadIOps", .list, []),
        Member("BlkioDeviceWriteIOps", .list, []), Member("CpuPeriod", .integer, 0), Member("CpuQuota", .integer, 0),
        Member("CpuRealtimePeriod", .integer, 0), Member("CpuRealtimeRuntime", .integer, 0),
        Member("CpusetCpus", .text, ""), Member("CpusetMems", .text, ""), Member("Devices", .list, []),
        Member("DeviceCgroupRules", .list, .null), Member("DeviceRequests", .list, .null),
        Member("KernelMemoryTCP", .integer, nil), Member("MemoryReservation", .integer, 0),
        Member("MemorySwap", .integer, 0), Member("MemorySwappiness", .integer, .null),
        Member("OomKillDisable", .flag, .null), Member("PidsLimit", .integer, .null), Member("Ulimits", .list, []),
        Member("CpuCount", .integer, 0), Member("CpuPercent", .integer, 0), Member("IOMaximumIOps", .integer, 0),
        Member("IOMaximumBandwidth", .integer, 0), Member("Mounts", .list, nil), Member("Init", .flag, nil),
        Member("MaskedPaths", .list, .null), Member("ReadonlyPaths", .list, .null),
    ]

    /// Engine API, ContainerConfig.
    static let config: [Member] = [
        Member("Hostname", .text, ""), Member("Domainname", .text, ""), Member("User", .text, ""),
        Member("AttachStdin", .flag, false), Member("AttachStdout", .flag, false), Member("AttachStderr", .flag, false),
        Member("ExposedPorts", .map, nil), Member("Tty", .flag, false), Member("OpenStdin", .flag, false),
        Member("StdinOnce", .flag, false), Member("Env", .list, .null), Member("Cmd", .words, .null),
        Member("Healthcheck", .object, nil), Member("ArgsEscaped", .flag, nil), Member("Image", .text, ""),
        Member("Volumes", .map, .null), Member("WorkingDir", .text, ""), Member("Entrypoint", .words, .null),
        Member("NetworkDisabled", .flag, nil), Member("MacAddress", .text, nil), Member("OnBuild", .list, .null),
        Member("Labels", .map, [:]), Member("StopSignal", .text, nil), Member("StopTimeout", .integer, nil),
        Member("Shell", .words, nil),
    ]

    /// Throws `invalid` for a member of the wrong type.
    static func fill(_ members: [Member], from sent: JSON, called form: String) throws(Fault) -> JSON {
        var result = JSONObject()
        for member in members {
            let value = sent[member.name]
            if value.isNull {
                if let standard = member.standard { result[member.name] = standard }
                continue
            }
            guard fits(value, member.kind) else {
                throw Fault(
                    .invalid,
                    "invalid JSON: cannot unmarshal \(goType(value)) into field \(form).\(member.name)")
            }
            result[member.name] = member.kind == .words && value.string != nil ? [value] : value
        }
        return .object(result)
    }

    private static func fits(_ value: JSON, _ kind: Kind) -> Bool {
        switch kind {
        case .text: value.string != nil
        case .integer: value.int != nil
        case .flag: value.bool != nil
        case .list: value.array != nil
        case .words: value.array != nil || value.string != nil
        case .map, .object: value.object != nil
        }
    }

    private static func goType(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .int, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension ConfigForm {
    /// A HostConfig as dockerd keeps it after `create`.
    static func hostConfig(from sent: JSON, options: EngineOptions) throws(Fault) -> JSON {
        var host = try fill(hostConfig, from: sent, called: "HostConfig")
        if ["default", ""].contains(host["NetworkMode"].string) { host["NetworkMode"] = "bridge" }
        if host["RestartPolicy"]["Name"].string ?? "" == "" { host["RestartPolicy"]["Name"] = "no" }
        if host["RestartPolicy"]["MaximumRetryCount"].int == nil { host["RestartPolicy"]["MaximumRetryCount"] = 0 }
        host["LogConfig"] = logConfig(host["LogConfig"], options)
        if host["ShmSize"].int == 0 { host["ShmSize"] = JSON(options.shmSize) }
        let limits = host["Ulimits"].array ?? []
        let limited = Set(limits.compactMap { $0["Name"].string })
        host["Ulimits"] = .array(limits + options.ulimits.filter { !limited.contains($0["Name"].string ?? "") })
        if host["Runtime"].string == "" { host["Runtime"] = "hako" }
        if host["IpcMode"].string == "" { host["IpcMode"] = "private" }
        let isPrivileged = host["Privileged"].bool == true
        let sharesHost = host["IpcMode"].string == "host" || host["PidMode"].string == "host"
        if isPrivileged || sharesHost, !host["SecurityOpt"].strings.contains(where: { $0.hasPrefix("label=") }) {
            host["SecurityOpt"] = JSON(host["SecurityOpt"].strings + ["label=disable"])
        }
        if host["CgroupnsMode"].string == "" { host["CgroupnsMode"] = isPrivileged ? "host" : "private" }
        let memory = host["Memory"].int ?? 0
        if memory > 0, host["MemorySwap"].int == 0 { host["MemorySwap"] = JSON(memory * 2) }
        // What clients send for "not said".
        if host["MemorySwappiness"].int == -1 { host["MemorySwappiness"] = .null }
        if host["PidsLimit"].int == 0 || (host["PidsLimit"].int ?? 0) < 0 { host["PidsLimit"] = .null }
        fillPaths(&host, isPrivileged: isPrivileged)
        host["PortBindings"] = PortForm.normalised(host["PortBindings"])
        return host
    }

    /// With the daemon's own resolver settings where the container has none.
    static func withResolver(_ host: JSON, options: EngineOptions) -> JSON {
        var host = host
        for (name, values) in [
            ("Dns", options.dns), ("DnsSearch", options.dnsSearch), ("DnsOptions", options.dnsOptions),
        ]
        where !values.isEmpty && host[name].strings.isEmpty { host[name] = JSON(values) }
        return host
    }

    private static func fillPaths(_ host: inout JSON, isPrivileged: Bool) {
        let isUnconfined = isPrivileged || host["SecurityOpt"].strings.contains("systempaths=unconfined")
        if host["MaskedPaths"].isNull { host["MaskedPaths"] = isUnconfined ? .null : JSON(DefaultPaths.masked) }
        if host["ReadonlyPaths"].isNull { host["ReadonlyPaths"] = isUnconfined ? .null : JSON(DefaultPaths.readOnly) }
    }

    /// The daemon's log options hold for its own driver, each unless the container says otherwise.
    private static func logConfig(_ asked: JSON, _ options: EngineOptions) -> JSON {
        let asksForDriver = asked["Type"].string ?? "" != ""
        let driver = asksForDriver ? asked["Type"].string ?? "" : options.logDriver
        var config = asked["Config"].stringMap
        if driver == options.logDriver { config.merge(options.logOptions) { own, _ in own } }
        return ["Type": .string(driver), "Config": JSON(config)]
    }
}

/// What Docker hides of /proc and /sys, since the kernel doesn't give it a namespace.
enum DefaultPaths {
    static let masked = [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
        "/sys/devices/virtual/powercap",
    ]
    static let readOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}
