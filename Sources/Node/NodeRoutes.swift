import CLinux
import Fault
import JSON
import KubeClient
import Linux
import Logging

/// Routes from this node to the pods of the others: their ranges by their nodes' addresses, on the network that all
/// nodes share.
final class NodeRoutes: Sendable {
    private let nodeName: String
    /// The interface that the other nodes are behind.
    private let interface: String
    private let informer: Informer
    private let log: Logger

    init(nodeName: String, interface: String, informers: InformerSet, log: Logger) {
        self.nodeName = nodeName
        self.interface = interface
        informer = informers[.nodes]
        self.log = log
    }

    /// Where the pods of each of the nodes are: gateway by range. Nodes that have no address or range yet, and simulated
    /// ones, have none.
    static func wanted(_ nodes: [JSON], except own: String) -> [IPPrefix: IPAddress] {
        var routes: [IPPrefix: IPAddress] = [:]
        for node in nodes where node["metadata"]["name"].string != own && !SimulatedNode.isOne(node) {
            let addresses = node["status"]["addresses"].array ?? []
            let address = addresses.first { $0["type"].string == "InternalIP" }?["address"].string
            guard let gateway = address.flatMap({ IPAddress($0) }) else { continue }
            let ranges = node["spec"]["podCIDRs"].strings + [node["spec"]["podCIDR"].string ?? ""]
            for range in ranges.compactMap({ IPPrefix($0) }) where range.address.isV4 == gateway.isV4 {
                routes[range.network] = gateway
            }
        }
        return routes
    }

    /// Until its task is cancelled.
    func run() async {
        let (changes, changed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        informer.observe { change in
            let parts = [change.old, change.new].map { ($0?["spec"] ?? .null, $0?["status"]["addresses"] ?? .null) }
            if parts[0] != parts[1] { changed.yield() }
        }
        await informer.synced()
        changed.yield()
        // What an earlier process of this node left.
        var there = (try? current()) ?? [:]
        for await _ in changes {
            let wanted = Self.wanted(informer.objects, except: nodeName)
            do { try bring(from: there, to: wanted) } catch {
                log.error("routes to other nodes' pods can't be set: \(error)")
            }
            there = wanted
        }
    }

    private func current() throws(KernelError) -> [IPPrefix: IPAddress] {
        let netlink = try RouteNetlink.here()
        let index = try netlink.link(interface)?.index
        var routes: [IPPrefix: IPAddress] = [:]
        for route in try netlink.routes() where route.index == index && route.prefix > 0 {
            guard let address = IPAddress(bytes: route.destination), let gateway = IPAddress(bytes: route.gateway),
                let range = IPPrefix(address: address, length: Int(route.prefix))
            else { continue }
            routes[range] = gateway
        }
        return routes
    }

    private func bring(from old: [IPPrefix: IPAddress], to new: [IPPrefix: IPAddress]) throws(KernelError) {
        let netlink = try RouteNetlink.here()
        guard let index = try netlink.link(interface)?.index else {
            throw KernelError(call: "link", subject: interface, errno: ENODEV)
        }
        var messages: [NetlinkMessage] = []
        for (range, gateway) in old where new[range] == nil {
            messages.append(RouteNetlink.deleteRoute(to: range, gateway: gateway.bytes, index: index))
        }
        for (range, gateway) in new where old[range] != gateway {
            messages.append(RouteNetlink.setRoute(to: range, gateway: gateway.bytes, index: index))
        }
        if !messages.isEmpty { try netlink.carryOut(messages) }
    }
}
