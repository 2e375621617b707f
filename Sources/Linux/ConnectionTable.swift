import CLinux

/// The kernel's table of tracked connections (`conntrack -L`), by ctnetlink (linux/netfilter/nfnetlink_conntrack.h).
package enum ConnectionTable {
    private enum Request {
        /// NFNL_SUBSYS_CTNETLINK << 8, with IPCTNL_MSG_CT_GET and IPCTNL_MSG_CT_DELETE.
        static let get = 0x101, delete = 0x102
    }

    private enum Attribute {
        static let original = 1, zone = 18
        /// Within the tuple, and within its protocol part.
        static let transport = 2, number = 1, destinationPort = 3
    }

    /// The `nfgenmsg` that starts each request: family, version, resource.
    private static let headerSize = 4

    /// Forgets the flows of datagrams to the given ports: the kernel chose where they go when the first one came, and
    /// would send them there for as long as the client keeps talking, whatever is published since.
    package static func forgetDatagrams(to ports: Set<UInt16>) throws(KernelError) {
        if ports.isEmpty { return }
        let socket = try KernelNetlinkSocket(family: NETLINK_NETFILTER)
        var found: [NetlinkMessage] = []
        try socket.list(message(Request.get, flags: NetlinkMessage.dump, family: UInt8(AF_UNSPEC))) { flow in
            if let deletion = deletion(of: flow, ports) { found.append(deletion) }
        }
        for deletion in found {
            do throws(KernelError) {
                try socket.carryOut([deletion])
            } catch {
                if error.errno != ENOENT { throw error }  // it ended by itself
            }
        }
    }

    /// Nil when the flow is another's.
    static func deletion(of flow: NetlinkAnswer, _ ports: Set<UInt16>) -> NetlinkMessage? {
        let attributes = flow.attributes(skipping: headerSize)
        guard let family = flow.payload.first, let original = attributes[Attribute.original],
            let transport = NetlinkAnswer.attributes(original)[Attribute.transport]
        else { return nil }
        let parts = NetlinkAnswer.attributes(transport)
        guard parts[Attribute.number]?.first == UInt8(IPPROTO_UDP),
            let port = parts[Attribute.destinationPort], port.count == 2,
            ports.contains(UInt16(bigEndian: port.loadInteger(at: port.startIndex)))
        else { return nil }
        var request = message(Request.delete, flags: Int(NLM_F_REQUEST | NLM_F_ACK), family: family)
        request.attribute(Attribute.original | 1 << 15, original)  // NLA_F_NESTED
        if let zone = attributes[Attribute.zone] { request.attribute(Attribute.zone, zone) }
        return request
    }

    private static func message(_ type: Int, flags: Int, family: UInt8) -> NetlinkMessage {
        var request = NetlinkMessage(type, flags: flags, call: "conntrack", subject: "flows")
        request.put(family)
        request.put(UInt8(0))
        request.put(UInt16(0))
        return request
    }
}
