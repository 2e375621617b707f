import CLinux

/// A network interface as the kernel lists it.
package struct NetworkLink: Sendable, Equatable {
    package var index: Int32 = 0
    package var name = ""
    package var isUp = false
    /// Index of the bridge it is a port of; 0: none.
    package var master: Int32 = 0
    /// `bridge`, `veth`, …; empty for hardware and loopback.
    package var kind = ""
    package var mac: [UInt8] = []
    package var mtu: UInt32 = 0
}

/// One address of an interface.
package struct LinkAddress: Sendable, Equatable {
    package var index: Int32
    /// Four bytes or sixteen.
    package var address: [UInt8]
    package var prefix: UInt8
    package init(index: Int32, address: [UInt8], prefix: UInt8) {
        self.index = index
        self.address = address
        self.prefix = prefix
    }
}

/// A route of the main table.
package struct NetworkRoute: Sendable, Equatable {
    /// Empty: the default route.
    package var destination: [UInt8]
    package var prefix: UInt8
    package var gateway: [UInt8]
    package var index: Int32
}

/// Both ends of a veth pair. The peer is born in the namespace that `namespace` is a descriptor of.
package struct VethPair: Sendable {
    package var host: String
    package var bridge: Int32
    package var peer: String
    package var namespace: Int32
    package var peerMAC: [UInt8]
    package var mtu: UInt32

    package init(host: String, bridge: Int32, peer: String, namespace: Int32, peerMAC: [UInt8], mtu: UInt32) {
        self.host = host
        self.bridge = bridge
        self.peer = peer
        self.namespace = namespace
        self.peerMAC = peerMAC
        self.mtu = mtu
    }
}

/// Links, addresses and routes of one network namespace. Requests that don't depend on each other's answers go to
/// the kernel in one datagram.
package struct RouteNetlink: Sendable {
    private let socket: any NetlinkSocket

    private static let change = Int(NLM_F_REQUEST | NLM_F_ACK)
    static let create = Int(NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
    /// Loopback is the first interface of every namespace (LOOPBACK_IFINDEX in net_namespace.h).
    package static let loopback: Int32 = 1
    private static let up = UInt32(IFF_UP)
    /// IN6_ADDR_GEN_MODE_NONE: the kernel makes no link-local address, so nothing is announced or solicited.
    private static let noGeneratedAddress: UInt8 = 1

    package init(_ socket: any NetlinkSocket) { self.socket = socket }

    /// Of the calling thread's namespace.
    package static func here() throws(KernelError) -> RouteNetlink { RouteNetlink(try KernelNetlinkSocket()) }

    /// Of the namespace behind the descriptor.
    package static func of(namespace: Int32, subject: String) throws(KernelError) -> RouteNetlink {
        try NetworkNamespace.visit(namespace, subject: subject) { () throws(KernelError) in try here() }
    }

    // MARK: Exchange

    /// Sends all requests at once and waits for every acknowledgement; see `NetlinkSocket`.
    package func carryOut(_ messages: [NetlinkMessage]) throws(KernelError) { try socket.carryOut(messages) }

    private func list(_ type: Int, header: Int, subject: String) throws(KernelError) -> [NetlinkAnswer] {
        var request = NetlinkMessage(type, flags: NetlinkMessage.dump, call: "netlink dump", subject: subject)
        request.attributeHeader(bytes: header)
        var found: [NetlinkAnswer] = []
        try socket.list(request) { found.append($0) }
        return found
    }

    // MARK: Reading

    package func links() throws(KernelError) -> [NetworkLink] {
        try list(Int(RTM_GETLINK), header: 16, subject: "links").map(Self.link)
    }

    /// Nil when there is no interface of that name.
    package func link(_ name: String) throws(KernelError) -> NetworkLink? {
        var request = NetlinkMessage(Int(RTM_GETLINK), flags: Int(NLM_F_REQUEST), call: "get link", subject: name)
        request.linkHeader(index: 0)
        request.attribute(Int(IFLA_IFNAME), name)
        request.sequence = 1
        try socket.send(request.bytes)
        for answer in NetlinkAnswer.split(try socket.receive()) {
            if let code = answer.errorNumber {
                if code == ENODEV { return nil }
                throw KernelError(call: "get link", subject: name, errno: code)
            }
            return Self.link(answer)
        }
        return nil
    }

    private static func link(_ answer: NetlinkAnswer) -> NetworkLink {
        var link = NetworkLink()
        guard answer.payload.count >= 16 else { return link }
        let start = answer.payload.startIndex
        link.index = answer.payload.loadInteger(at: start + 4)
        link.isUp = (answer.payload.loadInteger(at: start + 8) as UInt32) & up != 0
        let attributes = answer.attributes(skipping: 16)
        link.name = attributes[Int(IFLA_IFNAME)]?.terminatedText ?? ""
        link.mac = attributes[Int(IFLA_ADDRESS)].map(Array.init) ?? []
        if let master = attributes[Int(IFLA_MASTER)], master.count == 4 {
            link.master = master.loadInteger(at: master.startIndex)
        }
        if let mtu = attributes[Int(IFLA_MTU)], mtu.count == 4 { link.mtu = mtu.loadInteger(at: mtu.startIndex) }
        if let info = attributes[Int(IFLA_LINKINFO)] {
            link.kind = NetlinkAnswer.attributes(info)[Int(IFLA_INFO_KIND)]?.terminatedText ?? ""
        }
        return link
    }

    package func addresses() throws(KernelError) -> [LinkAddress] {
        try list(Int(RTM_GETADDR), header: 8, subject: "addresses").compactMap { answer in
            guard answer.payload.count >= 8 else { return nil }
            let start = answer.payload.startIndex
            let attributes = answer.attributes(skipping: 8)
            guard let address = attributes[Int(IFA_LOCAL)] ?? attributes[Int(IFA_ADDRESS)] else { return nil }
            let index: UInt32 = answer.payload.loadInteger(at: start + 4)
            return LinkAddress(
                index: Int32(bitPattern: index), address: Array(address), prefix: answer.payload[start + 1])
        }
    }

    package func routes() throws(KernelError) -> [NetworkRoute] {
        try list(Int(RTM_GETROUTE), header: 12, subject: "routes").compactMap { answer in
            guard answer.payload.count >= 12 else { return nil }
            let start = answer.payload.startIndex
            guard answer.payload[start + 4] == UInt8(RT_TABLE_MAIN.rawValue) else { return nil }
            let attributes = answer.attributes(skipping: 12)
            let device = attributes[Int(RTA_OIF.rawValue)]
            return NetworkRoute(
                destination: attributes[Int(RTA_DST.rawValue)].map(Array.init) ?? [],
                prefix: answer.payload[start + 1],
                gateway: attributes[Int(RTA_GATEWAY.rawValue)].map(Array.init) ?? [],
                index: device?.count == 4 ? device.map { $0.loadInteger(at: $0.startIndex) } ?? 0 : 0)
        }
    }

    // MARK: Requests

    package static func addBridge(_ name: String, mac: [UInt8], mtu: UInt32) -> NetlinkMessage {
        var request = NetlinkMessage(Int(RTM_NEWLINK), flags: create, call: "add bridge", subject: name)
        request.linkHeader(index: 0)
        request.attribute(Int(IFLA_IFNAME), name)
        request.attribute(Int(IFLA_ADDRESS), mac)
        if mtu > 0 { request.attribute(Int(IFLA_MTU), mtu) }
        request.nest(Int(IFLA_LINKINFO)) { $0.attribute(Int(IFLA_INFO_KIND), Array("bridge".utf8)) }
        return request
    }

    /// The near end is up and a port of the bridge from birth; the far end can't come up before both are joined
    /// (ENOTCONN from veth_open).
    package static func addVeth(_ pair: VethPair) -> NetlinkMessage {
        var request = NetlinkMessage(Int(RTM_NEWLINK), flags: create, call: "add veth", subject: pair.host)
        request.linkHeader(index: 0, flags: up, mask: up)
        request.attribute(Int(IFLA_IFNAME), pair.host)
        if pair.mtu > 0 { request.attribute(Int(IFLA_MTU), pair.mtu) }
        if pair.bridge != 0 { request.attribute(Int(IFLA_MASTER), pair.bridge) }
        request.nest(Int(IFLA_LINKINFO)) { info in
            info.attribute(Int(IFLA_INFO_KIND), Array("veth".utf8))
            info.nest(Int(IFLA_INFO_DATA)) { data in
                data.nest(Int(VETH_INFO_PEER)) { peer in
                    peer.linkHeader(index: 0)
                    peer.attribute(Int(IFLA_IFNAME), pair.peer)
                    if pair.mtu > 0 { peer.attribute(Int(IFLA_MTU), pair.mtu) }
                    peer.attribute(Int(IFLA_ADDRESS), pair.peerMAC)
                    peer.attribute(Int(IFLA_NET_NS_FD), pair.namespace)
                }
            }
        }
        return request
    }

    /// No link-local address: nothing is announced or solicited, and nothing has to be taken down.
    package static func generateNoAddress(_ index: Int32) -> NetlinkMessage {
        var request = NetlinkMessage(
            Int(RTM_SETLINK), flags: change, call: "stop address generation", subject: "link \(index)")
        request.linkHeader(index: index)
        request.nest(Int(IFLA_AF_SPEC)) { families in
            families.nest(Int(AF_INET6)) { $0.attribute(Int(IFLA_INET6_ADDR_GEN_MODE), noGeneratedAddress) }
        }
        return request
    }

    package static func setUp(_ index: Int32) -> NetlinkMessage {
        var request = NetlinkMessage(Int(RTM_NEWLINK), flags: change, call: "set up", subject: "link \(index)")
        request.linkHeader(index: index, flags: up, mask: up)
        return request
    }

    /// How the bridge treats its port. An isolated one reaches the host, not other isolated ones; a reflecting one
    /// (hairpin mode) gets back what it sent, which a container that calls its own published port needs when
    /// br_netfilter rewrites packets inside the bridge.
    package static func setPort(_ name: String, isIsolated: Bool, reflects: Bool) -> NetlinkMessage {
        var request = NetlinkMessage(Int(RTM_NEWLINK), flags: change, call: "set bridge port", subject: name)
        request.linkHeader(index: 0)
        request.attribute(Int(IFLA_IFNAME), name)
        request.nest(Int(IFLA_LINKINFO)) { info in
            info.attribute(Int(IFLA_INFO_SLAVE_KIND), Array("bridge".utf8))
            info.nest(Int(IFLA_INFO_SLAVE_DATA)) { data in
                data.attribute(Int(IFLA_BRPORT_MODE), UInt8(reflects ? 1 : 0))
                data.attribute(Int(IFLA_BRPORT_ISOLATED), UInt8(isIsolated ? 1 : 0))
            }
        }
        return request
    }

    package static func delete(_ name: String) -> NetlinkMessage {
        var request = NetlinkMessage(Int(RTM_DELLINK), flags: change, call: "delete link", subject: name)
        request.linkHeader(index: 0)
        request.attribute(Int(IFLA_IFNAME), name)
        return request
    }

    /// IPv6 addresses are taken without duplicate detection, which would hold them back for a second.
    package static func addAddress(_ address: LinkAddress) -> NetlinkMessage {
        var request = addressRequest(Int(RTM_NEWADDR), flags: create, "add address", address)
        if address.address.count == 4, address.prefix < 31 {
            var broadcast = address.address
            for bit in Int(address.prefix)..<32 { broadcast[bit / 8] |= 0x80 >> UInt8(bit % 8) }
            request.attribute(Int(IFA_BROADCAST), broadcast)
        }
        return request
    }

    package static func deleteAddress(_ address: LinkAddress) -> NetlinkMessage {
        addressRequest(Int(RTM_DELADDR), flags: change, "delete address", address)
    }

    private static func addressRequest(_ type: Int, flags: Int, _ call: String, _ address: LinkAddress)
        -> NetlinkMessage
    {
        let subject = IPAddress(bytes: address.address).map { "\($0)/\(address.prefix)" } ?? "link \(address.index)"
        var request = NetlinkMessage(type, flags: flags, call: call, subject: subject)
        let isV4 = address.address.count == 4
        request.put(UInt8(isV4 ? AF_INET : AF_INET6))
        request.put(address.prefix)
        request.put(UInt8(isV4 ? 0 : IFA_F_NODAD))
        request.put(UInt8(RT_SCOPE_UNIVERSE.rawValue))
        request.put(UInt32(bitPattern: address.index))
        request.attribute(Int(IFA_LOCAL), address.address)
        request.attribute(Int(IFA_ADDRESS), address.address)
        return request
    }

    package static func addDefaultRoute(gateway: [UInt8], index: Int32) -> NetlinkMessage {
        route(Int(RTM_NEWROUTE), flags: create, "add default route", to: nil, gateway, index)
    }

    /// By the device alone: everything is reached on its wire.
    package static func addDefaultRoute(isV4: Bool, index: Int32) -> NetlinkMessage {
        route(Int(RTM_NEWROUTE), flags: create, "add default route", to: nil, isV4: isV4, index: index)
    }

    package static func deleteDefaultRoute(gateway: [UInt8], index: Int32) -> NetlinkMessage {
        route(Int(RTM_DELROUTE), flags: change, "delete default route", to: nil, gateway, index)
    }

    /// In place of another route to the same destination, if there is one.
    package static func setRoute(to destination: IPPrefix, gateway: [UInt8], index: Int32) -> NetlinkMessage {
        let flags = Int(NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE)
        return route(Int(RTM_NEWROUTE), flags: flags, "set route", to: destination, gateway, index)
    }

    package static func deleteRoute(to destination: IPPrefix, gateway: [UInt8], index: Int32) -> NetlinkMessage {
        route(Int(RTM_DELROUTE), flags: change, "delete route", to: destination, gateway, index)
    }

    /// - Parameter destination: nil: everything that no other route leads to.
    private static func route(
        _ type: Int, flags: Int, _ call: String, to destination: IPPrefix?, _ gateway: [UInt8], _ index: Int32
    ) -> NetlinkMessage {
        route(type, flags: flags, call, to: destination, isV4: gateway.count == 4, gateway, index: index)
    }

    private static func route(
        _ type: Int, flags: Int, _ call: String, to destination: IPPrefix?, isV4: Bool, _ gateway: [UInt8] = [],
        index: Int32
    ) -> NetlinkMessage {
        let way = IPAddress(bytes: gateway).map { "via \($0)" } ?? ""
        var request = NetlinkMessage(
            type, flags: flags, call: call, subject: destination.map { "\($0) \(way)" } ?? way)
        request.put(UInt8(isV4 ? AF_INET : AF_INET6))
        request.put(UInt8(destination?.length ?? 0))
        request.put(UInt8(0))
        request.put(UInt8(0))
        request.put(UInt8(RT_TABLE_MAIN.rawValue))
        request.put(UInt8(RTPROT_BOOT))
        request.put(UInt8(RT_SCOPE_UNIVERSE.rawValue))
        request.put(UInt8(RTN_UNICAST))
        request.put(UInt32(0))
        if let destination { request.attribute(Int(RTA_DST.rawValue), destination.network.address.bytes) }
        if !gateway.isEmpty { request.attribute(Int(RTA_GATEWAY.rawValue), gateway) }
        request.attribute(Int(RTA_OIF.rawValue), index)
        return request
    }
}

extension NetlinkMessage {
    /// A family header of zeros: lists everything.
    fileprivate mutating func attributeHeader(bytes count: Int) {
        if count == 16 { return linkHeader(index: 0) }
        for _ in 0..<(count / 4) { put(UInt32(0)) }
    }
}
