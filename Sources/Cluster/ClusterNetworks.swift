import DockerCLI
import Fault
import JSON
import Linux

extension ClusterEngine {
    /// The profile's network when it is there, else the first of minikube's ranges that no network of the engine, no
    /// other profile and no route of the machine overlaps: 192.168.49.0/24, .58, .67, …
    /// - Parameters:
    ///   - wish: taken when it is free; "": none.
    ///   - others: ranges of profiles whose networks may not be there yet.
    package func freeSubnet(for profile: String, wish: String = "", others: [String]) async throws -> String {
        let networks = try await networks()
        if let known = networks.first(where: { $0["Name"].string == profile }),
            let subnet = known["IPAM"]["Config"][0]["Subnet"].string
        {
            return subnet
        }
        let taken = networks.flatMap { ($0["IPAM"]["Config"].array ?? []).compactMap { $0["Subnet"].string } } + others
        return try Self.freeSubnet(wish: wish, taken.compactMap { IPPrefix($0) } + Self.routed())
    }

    static func freeSubnet(wish: String, _ taken: [IPPrefix]) throws(Fault) -> String {
        let ranges = [wish] + stride(from: 49, through: 247, by: 9).map { "192.168.\($0).0/24" }
        for range in ranges.compactMap({ IPPrefix($0) }) where !taken.contains(where: { $0.overlaps(range) }) {
            return "\(range)"
        }
        throw Fault(.unavailable, "no range of 192.168.0.0/16 is free for the cluster's network: remove a network")
    }

    /// What this machine has routes to, other engines' networks among them; the default route isn't one.
    private static func routed() -> [IPPrefix] {
        let routes = (try? RouteNetlink.here().routes()) ?? []
        return routes.compactMap { route in
            guard route.prefix > 0, let address = IPAddress(bytes: route.destination) else { return nil }
            return IPPrefix(address: address, length: Int(route.prefix))
        }
    }
}
