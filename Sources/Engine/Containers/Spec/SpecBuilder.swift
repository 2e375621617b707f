import ContainerRuntime
import Fault
import JSON

/// Docker's configuration as a runtime-spec 1.2 document. Pure: everything that depends on the machine is in the input.
extension SpecInput {
    func specification() throws(Fault) -> JSON {
        let capabilities = try chosenCapabilities()
        var spec: JSON = [
            "ociVersion": "1.2.0",
            "process": try process(capabilities),
            "root": [
                "path": .string(root), "readonly": .bool(record.hostConfig["ReadonlyRootfs"].bool ?? false),
            ],
            "mounts": .array(try mountList()),
            "linux": try linux(capabilities),
        ]
        if uts == .own {
            spec["hostname"] = record.config["Hostname"]
            if let domain = record.config["Domainname"].string, !domain.isEmpty { spec["domainname"] = .string(domain) }
        }
        var annotations = record.hostConfig["Annotations"].stringMap
        if record.hostConfig["Init"].bool == true { annotations[PlanContext.initAnnotation] = "true" }
        if !annotations.isEmpty { spec["annotations"] = JSON(annotations) }
        return spec
    }

    func chosenCapabilities() throws(Fault) -> [String] {
        try Capabilities.chosen(
            add: record.hostConfig["CapAdd"].strings, drop: record.hostConfig["CapDrop"].strings,
            isPrivileged: isPrivileged, last: lastCapability)
    }

    // MARK: process

    private func process(_ capabilities: [String]) throws(Fault) -> JSON {
        let command = record.config["Entrypoint"].strings + record.config["Cmd"].strings
        let folder = record.config["WorkingDir"].string ?? ""
        var result: JSON = [
            "terminal": .bool(record.isTerminal), "user": user, "args": JSON(command),
            "env": JSON(environment(record.config["Env"].strings)),
            "cwd": .string(folder.isEmpty ? "/" : folder),
            "capabilities": Self.capabilitySets(capabilities, isRoot: isRootUser),
            "noNewPrivileges": .bool(hasNoNewPrivileges),
        ]
        let size = record.hostConfig["ConsoleSize"].array ?? []
        if record.isTerminal, let height = size.first?.int, let width = size.last?.int, height > 0, width > 0 {
            result["consoleSize"] = ["height": JSON(height), "width": JSON(width)]
        }
        let limits = record.hostConfig["Ulimits"].array ?? []
        if !limits.isEmpty { result["rlimits"] = .array(limits.map(resourceLimit)) }
        if let score = record.hostConfig["OomScoreAdj"].int, score != 0 { result["oomScoreAdj"] = JSON(score) }
        return result
    }

    /// A process that isn't root's has none to use until it executes something that gives it some, as execve(2) does it.
    static func capabilitySets(_ names: [String], isRoot: Bool) -> JSON {
        let used = JSON(isRoot ? names : [])
        return ["bounding": JSON(names), "effective": used, "permitted": used]
    }

    /// PATH, HOSTNAME, TERM and HOME in front where the configuration doesn't say otherwise.
    func environment(_ configured: [String]) -> [String] {
        let names = Set(configured.map { $0.prefix { $0 != "=" } })
        var result: [String] = []
        func add(_ name: String, _ value: String) {
            if !names.contains(Substring(name)) { result.append("\(name)=\(value)") }
        }
        add("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        add("HOSTNAME", record.config["Hostname"].string ?? "")
        if record.isTerminal { add("TERM", "xterm") }
        result += linkVariables.filter { !names.contains($0.prefix { $0 != "=" }) }
        // An entry without "=" asks for the variable's removal.
        result += configured.filter { $0.contains("=") }
        add("HOME", home)
        return result
    }

    private func resourceLimit(_ limit: JSON) -> JSON {
        func number(_ member: String) -> JSON {
            guard let value = limit[member].int, value >= 0 else { return .number("\(UInt64.max)") }
            return JSON(value)
        }
        return [
            "type": .string("RLIMIT_" + (limit["Name"].string ?? "").uppercased()), "hard": number("Hard"),
            "soft": number("Soft"),
        ]
    }

    private var hasNoNewPrivileges: Bool {
        record.hostConfig["SecurityOpt"].strings.contains {
            ["no-new-privileges", "no-new-privileges=true", "no-new-privileges:true"].contains($0)
        }
    }

    // MARK: linux

    private func linux(_ capabilities: [String]) throws(Fault) -> JSON {
        var result: JSON = [
            "cgroupsPath": .string(cgroupsPath), "namespaces": .array(namespaces()),
            "resources": try resources(), "maskedPaths": JSON(record.hostConfig["MaskedPaths"].strings),
            "readonlyPaths": JSON(record.hostConfig["ReadonlyPaths"].strings),
        ]
        if !devices.isEmpty { result["devices"] = .array(devices.map(node)) }
        let sysctls = sysctls()
        if !sysctls.isEmpty { result["sysctl"] = JSON(sysctls) }
        if let profile = seccomp(capabilities) { result["seccomp"] = profile }
        result["rootfsPropagation"] = .string(rootPropagation)
        return result
    }

    private func namespaces() -> [JSON] {
        var result: [JSON] = [["type": "mount"]]
        func add(_ type: String, _ sharing: Sharing) {
            switch sharing {
            case .own: result.append(["type": .string(type)])
            case .joined(let path): result.append(["type": .string(type), "path": .string(path)])
            case .host: break
            }
        }
        add("network", network)
        add("uts", uts)
        add("pid", process)
        add("ipc", ipc)
        add("cgroup", cgroup)
        return result
    }

    private func resources() throws(Fault) -> JSON {
        var result = SpecResources.limits(record.hostConfig)
        if isPrivileged {
            result["devices"] = [SpecResources.rule(true, nil, nil, nil, "rwm")]
            return result
        }
        var rules = SpecResources.standardRules
        for device in devices {
            rules.append(SpecResources.rule(true, device.kind, device.major, device.minor, device.access))
        }
        for text in record.hostConfig["DeviceCgroupRules"].strings { rules.append(try SpecResources.parse(rule: text)) }
        result["devices"] = .array(rules)
        return result
    }

    private func node(_ device: Device) -> JSON {
        [
            "path": .string(device.path), "type": .string(device.kind), "major": JSON(device.major),
            "minor": JSON(device.minor), "fileMode": JSON(device.mode), "uid": JSON(device.uid),
            "gid": JSON(device.gid),
        ]
    }

    /// A network namespace of its own lets every user open low ports and ping, as Docker does; the user's come after.
    private func sysctls() -> [String: String] {
        var result: [String: String] = [:]
        if network == .own {
            result["net.ipv4.ip_unprivileged_port_start"] = "0"
            result["net.ipv4.ping_group_range"] = "0 2147483647"
        }
        return result.merging(record.hostConfig["Sysctls"].stringMap) { $1 }
    }

    private func seccomp(_ capabilities: [String]) -> JSON? {
        if let seccompProfile { return seccompProfile }
        let options = record.hostConfig["SecurityOpt"].strings
        if isPrivileged || options.contains(where: { $0 == "seccomp=unconfined" || $0 == "seccomp:unconfined" }) {
            return nil
        }
        return SeccompProfile.standard(capabilities: capabilities)
    }

    /// A shared or slave volume works only when the root of the container's mount tree is so, too.
    private var rootPropagation: String {
        if mounts.contains(where: { $0.propagation.hasSuffix("shared") }) { return "rshared" }
        if mounts.contains(where: { $0.propagation.hasSuffix("slave") }) { return "rslave" }
        return "rprivate"
    }
}
