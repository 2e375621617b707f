import JSON

/// A structure of Docker's types, whose fields Go prints in its own order, also those that JSON leaves out when they
/// are empty. Known by members that no other has. Where Go prints the address of what a field points at, which helps
/// nobody, the thing itself is printed.
struct GoStructure {
    private indirect enum Part {
        /// `empty`: what the field's zero value prints.
        case field(name: String, empty: String)
        /// A structure in the structure, whose fields JSON mixes with the outer one's.
        case embedded([Part])
    }

    private let signature: [String]
    private let parts: [Part]

    private init(_ signature: [String], _ fields: String) {
        self.signature = signature
        var words = fields.split(whereSeparator: \.isWhitespace)[...]
        parts = Self.parts(&words)
    }

    /// `Name`: text; `Name:EMPTY`: another type, and how its zero value prints; `( … )`: an embedded structure.
    private static func parts(_ words: inout ArraySlice<Substring>) -> [Part] {
        var parts: [Part] = []
        while let word = words.popFirst(), word != ")" {
            if word == "(" {
                parts.append(.embedded(self.parts(&words)))
            } else {
                let halves = word.split(separator: ":", maxSplits: 1).map(String.init)
                parts.append(.field(name: halves[0], empty: halves.count > 1 ? halves[1] : ""))
            }
        }
        return parts
    }

    private static let all = [
        GoStructure(
            ["OOMKilled", "StartedAt"],
            """
            Status Running:false Paused:false Restarting:false OOMKilled:false Dead:false Pid:0 ExitCode:0 Error StartedAt
            FinishedAt Health:<nil>
            """),
        GoStructure(
            ["Hostname", "AttachStdin"],
            """
            Hostname Domainname User AttachStdin:false AttachStdout:false AttachStderr:false ExposedPorts:map[] Tty:false
            OpenStdin:false StdinOnce:false Env:[] Cmd:[] Healthcheck:<nil> ArgsEscaped:false Image Volumes:map[]
            WorkingDir Entrypoint:[] NetworkDisabled:false MacAddress OnBuild:[] Labels:map[] StopSignal
            StopTimeout:<nil> Shell:[]
            """),
        GoStructure(
            ["ReadonlyRootfs", "RestartPolicy"],
            """
            Binds:[] ContainerIDFile LogConfig NetworkMode PortBindings:map[] RestartPolicy AutoRemove:false VolumeDriver
            VolumesFrom:[] ConsoleSize:[] Annotations:map[] CapAdd:[] CapDrop:[] CgroupnsMode Dns:[] DnsOptions:[]
            DnsSearch:[] ExtraHosts:[] GroupAdd:[] IpcMode Cgroup Links:[] OomScoreAdj:0 PidMode Privileged:false
            PublishAllPorts:false ReadonlyRootfs:false SecurityOpt:[] StorageOpt:map[] Tmpfs:map[] UTSMode UsernsMode
            ShmSize:0 Sysctls:map[] Runtime Isolation
            ( CpuShares:0 Memory:0 NanoCpus:0 CgroupParent BlkioWeight:0 BlkioWeightDevice:[] BlkioDeviceReadBps:[]
              BlkioDeviceWriteBps:[] BlkioDeviceReadIOps:[] BlkioDeviceWriteIOps:[] CpuPeriod:0 CpuQuota:0
              CpuRealtimePeriod:0 CpuRealtimeRuntime:0 CpusetCpus CpusetMems Devices:[] DeviceCgroupRules:[]
              DeviceRequests:[] KernelMemory:0 KernelMemoryTCP:0 MemoryReservation:0 MemorySwap:0
              MemorySwappiness:<nil> OomKillDisable:<nil> PidsLimit:<nil> Ulimits:[] CpuCount:0 CpuPercent:0
              IOMaximumIOps:0 IOMaximumBandwidth:0 )
            Mounts:[] MaskedPaths:[] ReadonlyPaths:[] Init:<nil>
            """),
        GoStructure(
            ["SandboxID", "Networks"],
            """
            ( Bridge SandboxID SandboxKey Ports:map[] HairpinMode:false LinkLocalIPv6Address LinkLocalIPv6PrefixLen:0
              SecondaryIPAddresses:[] SecondaryIPv6Addresses:[] )
            ( EndpointID Gateway GlobalIPv6Address GlobalIPv6PrefixLen:0 IPAddress IPPrefixLen:0 IPv6Gateway MacAddress )
            Networks:map[]
            """),
        GoStructure(
            ["IPAMConfig", "NetworkID"],
            """
            IPAMConfig:<nil> Links:[] Aliases:[] MacAddress DriverOpts:map[] GwPriority:0 NetworkID EndpointID Gateway
            IPAddress IPPrefixLen:0 IPv6Gateway GlobalIPv6Address GlobalIPv6PrefixLen:0 DNSNames:[]
            """),
        GoStructure(
            ["IPAM", "ConfigFrom"],
            """
            Name Id Created Scope Driver EnableIPv4:false EnableIPv6:false IPAM Internal:false Attachable:false
            Ingress:false ConfigFrom:{} ConfigOnly:false Containers:map[] Options:map[] Labels:map[] Peers:[]
            Services:map[]
            """),
        GoStructure(
            ["CreatedAt", "Mountpoint"],
            """
            ClusterVolume:<nil> CreatedAt Driver Labels:map[] Mountpoint Name Options:map[] Scope Status:map[]
            UsageData:<nil>
            """),
        GoStructure(
            ["RepoTags", "RootFS"],
            """
            Id RepoTags:[] RepoDigests:[] Parent Comment Created Container ContainerConfig:<nil> DockerVersion Author
            Config:<nil> Architecture Variant Os OsVersion Size:0 VirtualSize:0 GraphDriver RootFS Metadata
            Descriptor:<nil> Manifests:[]
            """),
        GoStructure(
            ["Type", "Target"],
            """
            Type Source Target ReadOnly:false Consistency BindOptions:<nil> VolumeOptions:<nil> ImageOptions:<nil>
            TmpfsOptions:<nil> ClusterOptions:<nil>
            """),
        GoStructure(["Destination", "RW"], "Type Name Source Destination Driver Mode RW:false Propagation"),
        GoStructure(["MaximumRetryCount"], "Name MaximumRetryCount:0"),
        GoStructure(["Driver", "Config", "Options"], "Driver Options:map[] Config:[]"),
        GoStructure(["Subnet"], "Subnet IPRange Gateway AuxiliaryAddresses:map[]"),
        GoStructure(["IPv4Address", "EndpointID"], "Name EndpointID MacAddress IPv4Address IPv6Address"),
        GoStructure(["IPv4Address"], "IPv4Address IPv6Address LinkLocalIPs:[]"),
        GoStructure(["LastTagTime"], "LastTagTime"),
        GoStructure(
            ["Env"],
            """
            ( User ExposedPorts:map[] Env:[] Entrypoint:[] Cmd:[] Volumes:map[] WorkingDir Labels:map[] StopSignal
              ArgsEscaped:false )
            ( Healthcheck:<nil> OnBuild:[] Shell:[] )
            """),
    ]

    /// Two members each, which alone would fit other things.
    private static let pairs = [
        (GoStructure(["Data", "Name"], "Data:map[] Name")), (GoStructure(["Config", "Type"], "Type Config:map[]")),
        (GoStructure(["Layers", "Type"], "Type Layers:[]")),
    ]

    /// What Go prints of an object that is a known structure; nil: it isn't one.
    static func text(_ members: JSONObject) -> String? {
        ownWords(members) ?? of(members)?.text(members)
    }

    private static func of(_ members: JSONObject) -> GoStructure? {
        if let known = all.first(where: { $0.signature.allSatisfy { members[$0] != nil } }) { return known }
        guard members.count == 2 else { return nil }
        return pairs.first { $0.signature.allSatisfy { members[$0] != nil } }
    }

    /// Types that say themselves how they print: limits, and block devices' weights and rates.
    private static func ownWords(_ members: JSONObject) -> String? {
        if members.count == 3, let name = members["Name"], let soft = members["Soft"], let hard = members["Hard"] {
            return "\(GoPrint.text(name))=\(GoPrint.text(soft)):\(GoPrint.text(hard))"
        }
        if members.count == 2, let path = members["Path"], let number = members["Weight"] ?? members["Rate"] {
            return "\(GoPrint.text(path)):\(GoPrint.text(number))"
        }
        return nil
    }

    private func text(_ members: JSONObject) -> String { Self.text(parts, members) }

    private static func text(_ parts: [Part], _ members: JSONObject) -> String {
        let texts = parts.map { part -> String in
            switch part {
            case .embedded(let inner): text(inner, members)
            case .field(let name, let empty): text(of: name, empty: empty, members)
            }
        }
        return "{" + texts.joined(separator: " ") + "}"
    }

    private static func text(of name: String, empty: String, _ members: JSONObject) -> String {
        guard let value = members[name], !value.isNull else { return empty }
        if case .object(let map) = value, empty == "map[]" {
            let entries = map.sortedByKey().map { "\($0.key):\(GoPrint.text($0.value, under: "{}"))" }
            return "map[" + entries.joined(separator: " ") + "]"
        }
        let isTime = name == "LastTagTime" || (name == "Created" && members["IPAM"] != nil)
        if isTime, let text = value.string { return Timestamp(rfc3339: text)?.utcGoText ?? text }
        return GoPrint.text(value, under: name)
    }
}
