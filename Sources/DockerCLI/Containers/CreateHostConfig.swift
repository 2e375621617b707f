import CommandLine
import Fault
import JSON

extension CreateBody {
    func host(bindings: JSON, binds: [String], networkMode: String) throws -> JSON {
        let restart = try CreateValue.restartPolicy(options.restart)
        let (security, unconfinedPaths) = try securityOptions()
        func list(_ values: [String]) -> JSON { values.isEmpty ? .null : JSON(values) }
        var host: JSON = [
            "Binds": list(binds), "ContainerIDFile": .string(options.idFile),
            "LogConfig": ["Type": .string(options.logDriver), "Config": JSON(KeyValueFile.map(options.logOptions))],
            "NetworkMode": .string(networkMode), "PortBindings": bindings,
            "RestartPolicy": ["Name": .string(restart.name), "MaximumRetryCount": JSON(restart.retries)],
            "AutoRemove": .bool(options.autoRemove), "VolumeDriver": .string(options.volumeDriver),
            "VolumesFrom": list(options.volumesFrom), "ConsoleSize": [0, 0],
        ]
        if !options.annotations.isEmpty { host["Annotations"] = JSON(KeyValueFile.map(options.annotations)) }
        let rest: [(String, JSON)] = [
            ("CapAdd", list(Capabilities.normalized(options.capAdd))),
            ("CapDrop", list(Capabilities.normalized(options.capDrop))),
            ("CgroupnsMode", .string(options.cgroupNamespace)), ("Dns", JSON(options.dns)),
            ("DnsOptions", JSON(options.dnsOptions)), ("DnsSearch", JSON(options.dnsSearch)),
            ("ExtraHosts", list(options.addHosts)), ("GroupAdd", list(options.groupAdd)),
            ("IpcMode", .string(options.ipc)),
            ("Cgroup", ""), ("Links", list(options.links)), ("OomScoreAdj", JSON(options.oomScoreAdjustment)),
            ("PidMode", .string(options.pid)), ("Privileged", .bool(options.privileged)),
            ("PublishAllPorts", .bool(options.publishAll)), ("ReadonlyRootfs", .bool(options.readOnly)),
            ("SecurityOpt", options.securityOptions.isEmpty ? .null : JSON(security)),
        ]
        for (name, value) in rest { host[name] = value }
        if !options.storageOptions.isEmpty { host["StorageOpt"] = try storageOptions() }
        if !options.tmpfs.isEmpty { host["Tmpfs"] = tmpfs }
        host["UTSMode"] = .string(options.uts)
        host["UsernsMode"] = .string(options.userns)
        host["ShmSize"] = .int(options.shmSize)
        if !options.sysctls.isEmpty { host["Sysctls"] = JSON(Dictionary(options.sysctls) { $1 }) }
        if !options.runtime.isEmpty { host["Runtime"] = .string(options.runtime) }
        host["Isolation"] = .string(options.isolation)
        for (name, value) in try resources() { host[name] = value }
        if !options.mounts.isEmpty { host["Mounts"] = .array(options.mounts.map(\.json)) }
        host["MaskedPaths"] = unconfinedPaths ? [] : .null
        host["ReadonlyPaths"] = unconfinedPaths ? [] : .null
        if let initProcess = options.initProcess { host["Init"] = .bool(initProcess) }
        return host
    }

    private func storageOptions() throws -> JSON {
        let isGood = options.storageOptions.allSatisfy { $0.contains("=") }
        guard isGood else { throw Failure("invalid storage option") }
        return JSON(KeyValueFile.map(options.storageOptions))
    }

    private var tmpfs: JSON {
        JSON(Dictionary(options.tmpfs.map { $0.cut(":") ?? ($0, "") }) { $1 })
    }

    private func resources() throws -> [(String, JSON)] {
        func limits(_ values: [DeviceLimit], _ field: String = "Rate") -> JSON {
            .array(values.map { ["Path": .string($0.path), field: .int($0.value)] })
        }
        var pairs: [(String, JSON)] = [
            ("CpuShares", JSON(options.cpuShares)), ("Memory", .int(options.memory)),
            ("NanoCpus", .int(options.nanoCPUs)),
            ("CgroupParent", .string(options.cgroupParent)), ("BlkioWeight", JSON(options.blkioWeight)),
            ("BlkioWeightDevice", limits(options.blkioWeightDevices, "Weight")),
            ("BlkioDeviceReadBps", limits(options.readBps)),
            ("BlkioDeviceWriteBps", limits(options.writeBps)), ("BlkioDeviceReadIOps", limits(options.readIOps)),
            ("BlkioDeviceWriteIOps", limits(options.writeIOps)), ("CpuPeriod", JSON(options.cpuPeriod)),
            ("CpuQuota", JSON(options.cpuQuota)), ("CpuRealtimePeriod", JSON(options.cpuRealtimePeriod)),
            ("CpuRealtimeRuntime", JSON(options.cpuRealtimeRuntime)), ("CpusetCpus", .string(options.cpusetCPUs)),
            ("CpusetMems", .string(options.cpusetMems)),
        ]
        let (devices, requests) = try deviceMappings()
        pairs += [
            ("Devices", .array(devices)),
            ("DeviceCgroupRules", options.deviceRules.isEmpty ? .null : JSON(options.deviceRules)),
            ("DeviceRequests", requests.isEmpty ? .null : .array(requests)),
        ]
        pairs += [
            ("MemoryReservation", .int(options.memoryReservation)), ("MemorySwap", .int(options.memorySwap)),
            ("MemorySwappiness", JSON(options.swappiness)), ("OomKillDisable", .bool(options.oomKillDisable)),
            ("PidsLimit", JSON(options.pidsLimit)), ("Ulimits", ulimits), ("CpuCount", JSON(options.cpuCount)),
            ("CpuPercent", JSON(options.cpuPercent)), ("IOMaximumIOps", JSON(options.ioMaxIOps)),
            ("IOMaximumBandwidth", .int(options.ioMaxBandwidth)),
        ]
        return pairs
    }

    private var ulimits: JSON {
        .array(
            options.ulimits.sorted { $0.name < $1.name }.map {
                ["Name": .string($0.name), "Hard": .int($0.hard), "Soft": .int($0.soft)]
            })
    }

    private func deviceMappings() throws -> (devices: [JSON], requests: [JSON]) {
        var devices: [JSON] = [], named: [String] = []
        for text in options.devices {
            if DeviceSpec.isQualifiedName(text) {
                named.append(text)
            } else {
                devices.append(try DeviceSpec.mapping(text))
            }
        }
        var requests = options.gpus.map { request -> JSON in
            [
                "Driver": .string(request.driver), "Count": JSON(request.count),
                "DeviceIDs": request.devices.isEmpty ? .null : JSON(request.devices),
                "Capabilities": [JSON(request.capabilities)], "Options": JSON(request.options),
            ]
        }
        if !named.isEmpty {
            requests.append([
                "Driver": "cdi", "Count": 0, "DeviceIDs": JSON(named), "Capabilities": nil, "Options": nil,
            ])
        }
        return (devices, requests)
    }

    /// Largest seccomp profile we send, in bytes.
    private static let profileBytes = 4 << 20

    /// The options with profiles read in; and whether the masked paths are to be left open.
    private func securityOptions() throws -> ([String], unconfinedPaths: Bool) {
        var kept: [String] = [], unconfined = false
        for option in options.securityOptions {
            if option == "systempaths=unconfined" {
                unconfined = true
                continue
            }
            let pair = option.cut("=") ?? (option == "no-new-privileges" ? nil : option.cut(":"))
            let name = pair?.0 ?? option, value = pair?.1 ?? ""
            guard !value.isEmpty || name == "no-new-privileges" else {
                throw Failure("Invalid --security-opt: \"\(option)\"")
            }
            guard name == "seccomp", value != "unconfined", value != "builtin" else {
                kept.append(option)
                continue
            }
            kept.append("seccomp=" + (try profile(value)))
        }
        return (kept, unconfined)
    }

    private func profile(_ path: String) throws -> String {
        let bytes: [UInt8]
        do { bytes = try WholeFile.read(path, limit: Self.profileBytes) } catch {
            throw Failure("opening seccomp profile (\(path)) failed: \(sentence(error))")
        }
        do { return try JSON(parsing: bytes).text } catch {
            throw Failure("compacting json for seccomp profile (\(path)) failed: \(error)")
        }
    }
}

enum Capabilities {
    /// Upper case with `CAP_`, sorted, each once; `ALL` stands for all others.
    static func normalized(_ names: [String]) -> [String] {
        let full = Set(
            names.map { name -> String in
                let upper = name.trimmed.uppercased()
                if upper == "ALL" { return upper }
                return upper.hasPrefix("CAP_") ? upper : "CAP_" + upper
            })
        return full.contains("ALL") ? ["ALL"] : full.sorted()
    }
}

enum DeviceSpec {
    /// `vendor.com/class=name`, the form of the Container Device Interface.
    static func isQualifiedName(_ text: String) -> Bool {
        guard !text.hasPrefix("/"), let (kind, name) = text.cut("="), let (vendor, group) = kind.cut("/") else {
            return false
        }
        return !vendor.isEmpty && !group.isEmpty && !name.isEmpty
    }

    private static func isMode(_ text: String) -> Bool {
        !text.isEmpty && text.allSatisfy { "rwm".contains($0) } && Set(text).count == text.count
    }

    /// `HOST[:CONTAINER][:MODE]`.
    static func mapping(_ text: String) throws -> JSON {
        let parts = text.parts(":")
        guard parts.count <= 3, !parts[0].isEmpty else { throw Failure("bad format for path: \(text)") }
        var inside = parts[0], mode = "rwm"
        if parts.count == 3 {
            guard isMode(parts[2]) else { throw Failure("bad mode specified: \(parts[2])") }
            (inside, mode) = (parts[1], parts[2])
        } else if parts.count == 2 {
            if isMode(parts[1]) { mode = parts[1] } else { inside = parts[1] }
        }
        guard inside.hasPrefix("/") else { throw Failure("\(inside) is not an absolute path") }
        return [
            "PathOnHost": .string(parts[0]), "PathInContainer": .string(HostPath.clean(inside)),
            "CgroupPermissions": .string(mode),
        ]
    }
}

/// `KEY=VALUE` texts from flags and files.
enum KeyValueFile {
    enum Kind { case environment, label }

    private static let fileBytes = 16 << 20

    /// The files' lines, then the given ones.
    static func merged(files: [String], given: [String], kind: Kind) throws -> [String] {
        try files.flatMap { try lines($0, kind: kind) } + given
    }

    private static func lines(_ path: String, kind: Kind) throws -> [String] {
        let bytes: [UInt8]
        do { bytes = try WholeFile.read(path, limit: fileBytes) } catch { throw Failure(sentence(error)) }
        var texts: [String] = []
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        {
            guard var text = String(validating: line, as: UTF8.self) else {
                throw Failure("env file \(path) contains invalid utf8 bytes at line \(number + 1): \(Array(line))")
            }
            if number == 0, text.hasPrefix("\u{FEFF}") { text.removeFirst() }
            if text.hasSuffix("\r") { text.removeLast() }
            while let first = text.first, first.isWhitespace { text.removeFirst() }
            guard !text.isEmpty, !text.hasPrefix("#") else { continue }
            guard let (name, value) = text.cut("=") else {
                if let set = ownValue(text), kind == .environment { texts.append("\(text)=\(set)") }
                continue
            }
            guard !name.contains(where: \.isWhitespace) else {
                throw Failure("invalid env file (\(path)): variable '\(name)' contains whitespaces")
            }
            guard !name.isEmpty else { throw Failure("invalid env file (\(path)): no variable name on line '\(text)'") }
            texts.append("\(name)=\(value)")
        }
        return texts
    }

    private static func ownValue(_ name: String) -> String? { ProcessEnvironment.current[name] }

    static func map(_ texts: [String]) -> [String: String] {
        Dictionary(texts.map { $0.cut("=") ?? ($0, "") }) { $1 }
    }
}
