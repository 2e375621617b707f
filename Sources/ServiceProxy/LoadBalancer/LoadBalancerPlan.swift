import JSON
import KubeClient
import Linux

/// Which address of this cluster's nodes a service of type LoadBalancer gets. A pure function.
struct LoadBalancerPlan {
    enum Decision: Equatable {
        case nothing
        /// Write these as the load balancer's addresses; none: it is no load balancer any more.
        case write([IPAddress])
        /// Its ports are taken at every address that it could have.
        case wait(String)
    }

    private struct Place: Hashable {
        let address: IPAddress, transport: Transport, port: UInt16
    }

    /// In the order in which they are given away.
    let nodeAddresses: [IPAddress]
    /// TCP ports at which nodes have their own servers.
    let reservedPorts: Set<UInt16>

    /// - Parameter nodes: as the API has them; those that aren't ready give no address.
    init(nodes: [JSON], reservedPorts: Set<UInt16>) {
        let ready = nodes.filter { node in
            (node["status"]["conditions"].array ?? []).contains {
                $0["type"].string == "Ready" && $0["status"].string == "True"
            }
        }
        nodeAddresses = ready.sorted { Self.name($0) < Self.name($1) }.flatMap { node in
            (node["status"]["addresses"].array ?? []).filter { $0["type"].string == "InternalIP" }
                .compactMap { $0["address"].string.flatMap { IPAddress($0) } }
        }
        self.reservedPorts = reservedPorts
    }

    private static func name(_ object: JSON) -> String { object["metadata"]["name"].string ?? "" }

    static func addresses(_ service: JSON) -> [IPAddress] {
        (service["status"]["loadBalancer"]["ingress"].array ?? []).compactMap {
            $0["ip"].string.flatMap { IPAddress($0) }
        }
    }

    /// A class names another program that gives addresses.
    private static func isOurs(_ service: JSON) -> Bool {
        let spec = service["spec"]
        return spec["type"].string == "LoadBalancer" && spec["loadBalancerClass"].isNull
            && service["metadata"]["deletionTimestamp"].isNull
    }

    /// - Parameter others: all services.
    func decide(_ service: JSON, others: [JSON]) -> Decision {
        let now = Self.addresses(service)
        guard Self.isOurs(service) else {
            let isLeft = service["spec"]["type"].string != "LoadBalancer" && !now.isEmpty
            return isLeft ? .write([]) : .nothing
        }
        let taken = Set(others.filter { ObjectKey($0) != ObjectKey(service) && Self.isOurs($0) }.flatMap(Self.places))
        let ports = ServicePort.all(of: service)
        let asked = service["spec"]["loadBalancerIP"].string.flatMap { IPAddress($0) }
        let families = Set((ports.first?.clusterIPs ?? []).map { IPFamily($0) })
        let candidates = nodeAddresses.filter { families.contains(IPFamily($0)) && (asked == nil || $0 == asked) }
        func isFree(_ address: IPAddress) -> Bool {
            ports.allSatisfy { port in
                !(port.transport == .tcp && reservedPorts.contains(port.port))
                    && !taken.contains(Place(address: address, transport: port.transport, port: port.port))
            }
        }
        // What it has is kept while that is possible.
        if let one = now.first, now.count == 1, candidates.contains(one), isFree(one) { return .nothing }
        if let one = candidates.first(where: isFree) { return .write([one]) }
        let numbers = ports.map { "\($0.port)/\($0.transport.rawValue.uppercased())" }.joined(separator: ", ")
        let reason = candidates.isEmpty ? "no node has an address for it" : "port \(numbers) is taken on every node"
        return now.isEmpty ? .wait(reason) : .write([])
    }

    private static func places(_ service: JSON) -> [Place] {
        let addresses = addresses(service)
        return ServicePort.all(of: service).flatMap { port in
            addresses.map { Place(address: $0, transport: port.transport, port: port.port) }
        }
    }
}
