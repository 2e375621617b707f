import JSON
import KubeModel

/// A port of the node that leads into a pod.
struct HostPort: Sendable, Hashable {
    /// "" for all of the node's addresses.
    var address: String
    var transport: String
    var number: Int

    static func of(_ pod: PodSpec) -> Set<HostPort> {
        var ports: Set<HostPort> = []
        for container in pod.containers + pod.initContainers.filter(PodSpec.isSidecar) {
            for port in container.list("ports") {
                guard let number = port["hostPort"].int, number > 0 else { continue }
                let address = port.text("hostIP"), transport = port.text("protocol")
                ports.insert(
                    HostPort(
                        address: ["0.0.0.0", "::"].contains(address) ? "" : address,
                        transport: transport.isEmpty ? "TCP" : transport, number: number))
            }
        }
        return ports
    }

    func conflicts(with other: HostPort) -> Bool {
        number == other.number && transport == other.transport
            && (address == other.address || address.isEmpty || other.address.isEmpty)
    }
}
