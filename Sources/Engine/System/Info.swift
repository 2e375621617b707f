import CLinux
import ImageStore
import JSON
import Linux
import OCI
import Registry

extension Engine {
    /// Engine API, SystemInfo.
    package func info() async throws -> JSON {
        let states = containers.all.map(\.record.state)
        let running = states.filter { $0.status == .running || $0.status == .restarting }.count
        let paused = states.filter(\.isPaused).count
        var json: JSON = [
            "ID": .string(try await identity()), "Containers": JSON(states.count), "ContainersRunning": JSON(running),
            "ContainersPaused": JSON(paused), "ContainersStopped": JSON(states.count - running - paused),
            "Images": JSON(try await images.images().count), "Driver": "overlay2",
            "DriverStatus": [["Backing Filesystem", .string(HostFacts.fileSystem(options.dataRoot))]],
            "SystemStatus": .null,
            "Plugins": [
                "Volume": ["local"], "Network": ["bridge", "host", "null"], "Authorization": .null,
                "Log": ["json-file", "local", "none"],
            ],
        ]
        addLimits(&json)
        addDaemon(&json)
        json["Swarm"] = [
            "NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive", "ControlAvailable": false, "Error": "",
            "RemoteManagers": .null,
        ]
        json["Runtimes"] = ["hako": ["path": "hako-runtime"]]
        json["DefaultRuntime"] = "hako"
        json["LiveRestoreEnabled"] = true
        json["Isolation"] = ""
        json["InitBinary"] = "hako-runtime"
        for name in ["ContainerdCommit", "RuncCommit", "InitCommit"] { json[name] = ["ID": ""] }
        let seccomp = HostFacts.hasSeccomp ? ["name=seccomp,profile=builtin"] : []
        json["SecurityOptions"] = JSON(seccomp + ["name=cgroupns"])
        json["CDISpecDirs"] = []
        json["FirewallBackend"] = ["Driver": "nftables"]
        let warnings = Self.warnings()
        json["Warnings"] = warnings.isEmpty ? .null : JSON(warnings)
        return json
    }

    private func addLimits(_ json: inout JSON) {
        let limits: [(String, KernelLimits.Limit)] = [
            ("MemoryLimit", .memory), ("SwapLimit", .swap), ("CpuCfsPeriod", .quota), ("CpuCfsQuota", .quota),
            ("CPUShares", .shares), ("CPUSet", .cpuset), ("PidsLimit", .pids), ("OomKillDisable", .oomKillDisable),
        ]
        for (name, limit) in limits { json[name] = .bool(KernelLimits.here.has(limit)) }
        json["IPv4Forwarding"] = true
        json["Debug"] = .bool(options.debug)
        json["CgroupDriver"] = "cgroupfs"
        json["CgroupVersion"] = .string(HostFacts.cgroupVersion)
    }

    /// What `docker info` says under its output.
    private static func warnings() -> [String] {
        let isUnified = HostFacts.cgroupVersion == "2"
        var lines: [(KernelLimits.Limit, String)] = [
            (.memory, "memory limit"), (.swap, "swap limit"), (.quota, "cpu cfs quota"), (.quota, "cpu cfs period"),
            (.shares, "cpu shares"), (.cpuset, "cpuset"),
            (.readBytes, isUnified ? "io.max (rbps)" : "blkio throttle.read_bps_device"),
            (.writeBytes, isUnified ? "io.max (wbps)" : "blkio throttle.write_bps_device"),
            (.readOperations, isUnified ? "io.max (riops)" : "blkio throttle.read_iops_device"),
            (.writeOperations, isUnified ? "io.max (wiops)" : "blkio throttle.write_iops_device"),
        ]
        // Each of these is a matter of the other version alone.
        lines += isUnified ? [(.weight, "io.weight")] : [(.oomKillDisable, "oom kill disable")]
        return lines.filter { !KernelLimits.here.has($0.0) }.map { "WARNING: No \($0.1) support" }
    }

    private func addDaemon(_ json: inout JSON) {
        let release = HostFacts.operatingSystem
        let rest: JSON = [
            "NFd": JSON(HostFacts.openDescriptors), "NGoroutines": 0, "SystemTime": .string(rfc3339(nowNanoseconds())),
            "LoggingDriver": .string(options.logDriver), "NEventsListener": JSON(events.listenerCount),
            "KernelVersion": .string(HostFacts.kernelRelease), "OperatingSystem": .string(release.name),
            "OSVersion": .string(release.version), "OSType": "linux", "Architecture": .string(HostFacts.machine),
            "IndexServerAddress": "https://index.docker.io/v1/",
            "RegistryConfig": registryConfig,
            "NCPU": JSON(HostFacts.processors), "MemTotal": .int(HostFacts.memory), "GenericResources": .null,
            "DockerRootDir": .string(options.dataRoot),
            "HttpProxy": .string(ProxyRules.masked(options.registry.proxies.http)),
            "HttpsProxy": .string(ProxyRules.masked(options.registry.proxies.https)),
            "NoProxy": .string(options.registry.proxies.except), "Name": .string(HostFacts.hostname),
            "Labels": JSON(options.labels), "ExperimentalBuild": false, "ServerVersion": .string(Product.version),
        ]
        for (name, value) in rest.object ?? JSONObject() { json[name] = value }
    }

    /// Mirrors of docker.io, and who may be spoken to without verified TLS.
    private var registryConfig: JSON {
        let mirrors = JSON(options.registry.mirrors.map { $0.hasSuffix("/") ? $0 : $0 + "/" })
        let blocks = options.registry.insecure.filter { $0.contains("/") }
        var indexes: JSON = [
            "docker.io": ["Mirrors": mirrors, "Name": "docker.io", "Official": true, "Secure": true]
        ]
        for name in options.registry.insecure where !name.contains("/") {
            indexes[name] = ["Mirrors": [], "Name": .string(name), "Official": false, "Secure": false]
        }
        return [
            "IndexConfigs": indexes, "InsecureRegistryCIDRs": JSON(["::1/128", "127.0.0.0/8"] + blocks),
            "Mirrors": mirrors,
        ]
    }

    /// A name of this data root that stays.
    private func identity() async throws -> String {
        if let known = try store.all(.setting).first(where: { $0.key == "id" })?.body.string { return known }
        let digits = Self.randomID().prefix(32)
        let parts = [0, 8, 12, 16, 20].map { start in
            let end = [0: 8, 8: 12, 12: 16, 16: 20, 20: 32][start] ?? 32
            return String(digits.dropFirst(start).prefix(end - start))
        }
        let fresh = parts.joined(separator: "-")
        try await store.write(.put(.setting, "id", .string(fresh)))
        return fresh
    }
}

extension HostFacts {
    /// `1` or `2`: where the controllers are.
    static let cgroupVersion = (try? ControlGroupLayout.current())?.isUnified == true ? "2" : "1"

    /// As uname(2) has it.
    #if arch(x86_64)
        static let machine = "x86_64"
    #elseif arch(arm64)
        static let machine = "aarch64"
    #endif

    static let hasSeccomp = access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == 0

    /// os-release(5).
    static let operatingSystem: (name: String, version: String) = {
        let text = (try? KernelFile.read("/etc/os-release")) ?? (try? KernelFile.read("/usr/lib/os-release")) ?? ""
        func value(_ key: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix(key + "=") }.map { line in
                String(line.dropFirst(key.count + 1)).filter { $0 != "\"" }
            }
        }
        return (value("PRETTY_NAME") ?? "Linux", value("VERSION_ID") ?? "")
    }()

    static var openDescriptors: Int {
        guard let stream = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(stream) }
        var count = 0
        while readdir(stream) != nil { count += 1 }
        return max(0, count - 3)
    }

    static func environment(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }

    /// `extfs` and so on, as dockerd names what lies below a folder.
    static func fileSystem(_ path: String) -> String {
        let names: [Int: String] = [
            0xEF53: "extfs", 0x9123_683E: "btrfs", 0x5846_5342: "xfs", 0x2FC1_2FC1: "zfs", 0x0102_1994: "tmpfs",
            0x794C_7630: "overlayfs", 0xF2F5_2010: "f2fs",
        ]
        var status = statfs()
        guard statfs(path, &status) == 0 else { return "<unknown>" }
        return names[Int(status.f_type) & 0xFFFF_FFFF] ?? "<unknown>"
    }
}
