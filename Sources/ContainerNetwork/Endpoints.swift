import CLinux
import Linux

/// A container's end of the wire.
enum Endpoints {
    /// The link and everything inside the namespace. Undone by `deleteLink`.
    static func make(_ lease: Lease, _ network: NetworkRecord, namespacePath: String) throws {
        let namespace = try OwnedDescriptor.open(namespacePath, O_RDONLY)
        let host = try RouteNetlink.here()
        if network.driver.isShared {
            try ParentLinks.addLink(lease, network, namespace: namespace.raw, host)
        } else {
            try addVeth(lease, network, namespace, host)
        }
        try configure(lease, network, try RouteNetlink.of(namespace: namespace.raw, subject: namespacePath))
    }

    private static func addVeth(
        _ lease: Lease, _ network: NetworkRecord, _ namespace: OwnedDescriptor, _ host: RouteNetlink
    ) throws(KernelError) {
        guard let bridge = try host.link(network.interface) else {
            throw KernelError(call: "find bridge", subject: network.interface, errno: ENODEV)
        }
        let pair = VethPair(
            host: lease.link, bridge: bridge.index, peer: lease.interface, namespace: namespace.raw,
            peerMAC: lease.mac, mtu: network.mtu)
        let reflects = !lease.ports.isEmpty
        let isIsolated = !network.containersTalk
        try host.carryOut(
            [RouteNetlink.addVeth(pair)]
                + (reflects || isIsolated
                    ? [RouteNetlink.setPort(lease.link, isIsolated: isIsolated, reflects: reflects)] : []))
    }

    /// Addresses and routes.
    private static func configure(_ lease: Lease, _ network: NetworkRecord, _ inside: RouteNetlink) throws(KernelError)
    {
        guard let link = try inside.link(lease.interface) else {
            throw KernelError(call: "find link", subject: lease.interface, errno: ENODEV)
        }
        var requests = [RouteNetlink.setUp(RouteNetlink.loopback)]
        if let address = lease.address {
            requests.append(
                RouteNetlink.addAddress(
                    LinkAddress(index: link.index, address: address.bytes, prefix: UInt8(lease.prefixLength))))
        }
        if let address = lease.address6 {
            requests.append(
                RouteNetlink.addAddress(
                    LinkAddress(index: link.index, address: address.bytes, prefix: UInt8(lease.prefixLength6))))
        }
        // Without IPv6 in this kernel there is nothing to stop; the attempt's refusal says so and is no failure.
        if lease.address6 == nil { try? inside.carryOut([RouteNetlink.generateNoAddress(link.index)]) }
        try inside.carryOut(requests + [RouteNetlink.setUp(link.index)] + routes(lease, network, link.index))
    }

    private static func routes(_ lease: Lease, _ network: NetworkRecord, _ index: Int32) -> [NetlinkMessage] {
        [lease.gateway, lease.gateway6].compactMap { $0 }.map {
            network.isRoutedByDevice
                ? RouteNetlink.addDefaultRoute(isV4: $0.isV4, index: index)
                : RouteNetlink.addDefaultRoute(gateway: $0.bytes, index: index)
        }
    }

    static func addDefaultRoutes(_ lease: Lease, _ network: NetworkRecord, _ namespacePath: String) throws(KernelError)
    {
        let namespace = try OwnedDescriptor.open(namespacePath, O_RDONLY)
        let inside = try RouteNetlink.of(namespace: namespace.raw, subject: namespacePath)
        guard let link = try inside.link(lease.interface) else { return }
        try inside.carryOut(routes(lease, network, link.index))
    }

    static func raiseLoopback(_ namespacePath: String) throws(KernelError) {
        let namespace = try OwnedDescriptor.open(namespacePath, O_RDONLY)
        let inside = try RouteNetlink.of(namespace: namespace.raw, subject: namespacePath)
        try inside.carryOut([RouteNetlink.setUp(RouteNetlink.loopback)])
    }

    /// A link that has no end on the host.
    static func deleteLink(_ lease: Lease, inside namespacePath: String) throws(KernelError) {
        let namespace = try OwnedDescriptor.open(namespacePath, O_RDONLY)
        let inside = try RouteNetlink.of(namespace: namespace.raw, subject: namespacePath)
        do throws(KernelError) { try inside.carryOut([RouteNetlink.delete(lease.interface)]) } catch {
            if error.errno != ENODEV { throw error }
        }
    }

    /// Both ends go. Nothing happens when they are gone.
    static func deleteLink(_ lease: Lease) throws(KernelError) {
        do throws(KernelError) {
            try RouteNetlink.here().carryOut([RouteNetlink.delete(lease.link)])
        } catch {
            if error.errno != ENODEV { throw error }
        }
    }
}
