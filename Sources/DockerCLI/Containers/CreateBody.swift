import CommandLine
import Fault
import JSON

/// The body of `POST /containers/create` for the options: field for field what the docker client sends.
struct CreateBody {
    let options: CreateOptions
    let image: String
    let command: [String]
    /// The daemon's operating system is taken to be Linux.
    var proxyEnvironment: [String] = []

    /// Throws `Failure` in the original's words.
    func json() throws -> JSON {
        try check()
        let ports = try publishedPorts()
        let (binds, volumes) = try volumesAndBinds()
        let networks = try endpoints()
        let mode = options.networks.first?.target ?? "default"
        var body = try config(exposed: ports.exposed, volumes: volumes)
        body["HostConfig"] = try host(bindings: ports.bindings, binds: binds, networkMode: mode)
        body["NetworkingConfig"] = ["EndpointsConfig": .object(networks)]
        return body
    }

    private func check() throws {
        if !options.macAddress.isEmpty, !CreateValue.isMACAddress(options.macAddress) {
            throw Failure("\(options.macAddress) is not a valid mac address")
        }
        if options.swappiness != -1, !(0...100).contains(options.swappiness) {
            throw Failure("invalid value: \(options.swappiness). Valid memory swappiness range is 0-100")
        }
        func isMode(_ value: String, container: Bool) -> Bool {
            value.isEmpty || value == "host" || (container && value.hasPrefix("container:") && value != "container:")
        }
        if !isMode(options.pid, container: true) { throw Failure("--pid: invalid PID mode") }
        if !isMode(options.uts, container: false) { throw Failure("--uts: invalid UTS mode") }
        if !isMode(options.userns, container: false) { throw Failure("--userns: invalid USER mode") }
        if !["", "host", "private"].contains(options.cgroupNamespace) {
            throw Failure("--cgroupns: invalid CGROUP mode")
        }
        if options.logDriver == "none", !options.logOptions.isEmpty {
            throw Failure("invalid logging opts for driver none")
        }
        let restart = try CreateValue.restartPolicy(options.restart)
        if options.autoRemove, restart.name != "no", !restart.name.isEmpty {
            throw Failure("conflicting options: cannot specify both --restart and --rm")
        }
    }

    private var attachesInput: Bool { options.attach.contains("stdin") || options.interactive }
    private var attachesOutput: Bool { options.attach.isEmpty || options.attach.contains("stdout") }
    private var attachesErrors: Bool { options.attach.isEmpty || options.attach.contains("stderr") }

    private func config(exposed: [String], volumes: [String]) throws -> JSON {
        let isAttached = !options.detach
        let environment = try KeyValueFile.merged(
            files: options.environmentFiles, given: proxyEnvironment + options.environment, kind: .environment)
        var config: JSON = [
            "Hostname": .string(options.hostname), "Domainname": .string(options.domainName),
            "User": .string(options.user),
            "AttachStdin": .bool(attachesInput && isAttached), "AttachStdout": .bool(attachesOutput && isAttached),
            "AttachStderr": .bool(attachesErrors && isAttached),
        ]
        if !exposed.isEmpty { config["ExposedPorts"] = .object(JSONObject(exposed.sorted().map { ($0, [:]) })) }
        config["Tty"] = .bool(options.tty)
        config["OpenStdin"] = .bool(options.interactive)
        config["StdinOnce"] = .bool(options.interactive && attachesInput && isAttached)
        config["Env"] = environment.isEmpty ? .null : JSON(environment)
        config["Cmd"] = command.isEmpty ? .null : JSON(command)
        if let health = try health() { config["Healthcheck"] = health }
        config["Image"] = .string(image)
        config["Volumes"] = .object(JSONObject(volumes.sorted().map { ($0, [:]) }))
        config["WorkingDir"] = .string(options.workingDirectory)
        config["Entrypoint"] = options.entrypoint.map { [.string($0)] } ?? .null
        config["OnBuild"] = .null
        let labels = try KeyValueFile.merged(files: options.labelFiles, given: options.labels, kind: .label)
        config["Labels"] = JSON(KeyValueFile.map(labels))
        if !options.stopSignal.isEmpty { config["StopSignal"] = .string(options.stopSignal) }
        if let timeout = options.stopTimeout { config["StopTimeout"] = JSON(timeout) }
        return config
    }

    private func health() throws -> JSON? {
        let health = options.health
        if health.isOff {
            guard !health.isAnySet else { throw Failure("--no-healthcheck conflicts with --health-* options") }
            return ["Test": ["NONE"]]
        }
        guard health.isAnySet else { return nil }
        let spans: [(String, String, Int64)] = [
            ("interval", "Interval", health.interval), ("timeout", "Timeout", health.timeout),
            ("start-period", "StartPeriod", health.startPeriod),
            ("start-interval", "StartInterval", health.startInterval),
            ("retries", "Retries", Int64(health.retries)),
        ]
        var json: JSON = [:]
        if !health.command.isEmpty { json["Test"] = ["CMD-SHELL", .string(health.command)] }
        for (flag, field, value) in spans where value != 0 {
            guard value > 0 else { throw Failure("--health-\(flag) cannot be negative") }
            json[field] = .int(value)
        }
        return json
    }

    private func publishedPorts() throws -> (exposed: [String], bindings: JSON) {
        var exposed: [String] = [], bindings: [String: [JSON]] = [:]
        for text in options.publish {
            for binding in try PortSpec.parse(text) {
                if !exposed.contains(binding.port) { exposed.append(binding.port) }
                bindings[binding.port, default: []].append(
                    ["HostIp": .string(binding.hostIP), "HostPort": .string(binding.hostPort)])
            }
        }
        for text in options.expose {
            for port in try PortSpec.exposed(text) where !exposed.contains(port) { exposed.append(port) }
        }
        return (exposed, .object(JSONObject(bindings.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value)) })))
    }

    /// `-v` with a source is a bind or named volume, without one an anonymous volume.
    private func volumesAndBinds() throws -> (binds: [String], volumes: [String]) {
        var binds: [String] = [], volumes: [String] = []
        for text in options.volumes {
            guard !text.isEmpty else { throw Failure("invalid empty volume spec") }
            guard let (source, rest) = text.cut(":") else {
                volumes.append(HostPath.clean(text))
                continue
            }
            // The daemon's to refuse.
            guard text.parts(":").count <= 3 else {
                binds.append(text)
                continue
            }
            guard !source.isEmpty, !rest.isEmpty else {
                throw Failure("invalid spec: \(text): empty section between colons")
            }
            binds.append(source.hasPrefix(".") ? HostPath.absolute(source) + ":" + rest : text)
        }
        return (binds, volumes)
    }

    private func endpoints() throws -> JSONObject {
        var networks = options.networks
        if networks.isEmpty { networks = [NetworkSpec(target: "default")] }
        var result = JSONObject(), kinds: Set<Bool> = []
        for (position, given) in networks.enumerated() {
            var network = given
            if position == 0 { try applyPlainFlags(&network) }
            let isUserDefined = NetworkSpec.isUserDefined(network.target)
            if !options.networks.isEmpty { kinds.insert(isUserDefined) }
            if !isUserDefined, !network.aliases.isEmpty {
                throw Failure("network-scoped aliases are only supported for user-defined networks")
            }
            guard result[network.target] == nil else {
                throw Failure("network \"\(network.target)\" is specified multiple times")
            }
            if options.networks.count == 1, !network.hasSettings { continue }
            result[network.target] = network.endpoint
        }
        guard kinds.count < 2 else {
            throw Failure("conflicting options: cannot attach both user-defined and non-user-defined network-modes")
        }
        return result.sortedByKey()
    }

    /// `--network-alias`, `--link`, `--ip` and the like belong to the first network.
    private func applyPlainFlags(_ network: inout NetworkSpec) throws {
        func both(_ flag: String, _ what: String) -> Failure {
            Failure("conflicting options: cannot specify both \(flag) and per-network \(what)")
        }
        if !options.networkAliases.isEmpty {
            guard network.aliases.isEmpty else { throw both("--network-alias", "alias") }
            network.aliases = options.networkAliases
        }
        if NetworkSpec.isUserDefined(network.target), !options.links.isEmpty { network.links = options.links }
        if !options.ip.isEmpty {
            guard network.ip.isEmpty else { throw both("--ip", "IPv4 address") }
            network.ip = options.ip
        }
        if !options.ip6.isEmpty {
            guard network.ip6.isEmpty else { throw both("--ip6", "IPv6 address") }
            network.ip6 = options.ip6
        }
        if !options.macAddress.isEmpty {
            guard network.macAddress.isEmpty else { throw both("--mac-address", "MAC address") }
            network.macAddress = options.macAddress
        }
        if !options.linkLocalIPs.isEmpty {
            guard network.linkLocalIPs.isEmpty else { throw both("--link-local-ip", "link-local IP addresses") }
            network.linkLocalIPs = options.linkLocalIPs
        }
    }
}
