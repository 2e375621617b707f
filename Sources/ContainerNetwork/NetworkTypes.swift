/// A published port as asked for; host port 0 takes a free one from the kernel's ephemeral range.
package struct PortBinding: Sendable, Hashable {
    package enum Transport: String, Sendable { case tcp, udp, sctp }
    package var hostIP: String
    package var hostPort: UInt16
    package var containerPort: UInt16
    package var transport: Transport
    package init(hostIP: String, hostPort: UInt16, containerPort: UInt16, transport: Transport) {
        self.hostIP = hostIP
        self.hostPort = hostPort
        self.containerPort = containerPort
        self.transport = transport
    }
}

/// What dockerd's flags say about the default bridge.
package struct BridgeOptions: Sendable, Equatable {
    /// Part of the bridge's subnet to take containers' addresses from; empty: all of it.
    package var range = ""
    package var hasIPv6 = false
    /// Empty: a unique local one is made up and kept.
    package var subnet6 = ""
    /// Bytes; 0: 1500.
    package var mtu = 0
    package var containersTalk = true
    /// Where ports go whose host address isn't given; empty: every address.
    package var hostAddress = ""
    /// Others know the way to the containers' own addresses: nothing is masqueraded, and no port is closed.
    package var isRouted = false
    package init() {}
}

package struct NetworkOptions: Sendable {
    /// The networks' definitions live here.
    package var stateFolder: String
    /// What lasts only as long as the machine runs: leases. On tmpfs.
    package var runFolder: String
    /// The default bridge's address and prefix.
    package var bip = "172.17.0.1/16"
    package var bridgeName = "hako0"
    /// Where networks get their subnets that aren't given any.
    package var pools = AddressPool.standard
    package var bridge = BridgeOptions()
    /// The name of the nftables table; one per daemon so that several run side by side.
    package var table = "hakobune"
    package init(stateFolder: String, runFolder: String? = nil) {
        self.stateFolder = stateFolder
        self.runFolder = runFolder ?? stateFolder + "/run"
    }
}

package struct AttachRequest: Sendable {
    package var containerID: String
    /// For messages: the container's name without slash.
    package var containerName: String
    /// `/proc/PID/ns/net` of the waiting container.
    package var namespacePath: String
    package var address: String?
    package var address6: String?
    package var macAddress: String?
    package var aliases: [String] = []
    package var ports: [PortBinding] = []
    package init(containerID: String, containerName: String, namespacePath: String) {
        self.containerID = containerID
        self.containerName = containerName
        self.namespacePath = namespacePath
    }
}

/// What a container got on one network; the members of the Engine API's EndpointSettings.
package struct EndpointState: Sendable {
    package var networkID = "", endpointID = "", gateway = "", ipAddress = "", ipv6Gateway = "", ipv6Address = ""
    package var prefixLength = 0, ipv6PrefixLength = 0
    package var macAddress = ""
    /// With the host ports that were taken.
    package var ports: [PortBinding] = []
    package init() {}
}
