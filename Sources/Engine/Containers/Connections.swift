import CLinux
import ContainerNetwork
import Fault
import JSON
import Linux

// A starting container's networks, and the three files that tell it about them.
extension Engine {
    /// Attaches every network it asks for; published ports go with the first that leads out. On failure nothing stays
    /// attached.
    func connect(_ record: ContainerRecord, pid: Int32) async throws -> [ContainerRecord.Endpoint] {
        var endpoints = record.endpoints
        if record.config["NetworkDisabled"].bool == true { return endpoints }
        let publishes = !["host", "none"].contains(record.networkMode)
        var ports =
            publishes ? try PortForm.wanted(hostConfig: record.hostConfig, exposed: record.config["ExposedPorts"]) : []
        do {
            for at in endpoints.indices {
                endpoints[at].state = try await attach(record, endpoints[at], pid: pid, ports: ports)
                if endpoints[at].state?.leadsOut == true { ports = [] }
                announce("connect", endpoints[at], of: record)
            }
        } catch {
            try? await network.detachAll(record.id)
            throw error
        }
        return endpoints
    }

    /// What a container that runs is to publish on a network that it joins now: all, when none so far leads out.
    func portsOfJoin(_ record: ContainerRecord) throws -> [PortForm.Wanted] {
        if record.endpoints.contains(where: { $0.state?.leadsOut == true }) { return [] }
        return try PortForm.wanted(hostConfig: record.hostConfig, exposed: record.config["ExposedPorts"])
    }

    /// Goes on to the next host port of ranges whose port is taken.
    func attach(
        _ record: ContainerRecord, _ endpoint: ContainerRecord.Endpoint, to network: String? = nil, pid: Int32,
        ports: [PortForm.Wanted]
    ) async throws -> EndpointState {
        var ports = ports
        while true {
            do {
                let request = attachRequest(record, endpoint, pid: pid, ports: ports.map(\.binding))
                return try await self.network.attach(request, network: network ?? endpoint.network)
            } catch let fault as Fault where Self.isPortTaken(fault) {
                let next = ports.map { $0.next ?? $0 }
                if next == ports { throw fault }
                ports = next
            }
        }
    }

    private static func isPortTaken(_ fault: Fault) -> Bool {
        fault.message.contains("port is already allocated") || fault.message.contains("address already in use")
    }

    func announce(_ action: String, _ endpoint: ContainerRecord.Endpoint, of record: ContainerRecord) {
        publish(
            .network, action, actor: endpoint.state?.networkID ?? "",
            attributes: [
                "container": record.id, "name": endpoint.network,
                "type": ["host": "host", "none": "null"][endpoint.network] ?? "bridge",
            ])
    }

    func attachRequest(
        _ record: ContainerRecord, _ endpoint: ContainerRecord.Endpoint, pid: Int32, ports: [PortBinding]
    ) -> AttachRequest {
        var request = AttachRequest(
            containerID: record.id, containerName: record.name, namespacePath: "/proc/\(pid)/ns/net")
        request.address = endpoint.settings["IPAMConfig"]["IPv4Address"].string.flatMap { $0.isEmpty ? nil : $0 }
        request.address6 = endpoint.settings["IPAMConfig"]["IPv6Address"].string.flatMap { $0.isEmpty ? nil : $0 }
        request.macAddress =
            endpoint.settings["MacAddress"].string.flatMap { $0.isEmpty ? nil : $0 }
            ?? record.config["MacAddress"].string
        request.aliases = endpoint.settings["Aliases"].strings
        request.ports = ports
        return request
    }

    // MARK: files

    func hostFileMounts(_ record: ContainerRecord) -> [SpecInput.BoundMount] {
        let taken = Set(record.mounts.map(\.destination))
        let source = fileFolder(record)
        return ["hosts", "hostname", "resolv.conf"].compactMap { name in
            if taken.contains("/etc/" + name) { return nil }
            var mount = SpecInput.BoundMount(source: "\(source)/\(name)", destination: "/etc/" + name)
            mount.isWritable = record.hostConfig["ReadonlyRootfs"].bool != true
            return mount
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
        let names = HostFiles.names(hostname, domain: domain)
        let states = record.endpoints.compactMap(\.state)
        let gateway = states.first?.gateway ?? String(options.bip.prefix { $0 != "/" })
        let extra = HostFiles.extraHosts(record.hostConfig["ExtraHosts"].strings, gateway: gateway)
        if record.networkMode == "host", record.hostConfig["ExtraHosts"].strings.isEmpty,
            let own = try? KernelFile.read("/etc/hosts")
        {
            try writeInPlace(folder + "/hosts", own)
        } else {
            let own = states.flatMap { [$0.ipAddress, $0.ipv6Address] }.filter { !$0.isEmpty }
            try writeInPlace(
                folder + "/hosts", HostFiles.hosts(extra: extra, own: own.map { ($0, names) }))
        }
        try writeInPlace(
            folder + "/resolv.conf",
            HostFiles.resolvConf(
                host: hostResolvConf(), config: ConfigForm.withResolver(record.hostConfig, options: options),
                inHostNetwork: record.networkMode == "host",
                nameServer: record.hasNames ? NameServers.address : nil))
    }

    /// systemd-resolved's stub listens on the host's loopback only; its own list of servers is beside it.
    func hostResolvConf() -> String {
        let text = (try? KernelFile.read("/etc/resolv.conf")) ?? ""
        if ResolvConf(text).hasOnlyLoopback, let full = try? KernelFile.read("/run/systemd/resolve/resolv.conf") {
            return full
        }
        return text
    }

    func writeInPlace(_ path: String, _ text: String) throws(KernelError) {
        let bytes = Array(text.utf8)
        let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT, mode: 0o644)
        // Cut after writing, not before: whoever reads meanwhile finds entries.
        try file.writeAll(bytes, subject: path)
        try kernel("ftruncate", path) { ftruncate(file.raw, off_t(bytes.count)) }
    }
}

extension EndpointState {
    /// The container's default route goes here: its published ports are this network's.
    var leadsOut: Bool { !gateway.isEmpty || !ipv6Gateway.isEmpty }
}
