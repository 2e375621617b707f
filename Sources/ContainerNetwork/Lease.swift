import CLinux
import Fault
import JSON
import Linux

/// What one container holds on one network. It lives as long as the container runs: in memory, and in a file of its
/// own in the run folder so that the daemon finds it again. Those files aren't synced to disk: when the machine loses
/// power, the containers that held the leases are gone as well.
struct Lease: Sendable, Equatable {
    var containerID: String
    var containerName: String
    var networkID: String
    var endpointID: String
    /// The near end of the veth pair; empty on networks without one.
    var link = ""
    /// The far end's name in the container.
    var interface = ""
    var mac: [UInt8] = []
    var address: IPAddress?
    var prefixLength = 0
    var address6: IPAddress?
    var prefixLength6 = 0
    /// The container's default route goes through this network.
    var gateway: IPAddress?
    var gateway6: IPAddress?
    var ports: [PortBinding] = []

    var fileName: String { "\(containerID)-\(networkID.prefix(12))" }

    var state: EndpointState {
        var state = EndpointState()
        state.networkID = networkID
        state.endpointID = endpointID
        state.macAddress = mac.isEmpty ? "" : HardwareAddress.text(mac)
        state.ipAddress = address?.description ?? ""
        state.prefixLength = prefixLength
        state.gateway = gateway?.description ?? ""
        state.ipv6Address = address6?.description ?? ""
        state.ipv6PrefixLength = prefixLength6
        state.ipv6Gateway = gateway6?.description ?? ""
        state.ports = ports
        return state
    }

    var stored: JSON {
        [
            "container": .string(containerID), "name": .string(containerName), "network": .string(networkID),
            "endpoint": .string(endpointID), "link": .string(link), "interface": .string(interface),
            "mac": .string(HardwareAddress.text(mac)), "address": JSON(address?.description),
            "prefix": JSON(prefixLength), "address6": JSON(address6?.description), "prefix6": JSON(prefixLength6),
            "gateway": JSON(gateway?.description), "gateway6": JSON(gateway6?.description),
            "ports": .array(
                ports.map {
                    [
                        "ip": .string($0.hostIP), "port": JSON($0.hostPort), "inside": JSON($0.containerPort),
                        "transport": .string($0.transport.rawValue),
                    ]
                }),
        ]
    }

    init(containerID: String, containerName: String, networkID: String, endpointID: String) {
        self.containerID = containerID
        self.containerName = containerName
        self.networkID = networkID
        self.endpointID = endpointID
    }

    init?(stored json: JSON) {
        guard let container = json["container"].string, let network = json["network"].string,
            let endpoint = json["endpoint"].string
        else { return nil }
        self.init(
            containerID: container, containerName: json["name"].string ?? "", networkID: network, endpointID: endpoint)
        link = json["link"].string ?? ""
        interface = json["interface"].string ?? ""
        mac = HardwareAddress.parse(json["mac"].string ?? "") ?? []
        address = json["address"].string.flatMap { IPAddress($0) }
        prefixLength = json["prefix"].int ?? 0
        address6 = json["address6"].string.flatMap { IPAddress($0) }
        prefixLength6 = json["prefix6"].int ?? 0
        gateway = json["gateway"].string.flatMap { IPAddress($0) }
        gateway6 = json["gateway6"].string.flatMap { IPAddress($0) }
        for port in json["ports"].array ?? [] {
            guard let transport = PortBinding.Transport(rawValue: port["transport"].string ?? ""),
                let hostPort = port["port"].int.flatMap({ UInt16(exactly: $0) }),
                let inside = port["inside"].int.flatMap({ UInt16(exactly: $0) })
            else { return nil }
            ports.append(
                PortBinding(
                    hostIP: port["ip"].string ?? "", hostPort: hostPort, containerPort: inside, transport: transport))
        }
    }

    /// What the rules need of the ports; those only the relay can serve are left out.
    var published: [PublishedPort] {
        ports.compactMap { port in
            guard let host = IPAddress(port.hostIP), let inside = host.isV4 ? address : address6 else { return nil }
            if !host.isV4, host.isLoopback { return nil }
            return PublishedPort(
                transport: port.transport, hostAddress: host, hostPort: port.hostPort, containerAddress: inside,
                containerPort: port.containerPort)
        }
    }
}

/// The leases' files.
struct LeaseFolder: Sendable {
    let path: String

    func save(_ lease: Lease) throws(KernelError) {
        let final = path + "/" + lease.fileName, temporary = final + ".new"
        let file = try OwnedDescriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        try file.writeAll(lease.stored.bytes(), subject: temporary)
        file.close()
        try kernel("rename", final) { rename(temporary, final) }
    }

    func remove(_ lease: Lease) { _ = unlink(path + "/" + lease.fileName) }

    /// Every lease that decodes, and the names of files that don't.
    func load() -> (leases: [Lease], broken: [String]) {
        var leases: [Lease] = []
        var broken: [String] = []
        for name in KernelFile.names(in: path) {
            guard let bytes = try? KernelFile.bytes(path + "/" + name), let json = try? JSON(parsing: bytes),
                let lease = Lease(stored: json), lease.fileName == name
            else {
                broken.append(name)
                continue
            }
            leases.append(lease)
        }
        return (leases, broken)
    }
}
