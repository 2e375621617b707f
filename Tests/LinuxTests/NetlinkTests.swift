import CLinux
import Synchronization
import Testing

@testable import Linux

/// Remembers what is sent and answers from a script.
private final class ScriptedSocket: NetlinkSocket {
    private let state: Mutex<(sent: [[UInt8]], answers: [[UInt8]])>
    init(_ answers: [[UInt8]] = []) { state = Mutex(([], answers)) }
    var sent: [[UInt8]] { state.withLock { $0.sent } }
    func send(_ bytes: [UInt8]) { state.withLock { $0.sent.append(bytes) } }
    func receive() throws(KernelError) -> [UInt8] {
        let next = state.withLock { $0.answers.isEmpty ? nil : $0.answers.removeFirst() }
        guard let next else { throw KernelError(call: "recv", subject: "script", errno: EAGAIN) }
        return next
    }
    func close() {}
}

/// An NLMSG_ERROR: an acknowledgement when the code is 0.
private func acknowledgement(_ sequence: UInt8, _ code: Int32 = 0) -> [UInt8] {
    let error = withUnsafeBytes(of: -code) { Array($0) }
    return [36, 0, 0, 0, 2, 0, 0, 0, sequence, 0, 0, 0, 0, 0, 0, 0] + error + [UInt8](repeating: 0, count: 16)
}

@Suite struct NetlinkTests {
    @Test("a bridge is asked for byte for byte")
    func addBridge() {
        let message = RouteNetlink.addBridge("br0", mac: [2, 0x42, 1, 2, 3, 4], mtu: 1500)
        #expect(
            message.bytes == [
                76, 0, 0, 0, 16, 0, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0,  // RTM_NEWLINK, REQUEST|ACK|CREATE|EXCL
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // ifinfomsg
                8, 0, 3, 0, 0x62, 0x72, 0x30, 0,  // IFLA_IFNAME "br0"
                10, 0, 1, 0, 2, 0x42, 1, 2, 3, 4, 0, 0,  // IFLA_ADDRESS
                8, 0, 4, 0, 0xdc, 5, 0, 0,  // IFLA_MTU
                16, 0, 18, 0x80, 10, 0, 1, 0, 0x62, 0x72, 0x69, 0x64, 0x67, 0x65, 0, 0,  // IFLA_LINKINFO
            ])
    }

    @Test("an IPv4 address goes with its broadcast address, an IPv6 one without duplicate detection")
    func addAddress() {
        let four = RouteNetlink.addAddress(LinkAddress(index: 7, address: [172, 17, 0, 2], prefix: 16))
        #expect(
            four.bytes.dropFirst(16) == [
                2, 16, 0, 0, 7, 0, 0, 0, 8, 0, 2, 0, 172, 17, 0, 2, 8, 0, 1, 0, 172, 17, 0, 2, 8, 0, 4, 0, 172, 17, 255,
                255,
            ])
        let six = RouteNetlink.addAddress(
            LinkAddress(index: 7, address: [0xfd] + [UInt8](repeating: 0, count: 15), prefix: 64))
        #expect(six.bytes.dropFirst(16).prefix(8) == [10, 64, 2, 0, 7, 0, 0, 0])
    }

    @Test("a bridge's port is told its manners as a slave of the kind bridge")
    func setPort() {
        let message = RouteNetlink.setPort("v0", isIsolated: true, reflects: false)
        #expect(
            message.bytes.dropFirst(32) == [
                7, 0, 3, 0, 0x76, 0x30, 0, 0,  // IFLA_IFNAME "v0"
                36, 0, 18, 0x80,  // IFLA_LINKINFO
                10, 0, 4, 0, 0x62, 0x72, 0x69, 0x64, 0x67, 0x65, 0, 0,  // IFLA_INFO_SLAVE_KIND "bridge"
                20, 0, 5, 0x80,  // IFLA_INFO_SLAVE_DATA
                5, 0, 4, 0, 0, 0, 0, 0,  // IFLA_BRPORT_MODE: no hairpin
                5, 0, 33, 0, 1, 0, 0, 0,  // IFLA_BRPORT_ISOLATED
            ])
    }

    @Test("of the table of connections, only flows of datagrams to the ports asked for are forgotten")
    func forgottenFlows() {
        func flow(_ transport: UInt8, _ port: UInt8) -> NetlinkAnswer {
            let addresses: [UInt8] = [20, 0, 1, 0x80, 8, 0, 1, 0, 10, 0, 0, 2, 8, 0, 2, 0, 10, 0, 0, 1]
            let ports: [UInt8] = [
                28, 0, 2, 0x80, 5, 0, 1, 0, transport, 0, 0, 0, 6, 0, 2, 0, 0x9c, 0x41, 0, 0, 6, 0, 3, 0, 0x14, port, 0,
                0,
            ]
            return NetlinkAnswer(
                type: 0x100, sequence: 1, payload: ([2, 0, 0, 0, 52, 0, 1, 0x80] + addresses + ports)[...])
        }
        #expect(ConnectionTable.deletion(of: flow(17, 0xe8), [5353]) == nil)
        #expect(ConnectionTable.deletion(of: flow(6, 0xe9), [5353]) == nil)
        let deletion = ConnectionTable.deletion(of: flow(17, 0xe9), [5353])
        #expect(deletion?.bytes.dropFirst(4).prefix(4) == [2, 1, 5, 0])
        #expect(deletion.map { Array($0.bytes.dropFirst(16)) } == Array(flow(17, 0xe9).payload))
    }

    @Test("the default route names gateway and interface")
    func addDefaultRoute() {
        let message = RouteNetlink.addDefaultRoute(gateway: [172, 17, 0, 1], index: 2)
        #expect(
            message.bytes.dropFirst(16) == [
                2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0, 8, 0, 5, 0, 172, 17, 0, 1, 8, 0, 4, 0, 2, 0, 0, 0,
            ])
    }

    @Test("requests of a batch go in one datagram, numbered, and all acknowledgements are awaited")
    func batches() throws {
        let socket = ScriptedSocket([acknowledgement(1), acknowledgement(2)])
        let messages = [RouteNetlink.setUp(1), RouteNetlink.setUp(2)]
        try RouteNetlink(socket).carryOut(messages)
        let sent = try #require(socket.sent.first)
        #expect(socket.sent.count == 1)
        #expect(sent.count == messages[0].bytes.count * 2)
        #expect(sent[8] == 1 && sent[messages[0].bytes.count + 8] == 2)
    }

    @Test("a refusal names the request, and later answers are still read")
    func refusals() {
        let socket = ScriptedSocket([acknowledgement(1, EEXIST) + acknowledgement(2)])
        #expect(throws: KernelError(call: "delete link", subject: "x", errno: EEXIST)) {
            try RouteNetlink(socket).carryOut([RouteNetlink.delete("x"), RouteNetlink.setUp(2)])
        }
    }

    @Test("nothing to do is nothing sent")
    func empty() throws {
        let socket = ScriptedSocket()
        try RouteNetlink(socket).carryOut([])
        #expect(socket.sent.isEmpty)
    }

    @Test("a link is read from the kernel's answer, and a missing one is nil")
    func readsLinks() throws {
        var answer = NetlinkMessage(Int(RTM_NEWLINK), flags: 0, call: "", subject: "")
        answer.linkHeader(index: 9, flags: 1)
        answer.attribute(Int(IFLA_IFNAME), "veth1")
        answer.attribute(Int(IFLA_MASTER), Int32(4))
        answer.nest(Int(IFLA_LINKINFO)) { $0.attribute(Int(IFLA_INFO_KIND), "veth") }
        let link = try #require(try RouteNetlink(ScriptedSocket([answer.bytes])).link("veth1"))
        #expect(link.index == 9 && link.name == "veth1" && link.master == 4 && link.kind == "veth" && link.isUp)
        #expect(try RouteNetlink(ScriptedSocket([acknowledgement(1, ENODEV)])).link("none") == nil)
    }

    @Test("an answer with lengths that don't fit ends the reading, not the program")
    func damagedAnswers() {
        #expect(NetlinkAnswer.split([]).isEmpty)
        #expect(NetlinkAnswer.split([0xff, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).isEmpty)
        #expect(NetlinkAnswer.attributes([3, 0, 1, 0]).isEmpty)
        #expect(NetlinkAnswer.attributes([200, 0, 1, 0, 5]).isEmpty)
        for seed in 0..<2_000 as Range<UInt64> {
            var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
            let bytes = (0..<Int(seed % 90)).map { _ -> UInt8 in
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                return UInt8(truncatingIfNeeded: state) & (seed % 2 == 0 ? 0x1f : 0xff)
            }
            for answer in NetlinkAnswer.split(bytes) { _ = (answer.errorNumber, answer.attributes(skipping: 16)) }
        }
    }
}

@Suite struct IPAddressTests {
    @Test(
        "addresses are read and printed as the kernel does",
        arguments: ["0.0.0.0", "172.17.0.1", "::", "::1", "fd00:1::2"])
    func roundTrip(_ text: String) { #expect(IPAddress(text)?.description == text) }

    @Test(
        "what is no whole address is none",
        arguments: ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "::g", "1.2.3.4/8", "01.2.3.4 "])
    func refuses(_ text: String) { #expect(IPAddress(text) == nil) }

    @Test("a prefix knows its ends and what it holds")
    func prefixes() throws {
        let prefix = try #require(IPPrefix("172.17.42.1/20"))
        #expect(prefix.network.description == "172.17.32.0/20")
        #expect(prefix.last.description == "172.17.47.255")
        #expect(prefix.contains(try #require(IPAddress("172.17.40.9"))))
        #expect(!prefix.contains(try #require(IPAddress("172.17.48.0"))))
        #expect(prefix.overlaps(try #require(IPPrefix("172.16.0.0/12"))))
        #expect(!prefix.overlaps(try #require(IPPrefix("fd00::/8"))))
        #expect(IPPrefix("1.2.3.4/33") == nil)
        #expect(try #require(IPPrefix("0.0.0.0/0")).last.description == "255.255.255.255")
    }

    @Test("counting on carries over bytes and ends at the last address")
    func advances() throws {
        #expect(try #require(IPAddress("172.17.0.255")).advanced(by: 1)?.description == "172.17.1.0")
        #expect(try #require(IPAddress("10.0.0.1")).advanced(by: 65_536)?.description == "10.1.0.1")
        #expect(try #require(IPAddress("255.255.255.255")).advanced(by: 1) == nil)
    }
}
