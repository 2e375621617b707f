import CLinux
import ContainerNetwork
import Fault
import JSON
import Linux

// A starting container's networks, and the three files that tell it about them.
extension Engine {
    /// Attaches every network it asks for; published ports go with the first. On failure nothing stays attached.
    func connect(_ record: ContainerRecord, pid: Int32) async throws -> [ContainerRecord.Endpoint] {
        var endpoints = record.endpoints
        if record.config["NetworkDisabled"].bool == true { return endpoints }
        let publishes = !["host", "none"].contains(record.networkMode)
        var ports =
            publishes ? try PortForm.bindings(hostConfig: record.hostConfig, exposed: record.config["ExposedPorts"]) : []
        do {
            for at in endpoints.indices {
                let request = attachRequest(record, endpoints[at], pid: pid, ports: ports)
                ports = []
                endpoints[at].state = try await network.attach(request, network: endpoints[at].network)
                publish(
                    .network, "connect", actor: endpoints[at].state?.networkID ?? "",
                    attributes: [
                        "container": record.id, "name": endpoints[at].network,
                        "type": ["host": "host", "none": "null"][endpoints[at].network] ?? "bridge",
                    ])
            }
        } catch {
            try? await network.detachAll(record.id)
            throw explain(error, record)
        }
        return endpoints
    }

    func attachRequest(
        _ record: ContainerRecord, _ endpoint: ContainerRecord.Endpoint, pid: Int32, ports: [PortBinding]
    ) -> AttachRequest {
        var request = AttachRequest(
            containerID: record.id, containerName: record.name, namespacePath: "/proc/\(pid)/ns/net")
        request.address = endpoint.settings["IPAMConfig"]["IPv4Address"].string.flatMap { $0.isEmpty ? nil : $0 }
        request.address6 = endpoint.settings["IPAMConfig"]["IPv6Address"].string.flatMap { $0.isEmpty ? nil : $0 }
        request.macAddress = endpoint.settings["MacAddress"].string.flatMap { $0.isEmpty ? nil : $0 }
            ?? record.config["MacAddress"].string
        request.aliases = endpoint.settings["Aliases"].strings
        request.ports = ports
        return request
    }

    /// Docker's sentence for a port that is taken, which clients look for, then ours.
    private func explain(_ error: any Error, _ record: ContainerRecord) -> any Error {
        guard let fault = error as? Fault, fault.message.contains("port is already allocated"),
            !fault.message.contains("driver failed")
        else { return error }
        return Fault(
            fault.kind,
            "driver failed programming external connectivity on endpoint \(record.name) (\(record.id)): \(fault.message)",
            cause: error)
    }

    // MARK: files

    func hostFileMounts(_ record: ContainerRecord) -> [SpecInput.BoundMount] {
        let taken = Set(record.mounts.map(\.destination))
        let source = fileFolder(record)
        return ["hosts", "hostname", "resolv.conf"].compactMap { name in
            taken.contains("/etc/" + name)
                ? nil : SpecInput.BoundMount(source: "\(source)/\(name)", destination: "/etc/" + name)
        }
    }

    /// A container on another's network has that one's files, too.
    func fileFolder(_ record: ContainerRecord) -> String {
        let mode = record.networkMode
        return folder(of: mode.hasPrefix("container:") ? String(mode.dropFirst(10)) : record.id)
    }

    /// The bind mounts need files; they get their content once the addresses are known.
    func makeHostFiles(_ record: ContainerRecord) throws(KernelError) {
        guard !record.networkMode.hasPrefix("container:") else { return }
        for name in ["hosts", "hostname", "resolv.conf"] {
            try writeInPlace("\(folder(of: record.id))/\(name)", "")
        }
    }

    /// Written in place, since the container has the files mounted. They are made anew at each start.
    func writeHostFiles(_ record: ContainerRecord) throws(KernelError) {
        guard !record.networkMode.hasPrefix("container:") else { return }
        let folder = folder(of: record.id)
        let hostname = record.config["Hostname"].string ?? "", domain = record.config["Domainname"].string ?? ""
        try writeInPlace(folder + "/hostname", hostname + "\n")
        let names = domain.isEmpty ? hostname : "\(hostname).\(domain) \(hostname)"
        let states = record.endpoints.compactMap(\.state)
        let gateway = states.first?.gateway ?? String(options.bip.prefix { $0 != "/" })
        let extra = HostFiles.extraHosts(record.hostConfig["ExtraHosts"].strings, gateway: gateway)
        if record.networkMode == "host", record.hostConfig["ExtraHosts"].strings.isEmpty,
            let own = try? KernelFile.read("/etc/hosts") {
            try writeInPlace(folder + "/hosts", own)
        } else {
            let own = states.flatMap { [$0.ipAddress, $0.ipv6Address] }.filter { !$0.isEmpty }
            try writeInPlace(
                folder + "/hosts", HostFiles.hosts(extra: extra, own: own.map { ($0, names) }))
        }
        try writeInPlace(
            folder + "/resolv.conf",
            record.networkMode == "host" && record.hostConfig["Dns"].strings.isEmpty
                ? hostResolvConf() : HostFiles.resolvConf(host: hostResolvConf(), config: record.hostConfig))
    }

    /// systemd-resolved's stub listens on the host's loopback only; its own list of servers is beside it.
    func hostResolvConf() -> String {
        let text = (try? KernelFile.read("/etc/resolv.conf")) ?? ""
        if ResolvConf(text).hasOnlyLoopback, let full = try? KernelFile.read("/run/systemd/resolve/resolv.conf") {
            return full
        }
        return text
    }

    private func writeInPlace(_ path: String, _ text: String) throws(KernelError) {
        let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try file.writeAll(Array(text.utf8), subject: path)
    }
}
