import CLinux
import Fault
import Glibc
import JSON
import Linux
import Testing

@testable import ContainerNetwork

/// What really passes, with sockets in containers' namespaces.
extension NetworkManagerTests {
    @Test("who keeps sending datagrams reaches the container that has the port now")
    func datagramsFollowThePort() async throws {
        try await Self.withManager { manager, _ in
            let first = try Container(), filler = try Container(), second = try Container()
            let port = PortBinding(hostIP: "0.0.0.0", hostPort: 5353, containerPort: 53, transport: .udp)
            let client = try Datagrams(in: nil, port: 40_001)
            _ = try await manager.attach(request(first, name: "first", ports: [port]), network: "bridge")
            let old = try Datagrams(in: first, port: 53)
            #expect(try client.reaches(old, at: "172.17.0.1", 5353))
            try await manager.detachAll(first.id)
            // To nobody: the kernel would remember that too.
            client.send(to: "172.17.0.1", 5353)
            _ = try await manager.attach(request(filler, name: "filler"), network: "bridge")
            _ = try await manager.attach(request(second, name: "second", ports: [port]), network: "bridge")
            let new = try Datagrams(in: second, port: 53)
            #expect(try client.reaches(new, at: "172.17.0.1", 5353))
            for container in [filler, second] { try await manager.detachAll(container.id) }
        }
    }

    @Test("a container reaches its own published port by the host's address")
    func callsItself() async throws {
        try await Self.withManager { manager, _ in
            let container = try Container()
            let port = PortBinding(hostIP: "0.0.0.0", hostPort: 5353, containerPort: 53, transport: .udp)
            _ = try await manager.attach(request(container, name: "self", ports: [port]), network: "bridge")
            let server = try Datagrams(in: container, port: 53)
            let client = try Datagrams(in: container, port: 40_001)
            #expect(try client.reaches(server, at: "172.17.0.1", 5353))
            // Packets between ports of a bridge go through the rules where br_netfilter is loaded, and then only there.
            let setting = "/proc/sys/net/bridge/bridge-nf-call-iptables"
            if let before = KernelFile.line(setting) {
                try KernelFile.write(setting, before == "1" ? "0" : "1")
                let other = try Datagrams(in: container, port: 40_002)
                #expect(try other.reaches(server, at: "172.17.0.1", 5353), "\(setting) was \(before)")
                try KernelFile.write(setting, before)
            }
            try await manager.detachAll(container.id)
        }
    }

    @Test("without enable_icc, containers of a network reach the host but not each other")
    func isolation() async throws {
        try await Self.withManager { manager, _ in
            _ = try await manager.create([
                "Name": "apart", "Options": ["com.docker.network.bridge.enable_icc": "false"],
            ])
            let one = try Container(), two = try Container()
            let state = try await manager.attach(request(one, name: "one"), network: "apart")
            _ = try await manager.attach(request(two, name: "two"), network: "apart")
            let server = try Datagrams(in: one, port: 53), host = try Datagrams(in: nil, port: 54)
            let client = try Datagrams(in: two, port: 40_001)
            #expect(try client.reaches(host, at: state.gateway, 54))
            #expect(try !client.reaches(server, at: state.ipAddress, 53, tries: 3))
            for container in [one, two] { try await manager.detachAll(container.id) }
        }
    }

    @Test(
        "another program's chain that drops what is forwarded is passed, also after it is made anew, and left as it was"
    )
    func otherFirewall() async throws {
        let nft = Nftables()
        try nft.load(
            "add table ip filter\nadd chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }\n")
        try await Self.withManager { manager, options in
            let container = try Container(), outside = try Outside()
            _ = try await manager.attach(request(container, name: "one"), network: "bridge")
            let server = try outside.datagrams(port: 53), client = try Datagrams(in: container, port: 40_001)
            #expect(try client.reaches(server, at: Outside.address, 53))
            try nft.load(
                "delete table ip filter\nadd table ip filter\nadd chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }\n"
            )
            // The change is noticed after a moment.
            #expect(try client.reaches(server, at: Outside.address, 53))
            try await manager.detachAll(container.id)
            outside.remove()
        }
        let left = try nft.list("list table ip filter")
        #expect(left.contains("FORWARD") && !left.contains("hakotest"))
        try nft.load("delete table ip filter\n")
    }
}

/// A UDP socket of a container, or of this namespace.
private struct Datagrams {
    let socket: OwnedDescriptor
    /// Microseconds to wait for a datagram that may not come.
    private static let patience = 300_000

    init(in container: NetworkManagerTests.Container?, port: UInt16) throws {
        try self.init(namespace: container?.descriptor.raw, port: port)
    }

    init(namespace: Int32?, port: UInt16) throws {
        let make = { () throws(KernelError) -> Int32 in
            try kernel("socket", "test") {
                CLinux.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            }
        }
        let raw = try namespace.map { try NetworkNamespace.visit($0, subject: "test", make) } ?? make()
        socket = OwnedDescriptor(taking: raw)
        var limit = timeval(tv_sec: 0, tv_usec: Self.patience)
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        try Self.with("0.0.0.0", port) { name, length in
            try kernel("bind", "test") { bind(raw, name, length) }
        }
    }

    private static func with(
        _ address: String, _ port: UInt16, _ body: (__CONST_SOCKADDR_ARG, socklen_t) throws -> Void
    ) throws {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        try withUnsafePointer(to: &name) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body(__CONST_SOCKADDR_ARG(__sockaddr__: $0), socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    func send(to address: String, _ port: UInt16) {
        try? Self.with(address, port) { name, length in _ = sendto(socket.raw, "x", 1, 0, name, length) }
    }

    /// Whether what is sent there arrives at the other. A first datagram may be lost while links come up.
    func reaches(_ other: Datagrams, at address: String, _ port: UInt16, tries: Int = 20) throws -> Bool {
        for _ in 0..<tries {
            send(to: address, port)
            var byte: UInt8 = 0
            if recv(other.socket.raw, &byte, 1, 0) == 1 { return true }
        }
        return false
    }
}

/// Another machine: a namespace behind a link of its own.
private struct Outside {
    static let address = "10.200.0.2"
    private let namespace: NetworkManagerTests.Container

    init() throws {
        namespace = try NetworkManagerTests.Container()
        let here = try RouteNetlink.here()
        try here.carryOut([
            RouteNetlink.addVeth(
                VethPair(
                    host: "up0", bridge: 0, peer: "up0", namespace: namespace.descriptor.raw,
                    peerMAC: [2, 0, 0, 0, 0, 2], mtu: 1500))
        ])
        let there = try RouteNetlink.of(namespace: namespace.descriptor.raw, subject: "outside")
        for (side, last) in [(here, UInt8(1)), (there, 2)] {
            let link = try #require(try side.link("up0"))
            try side.carryOut([
                RouteNetlink.addAddress(LinkAddress(index: link.index, address: [10, 200, 0, last], prefix: 24)),
                RouteNetlink.setUp(link.index),
            ])
        }
    }

    func datagrams(port: UInt16) throws -> Datagrams { try Datagrams(namespace: namespace.descriptor.raw, port: port) }

    func remove() { try? RouteNetlink.here().carryOut([RouteNetlink.delete("up0")]) }
}
