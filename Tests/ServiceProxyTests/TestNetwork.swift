import CLinux
import Glibc
import Linux
import Testing

/// Root in a network namespace that reaches nothing but itself: there these tests can disturb nobody
/// (`unshare -n swift test --filter ServiceProxyTests`).
let isAloneInNamespace: Bool =
    getuid() == 0 && ((try? RouteNetlink.here().links().allSatisfy { $0.name == "lo" || !$0.isUp }) ?? false)

/// A network namespace on a link of its own: a pod behind the bridge, or a machine outside. Gone with its descriptor.
struct TestHost: Sendable {
    let address: String
    let namespace: Int32
    private let keeper: OwnedDescriptor

    /// - Parameters:
    ///   - bridge: the near end's bridge; "": it has `gateway` for an address itself.
    ///   - routed: whether it has no route but to its gateway, as pods should have it.
    init(_ address: String, link: String, bridge: String, gateway: String, routed: Bool = true) throws {
        self.address = address
        let here = try OwnedDescriptor.open("/proc/self/ns/net", O_RDONLY)
        let raw = try NetworkNamespace.visit(here.raw, subject: "test") { () throws(KernelError) -> Int32 in
            try kernel("unshare", "net") { unshare(CLONE_NEWNET) }
            return try OwnedDescriptor.open("/proc/thread-self/ns/net", O_RDONLY).release()
        }
        keeper = OwnedDescriptor(taking: raw)
        namespace = raw
        let near = try RouteNetlink.here()
        let parent = try bridge.isEmpty ? 0 : #require(try near.link(bridge)).index
        let own = try #require(IPAddress(address)).bytes, other = try #require(IPAddress(gateway)).bytes
        try near.carryOut([
            RouteNetlink.addVeth(
                VethPair(host: link, bridge: parent, peer: "eth0", namespace: raw, peerMAC: [2, 0] + own, mtu: 1500))
        ])
        if bridge.isEmpty {
            let index = try #require(try near.link(link)).index
            try near.carryOut([RouteNetlink.addAddress(LinkAddress(index: index, address: other, prefix: 24))])
        }
        let far = try RouteNetlink.of(namespace: raw, subject: "test")
        let index = try #require(try far.link("eth0")).index
        let prefix: UInt8 = routed && !bridge.isEmpty ? 32 : 24
        try far.carryOut([
            RouteNetlink.setUp(RouteNetlink.loopback), RouteNetlink.setUp(index),
            RouteNetlink.addAddress(LinkAddress(index: index, address: own, prefix: prefix)),
        ])
        if prefix == 32 { try far.carryOut([Self.linkRoute(to: other, index: index)]) }
        try far.carryOut([RouteNetlink.addDefaultRoute(gateway: other, index: index)])
    }

    private static func linkRoute(to address: [UInt8], index: Int32) -> NetlinkMessage {
        var request = NetlinkMessage(
            Int(RTM_NEWROUTE), flags: Int(NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE), call: "add route", subject: "test")
        request.put(UInt8(AF_INET))
        request.put(UInt8(32))
        request.put(UInt8(0))
        request.put(UInt8(0))
        request.put(UInt8(RT_TABLE_MAIN.rawValue))
        request.put(UInt8(RTPROT_BOOT))
        request.put(UInt8(RT_SCOPE_LINK.rawValue))
        request.put(UInt8(RTN_UNICAST))
        request.put(UInt32(0))
        request.attribute(Int(RTA_DST.rawValue), address)
        request.attribute(Int(RTA_OIF.rawValue), index)
        return request
    }
}

/// The node itself: this process' namespace, with a bridge for pods and, by its link, a machine outside.
enum TestNode {
    static let bridge = "hkp0", uplink = "hku0"

    static func with(_ body: (_ outside: TestHost) async throws -> Void) async throws {
        let here = try RouteNetlink.here()
        try here.carryOut([
            RouteNetlink.setUp(RouteNetlink.loopback),
            RouteNetlink.addBridge(bridge, mac: [2, 0, 10, 244, 0, 1], mtu: 1500),
        ])
        let index = try #require(try here.link(bridge)).index
        try here.carryOut([
            RouteNetlink.addAddress(LinkAddress(index: index, address: [10, 244, 0, 1], prefix: 24)),
            RouteNetlink.setUp(index),
        ])
        let outside = try TestHost("192.168.49.1", link: uplink, bridge: "", gateway: "192.168.49.2")
        let up = try #require(try here.link(uplink)).index
        try here.carryOut([RouteNetlink.addDefaultRoute(gateway: [192, 168, 49, 1], index: up)])
        var fault: (any Error)?
        do { try await body(outside) } catch { fault = error }
        for name in [bridge, uplink] { try? here.carryOut([RouteNetlink.delete(name)]) }
        for link in try here.links() where link.kind == "veth" { try? here.carryOut([RouteNetlink.delete(link.name)]) }
        if let fault { throw fault }
    }
}
