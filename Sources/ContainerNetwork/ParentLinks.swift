import CLinux
import Fault
import Linux

/// The host's interfaces that macvlan and ipvlan networks share: one that is there, a VLAN of one (`eth0.10`), which is
/// made when it isn't there, or, where none is named, one that leads nowhere and is the network's alone.
enum ParentLinks {
    /// Makes what can be made. Throws for an interface that there isn't.
    static func make(_ network: NetworkRecord, _ netlink: RouteNetlink) throws {
        let name = network.parent
        guard try netlink.link(name) == nil else { return }
        do throws(KernelError) {
            if network.ownsParent {
                try netlink.carryOut([RouteNetlink.addDummy(name)])
            } else {
                let (master, id) = try tag(name)
                guard let link = try netlink.link(master) else {
                    throw KernelError(call: "find", subject: master, errno: ENODEV)
                }
                try netlink.carryOut([RouteNetlink.addVLAN(name, parent: link.index, id: id)])
            }
            if let made = try netlink.link(name) { try netlink.carryOut([RouteNetlink.setUp(made.index)]) }
        } catch { throw explain(error, network) }
    }

    /// `eth0.10`: the interface and the tag.
    private static func tag(_ name: String) throws(KernelError) -> (master: String, id: UInt16) {
        guard let dot = name.lastIndex(of: "."), let id = UInt16(name[name.index(after: dot)...]),
            (1...4094).contains(id)
        else { throw KernelError(call: "find", subject: name, errno: ENODEV) }
        return (String(name[..<dot]), id)
    }

    private static func explain(_ error: KernelError, _ network: NetworkRecord) -> Fault {
        if error.errno == EOPNOTSUPP {
            return Fault(
                .invalid,
                network.ownsParent
                    ? "network \(network.name) has no parent, and this kernel no dummy interfaces: name one with -o parent=INTERFACE"
                    : "this kernel has no VLANs (802.1Q): make \(network.parent) yourself, or name another parent")
        }
        if error.errno == ENODEV, error.call == "find" {
            return Fault(
                .invalid,
                error.subject == network.parent
                    ? "there is no interface \(network.parent) on this host: -o parent= is to name one, or a VLAN of one like eth0.10"
                    : "failed to find master interface \(error.subject) on the Docker host")
        }
        return Fault(.internalFault, "the parent \(network.parent) of network \(network.name): \(error)", cause: error)
    }

    /// Takes away the one that is the network's alone.
    static func remove(_ network: NetworkRecord, _ netlink: RouteNetlink) throws(KernelError) {
        guard network.ownsParent else { return }
        do throws(KernelError) { try netlink.carryOut([RouteNetlink.delete(network.parent)]) } catch {
            if error.errno != ENODEV { throw error }
        }
    }

    /// A container's link, in its namespace from birth.
    static func addLink(_ lease: Lease, _ network: NetworkRecord, namespace: Int32, _ host: RouteNetlink) throws {
        guard let parent = try host.link(network.parent) else {
            throw Fault(
                .invalid, "the parent interface \(network.parent) of network \(network.name) is gone from this host")
        }
        let kind: SharedLink.Kind =
            network.driver == .macvlan
            ? .macvlan(network.macvlanMode, mac: lease.mac) : .ipvlan(network.ipvlanMode, network.ipvlanFlag)
        let link = SharedLink(
            kind: kind, parent: parent.index, name: lease.interface, namespace: namespace, mtu: network.mtu)
        do throws(KernelError) { try host.carryOut([RouteNetlink.addShared(link)]) } catch {
            guard error.errno == EOPNOTSUPP else { throw error }
            throw Fault(
                .invalid, "this kernel has no \(network.driver.rawValue) links: network \(network.name) can't be joined"
            )
        }
    }
}
