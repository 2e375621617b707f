import CLinux

/// One tracked connection, or the datagrams between two places.
package struct TrackedFlow: Sendable, Equatable {
    package let isDatagram: Bool
    /// Where its first packet was sent.
    package let destination: IPAddress
    package let port: UInt16
    /// Whoever answers: the destination, or where it was rewritten to.
    package let answeredBy: IPAddress
    package let answeringPort: UInt16

    package init(
        isDatagram: Bool, destination: IPAddress, port: UInt16, answeredBy: IPAddress, answeringPort: UInt16
    ) {
        self.isDatagram = isDatagram
        self.destination = destination
        self.port = port
        self.answeredBy = answeredBy
        self.answeringPort = answeringPort
    }
}

/// The kernel's table of tracked connections (`conntrack -L`), by ctnetlink (linux/netfilter/nfnetlink_conntrack.h).
package enum ConnectionTable {
    private enum Request {
        /// NFNL_SUBSYS_CTNETLINK << 8, with IPCTNL_MSG_CT_GET and IPCTNL_MSG_CT_DELETE.
        static let get = 0x101, delete = 0x102
    }

    private enum Attribute {
        static let original = 1, reply = 2, zone = 18
        /// Within a tuple, and within its parts.
        static let addresses = 1, transport = 2, number = 1, sourcePort = 2, destinationPort = 3
        static let source4 = 1, destination4 = 2, source6 = 3, destination6 = 4
    }

    /// The `nfgenmsg` that starts each request: family, version, resource.
    private static let headerSize = 4

    /// Forgets the flows of datagrams to the given ports: the kernel chose where they go when the first one came, and
    /// would send them there for as long as the client keeps talking, whatever is published since.
    package static func forgetDatagrams(to ports: Set<UInt16>) throws(KernelError) {
        if ports.isEmpty { return }
        try forget { deletion(of: $0, ports) }
    }

    /// Forgets the flows that are named stale.
    package static func forget(where isStale: (TrackedFlow) -> Bool) throws(KernelError) {
        try forget { answer in
            guard let flow = flow(answer), isStale(flow) else { return nil }
            return deletion(of: answer)
        }
    }

    private static func forget(_ deletion: (NetlinkAnswer) -> NetlinkMessage?) throws(KernelError) {
        let socket = try KernelNetlinkSocket(family: NETLINK_NETFILTER)
        var found: [NetlinkMessage] = []
        try socket.list(message(Request.get, flags: NetlinkMessage.dump, family: UInt8(AF_UNSPEC))) { flow in
            if let deletion = deletion(flow) { found.append(deletion) }
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
        guard let original = attributes[Attribute.original],
            let transport = NetlinkAnswer.attributes(original)[Attribute.transport]
        else { return nil }
        let parts = NetlinkAnswer.attributes(transport)
        guard parts[Attribute.number]?.first == UInt8(IPPROTO_UDP),
            let port = parts[Attribute.destinationPort], port.count == 2,
            ports.contains(UInt16(bigEndian: port.loadInteger(at: port.startIndex)))
        else { return nil }
        return deletion(of: flow)
    }

    private static func deletion(of flow: NetlinkAnswer) -> NetlinkMessage? {
        let attributes = flow.attributes(skipping: headerSize)
        guard let family = flow.payload.first, let original = attributes[Attribute.original] else { return nil }
        var request = message(Request.delete, flags: Int(NLM_F_REQUEST | NLM_F_ACK), family: family)
        request.attribute(Attribute.original | 1 << 15, original)  // NLA_F_NESTED
        if let zone = attributes[Attribute.zone] { request.attribute(Attribute.zone, zone) }
        return request
    }

    /// Nil for what has no ports or isn't whole.
    static func flow(_ answer: NetlinkAnswer) -> TrackedFlow? {
        let attributes = answer.attributes(skipping: headerSize)
        guard let original = attributes[Attribute.original].map({ NetlinkAnswer.attributes($0) }),
            let reply = attributes[Attribute.reply].map({ NetlinkAnswer.attributes($0) }),
            let sent = original[Attribute.addresses].map({ NetlinkAnswer.attributes($0) }),
            let answered = reply[Attribute.addresses].map({ NetlinkAnswer.attributes($0) }),
            let sentBy = original[Attribute.transport].map({ NetlinkAnswer.attributes($0) }),
            let answeredBy = reply[Attribute.transport].map({ NetlinkAnswer.attributes($0) }),
            let destination = (sent[Attribute.destination4] ?? sent[Attribute.destination6]).flatMap({
                IPAddress(bytes: Array($0))
            }),
            let source = (answered[Attribute.source4] ?? answered[Attribute.source6]).flatMap({
                IPAddress(bytes: Array($0))
            }),
            let port = sentBy[Attribute.destinationPort].flatMap(portNumber),
            let other = answeredBy[Attribute.sourcePort].flatMap(portNumber)
        else { return nil }
        return TrackedFlow(
            isDatagram: sentBy[Attribute.number]?.first == UInt8(IPPROTO_UDP), destination: destination, port: port,
            answeredBy: source, answeringPort: other)
    }

    private static func portNumber(_ bytes: ArraySlice<UInt8>) -> UInt16? {
        bytes.count == 2 ? UInt16(bigEndian: bytes.loadInteger(at: bytes.startIndex)) : nil
    }

    private static func message(_ type: Int, flags: Int, family: UInt8) -> NetlinkMessage {
        var request = NetlinkMessage(type, flags: flags, call: "conntrack", subject: "flows")
        request.put(family)
        request.put(UInt8(0))
        request.put(UInt16(0))
        return request
    }
}
