import JSON

/// A port of the node that a pod takes.
struct HostPort: Sendable, Hashable {
    /// "" and "0.0.0.0" for all addresses.
    let address: String
    let transport: String
    let port: Int

    /// Those of the containers that run as long as the pod does.
    static func of(_ spec: JSON) -> [HostPort] {
        var ports: [HostPort] = []
        for container in spec["initContainers"].array ?? [] where container["restartPolicy"].string == "Always" {
            ports += of(container: container)
        }
        for container in spec["containers"].array ?? [] { ports += of(container: container) }
        return ports
    }

    private static func of(container: JSON) -> [HostPort] {
        (container["ports"].array ?? []).compactMap { entry in
            guard let port = entry["hostPort"].int, port > 0 else { return nil }
            return HostPort(
                address: entry["hostIP"].string ?? "", transport: entry["protocol"].string ?? "TCP", port: port)
        }
    }

    private var isEverywhere: Bool { address.isEmpty || address == "0.0.0.0" }

    func conflicts(with other: HostPort) -> Bool {
        port == other.port && transport == other.transport
            && (isEverywhere || other.isEverywhere || address == other.address)
    }
}
