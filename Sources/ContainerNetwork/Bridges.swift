import CLinux
import Fault
import Linux
import Logging

/// The kernel's settings that containers' traffic needs.
enum HostSettings {
    /// Forwarding on; a system that forbids it keeps working without outside traffic.
    static func forward(ipv6: Bool, _ log: Logger) {
        set("net/ipv4/ip_forward", "1", log)
        if ipv6 { set("net/ipv6/conf/all/forwarding", "1", log) }
    }

    static func set(_ name: String, _ value: String, _ log: Logger) {
        let path = "/proc/sys/" + name
        if KernelFile.line(path) == value { return }
        do { try KernelFile.write(path, value) } catch { log.warning("sysctl \(name) stays as it is: \(error)") }
    }
}

/// Bridges as interfaces of the host.
enum Bridges {
    /// Throws where the kernel has no IPv6 and the network wants it.
    static func checkIPv6(_ network: NetworkRecord) throws(Fault) {
        guard network.hasIPv6, access("/proc/net/if_inet6", F_OK) != 0 else { return }
        throw Fault(
            .invalid,
            "network \(network.name): this host's kernel runs without IPv6 (ipv6.disable=1): leave --ipv6 out")
    }

    /// Makes the interface what the record says; one that is there is kept, with its ports.
    static func make(_ network: NetworkRecord, _ netlink: RouteNetlink) throws(KernelError) {
        let name = network.interface
        if try netlink.link(name) == nil {
            try netlink.carryOut([RouteNetlink.addBridge(name, mac: hardwareAddress(name), mtu: network.mtu)])
        }
        guard let link = try netlink.link(name) else {
            throw KernelError(call: "add bridge", subject: name, errno: ENODEV)
        }
        // Hosts may have it switched off for what is new (net.ipv6.conf.default.disable_ipv6).
        if network.hasIPv6 { try? KernelFile.write("/proc/sys/net/ipv6/conf/\(name)/disable_ipv6", "0") }
        let wanted = network.subnets.map {
            LinkAddress(index: link.index, address: $0.gateway.bytes, prefix: UInt8($0.prefix.length))
        }
        let present = try netlink.addresses().filter { $0.index == link.index }
        let scoped = present.filter {
            !($0.address.count == 16 && $0.address[0] == 0xfe && $0.address[1] & 0xc0 == 0x80)
        }
        try netlink.carryOut(
            scoped.filter { !wanted.contains($0) }.map(RouteNetlink.deleteAddress)
                + wanted.filter { !present.contains($0) }.map(RouteNetlink.addAddress)
                + (link.isUp ? [] : [RouteNetlink.setUp(link.index)]))
        // Lets 127.0.0.1:PORT be rewritten to a container behind this bridge; the rules' guard keeps containers out.
        try? KernelFile.write("/proc/sys/net/ipv4/conf/\(name)/route_localnet", "1")
    }

    static func remove(_ network: NetworkRecord, _ netlink: RouteNetlink) throws(KernelError) {
        do throws(KernelError) {
            try netlink.carryOut([RouteNetlink.delete(network.interface)])
        } catch {
            if error.errno != ENODEV { throw error }
        }
    }

    /// Deletes veths on our bridges that no lease names: left by a crash between their making and their lease's use.
    static func removeStrays(
        of networks: [NetworkRecord], keeping: Set<String>, _ netlink: RouteNetlink
    ) throws(KernelError) {
        let links = try netlink.links()
        let ours = Set(networks.map(\.interface))
        let bridges = Set(links.filter { ours.contains($0.name) && $0.kind == "bridge" }.map(\.index))
        for link in links
        where link.kind == "veth" && link.name.hasPrefix("veth") && bridges.contains(link.master)
            && !keeping.contains(link.name)
        {
            do throws(KernelError) {
                try netlink.carryOut([RouteNetlink.delete(link.name)])
            } catch {
                if error.errno != ENODEV { throw error }
            }
        }
    }

    /// Locally administered and steady: a bridge would else take over its ports' addresses as they come and go.
    /// FNV-1a of the name.
    static func hardwareAddress(_ name: String) -> [UInt8] {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return [0x02, 0x42] + (0..<4).map { UInt8(truncatingIfNeeded: hash >> (UInt64($0) * 8)) }
    }
}
