import CommandLine
import Compose
import DockerCLI
import JSON

/// The part of a container's settings that is about this machine.
struct HostSettings {
    let body: ContainerBody
    let networkMode: String

    private var own: JSON { body.service.json }

    func json() throws -> JSON {
        let mounts = try MountSettings(body: body)
        var host = ResourceSettings(service: body.service).json()
        host["AutoRemove"] = .bool(body.removesItself)
        host["NetworkMode"] = .string(networkMode)
        host["Binds"] = JSON(mounts.binds)
        if !mounts.mounts.isEmpty { host["Mounts"] = .array(mounts.mounts) }
        host["PortBindings"] = portBindings
        host["RestartPolicy"] = restartPolicy
        let copied = [
            ("CapAdd", "cap_add"), ("CapDrop", "cap_drop"), ("IpcMode", "ipc"), ("CgroupnsMode", "cgroup"),
            ("Sysctls", "sysctls"), ("Dns", "dns"), ("DnsSearch", "dns_search"), ("DnsOptions", "dns_opt"),
            ("StorageOpt", "storage_opt"), ("UsernsMode", "userns_mode"), ("UTSMode", "uts"), ("PidMode", "pid"),
            ("Isolation", "isolation"), ("Runtime", "runtime"), ("GroupAdd", "group_add"), ("Init", "init"),
            ("VolumesFrom", "volumes_from"), ("Annotations", "annotations"),
        ]
        for (key, from) in copied where !own[from].isNull { host[key] = own[from] }
        if own["read_only"].bool == true { host["ReadonlyRootfs"] = true }
        if own["privileged"].bool == true { host["Privileged"] = true }
        if let score = own["oom_score_adj"].int { host["OomScoreAdj"] = .int(Int64(score)) }
        if let size = own["shm_size"].string.flatMap({ Int64($0) }) { host["ShmSize"] = .int(size) }
        if !body.links.isEmpty { host["Links"] = JSON(body.links) }
        // The API writes hosts as `name:address`.
        let hosts = own["extra_hosts"].strings.map { text in text.cut("=").map { "\($0.0):\($0.1)" } ?? text }
        if !hosts.isEmpty { host["ExtraHosts"] = JSON(hosts) }
        if own["logging"].object != nil {
            host["LogConfig"] = [
                "Type": .string(own["logging", "driver"].string ?? ""),
                "Config": own["logging", "options"].isNull ? .object(JSONObject()) : own["logging", "options"],
            ]
        }
        let tmpfs = own["tmpfs"].strings
        if !tmpfs.isEmpty {
            host["Tmpfs"] = JSON(Dictionary(tmpfs.map { $0.cut(":") ?? ($0, "") }) { _, last in last })
        }
        try security(&host)
        return host
    }

    private func security(_ host: inout JSON) throws {
        var options: [String] = []
        for option in own["security_opt"].strings {
            if option == "systempaths=unconfined" {
                host["MaskedPaths"] = []
                host["ReadonlyPaths"] = []
                continue
            }
            guard let (name, value) = option.cut("=") ?? option.cut(":") else {
                guard option == "no-new-privileges" else {
                    throw Failure("invalid security-opt: \(GoText.quote(option))")
                }
                options.append(option)
                continue
            }
            if name == "seccomp", value != "unconfined", value != "builtin" {
                let text = try body.readFile(PathText.join(body.project.workingDirectory, value))
                guard let profile = try? JSON(parsing: text) else {
                    throw Failure("compacting json for seccomp profile (\(value)) failed: it is no JSON")
                }
                options.append("seccomp=\(profile.text)")
            } else {
                options.append(option)
            }
        }
        if !options.isEmpty { host["SecurityOpt"] = JSON(options) }
    }

    private var portBindings: JSON {
        var bindings: [String: [JSON]] = [:]
        for port in own["ports"].array ?? [] {
            let key = "\(port["target"].int ?? 0)/\(port["protocol"].string ?? "tcp")"
            bindings[key, default: []].append([
                "HostIp": .string(port["host_ip"].string ?? ""), "HostPort": .string(port["published"].string ?? ""),
            ])
        }
        return .object(JSONObject(bindings.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value)) }))
    }

    private var restartPolicy: JSON {
        var (name, count) = ("", 0)
        if let restart = own["restart"].string {
            let parts = restart.cut(":")
            (name, count) = (Self.policy(parts?.0 ?? restart), parts.flatMap { Int($0.1) } ?? 0)
        }
        let policy = own["deploy", "restart_policy"]
        if policy.object != nil {
            (name, count) = (Self.policy(policy["condition"].string ?? ""), policy["max_attempts"].int ?? 0)
        }
        return ["Name": .string(name), "MaximumRetryCount": .int(Int64(count))]
    }

    private static func policy(_ condition: String) -> String {
        switch condition {
        case "none": "no"
        case "any": "always"
        default: condition
        }
    }
}
