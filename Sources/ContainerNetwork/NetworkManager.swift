import Fault
import JSON
import Linux

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

package struct NetworkOptions: Sendable {
    /// State (leases, networks) lives here.
    package var stateFolder: String
    /// The default bridge's address and prefix.
    package var bip = "172.17.0.1/16"
    package var bridgeName = "hako0"
    /// The name of the nftables table; one per daemon so that several run side by side.
    package var table = "hakobune"
    package init(stateFolder: String) { self.stateFolder = stateFolder }
}

package struct AttachRequest: Sendable {
    package var containerID: String
    /// For messages: the container's name without slash.
    package var containerName: String
    /// `/proc/PID/ns/net` of the waiting container.
    package var namespacePath: String
    package var address: String?
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

/// Bridges, addresses, published ports. Kernel state is derived: `start` makes it match the recorded networks and the
/// containers that are told to be alive.
package final class NetworkManager: Sendable {
    package init(_ options: NetworkOptions) throws {}
    /// Makes the default bridge and the rule set. `alive` are the containers that still run; all others' leases,
    /// ports and links are freed.
    package func start(alive: Set<String>) async throws {}
    /// Joins a container to a network. Throws Docker's words for a port that is taken, naming the container that
    /// holds it where one of ours does; nothing is left behind then.
    package func attach(_ request: AttachRequest, network: String) async throws -> EndpointState {
        throw Fault(.notImplemented, "unwritten")
    }
    /// Idempotent; the veth dies with the namespace.
    package func detach(_ containerID: String, network: String) async throws {}
    package func detachAll(_ containerID: String) async throws {}

    /// Documents of the Engine API (Network). `Containers` is filled from the leases.
    package func list() async throws -> [JSON] { throw Fault(.notImplemented, "unwritten") }
    package func inspect(_ ref: String) async throws -> JSON { throw Fault(.notImplemented, "unwritten") }
    package func create(_ body: JSON) async throws -> JSON { throw Fault(.notImplemented, "unwritten") }
    package func remove(_ ref: String) async throws {}
    /// Takes everything off the host that `start` put there.
    package func shutdown() async throws {}
}
