import CLinux
import Fault
import JSON
import Linux
import Logging
import Synchronization
import Testing

@testable import ContainerNetwork

/// Root in a network namespace that reaches nothing but itself: there these tests can disturb nobody
/// (`unshare -n swift test --filter ContainerNetworkTests`). Some kernels put tunnels that are down into each.
private let isAloneInNamespace: Bool =
    getuid() == 0 && ((try? RouteNetlink.here().links().allSatisfy { $0.name == "lo" || !$0.isUp }) ?? false)

@Suite(.serialized, .enabled(if: isAloneInNamespace)) struct NetworkManagerTests {
    /// A network namespace as a container would have; gone with the last descriptor.
    struct Container {
        let id = Identifier.make()
        let descriptor: OwnedDescriptor
        init() throws {
            let here = try OwnedDescriptor.open("/proc/self/ns/net", O_RDONLY)
            let raw = try NetworkNamespace.visit(here.raw, subject: "test") { () throws(KernelError) -> Int32 in
                try kernel("unshare", "net") { unshare(CLONE_NEWNET) }
                return try OwnedDescriptor.open("/proc/thread-self/ns/net", O_RDONLY).release()
            }
            descriptor = OwnedDescriptor(taking: raw)
        }
        var namespace: String { descriptor.procPath }
    }

    static func withManager(_ body: (NetworkManager, NetworkOptions) async throws -> Void) async throws {
        let folder = "/tmp/hako-network-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        var options = NetworkOptions(stateFolder: folder)
        options.bridgeName = "hkt0"
        options.table = "hakotest"
        options.bip = "172.17.0.1/16"
        let manager = try NetworkManager(options)
        try RouteNetlink.here().carryOut([RouteNetlink.setUp(RouteNetlink.loopback)])
        try await manager.start(alive: [])
        do { try await body(manager, options) } catch {
            try await manager.shutdown()
            throw error
        }
        try await manager.shutdown()
        #expect(try await linksThatStay().isEmpty)
        for name in ["networks.json", "run/leases", "run", ""] { remove(folder + "/" + name) }
    }

    /// What is still there a while after the namespaces of the test have ended; the kernel takes them down in its time.
    private static func linksThatStay() async throws -> [String] {
        var left: [String] = []
        for _ in 0..<500 {
            left = try RouteNetlink.here().links().filter(\.isUp).map(\.name).filter { $0 != "lo" }
            if left.isEmpty { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        return left
    }

    func request(_ container: Container, name: String, ports: [PortBinding] = []) -> AttachRequest {
        var request = AttachRequest(containerID: container.id, containerName: name, namespacePath: container.namespace)
        request.ports = ports
        return request
    }

    @Test("a container gets an address, a route and a name; detaching and its death leave nothing")
    func attaches() async throws {
        try await Self.withManager { manager, _ in
            let container = try Container()
            let clock = ContinuousClock()
            var state = EndpointState()
            let took = try await clock.measure {
                state = try await manager.attach(request(container, name: "one"), network: "bridge")
            }
            #expect(state.ipAddress == "172.17.0.2")
            #expect(state.gateway == "172.17.0.1")
            #expect(state.macAddress == "02:42:ac:11:00:02")
            let namespace = try OwnedDescriptor.open(container.namespace, O_RDONLY)
            let inside = try RouteNetlink.of(namespace: namespace.raw, subject: "test")
            let link = try #require(try inside.link("eth0"))
            #expect(link.isUp)
            #expect(
                try inside.addresses().contains(LinkAddress(index: link.index, address: [172, 17, 0, 2], prefix: 16)))
            #expect(try inside.routes().contains { $0.destination.isEmpty && $0.gateway == [172, 17, 0, 1] })
            let document = try await manager.inspect("bridge")
            #expect(document["Containers"][container.id]["IPv4Address"] == "172.17.0.2/16")
            try await manager.detach(container.id, network: "bridge")
            #expect(took < .milliseconds(200))
        }
    }

    @Test("a taken port is refused in Docker's words, with the holder's name, and leaves nothing behind")
    func portConflict() async throws {
        try await Self.withManager { manager, _ in
            let first = try Container(), second = try Container()
            let port = PortBinding(hostIP: "", hostPort: 8080, containerPort: 80, transport: .tcp)
            _ = try await manager.attach(request(first, name: "web", ports: [port]), network: "bridge")
            do {
                _ = try await manager.attach(request(second, name: "other", ports: [port]), network: "bridge")
                Issue.record("the second container got the port too")
            } catch let fault as Fault {
                #expect(fault.message.contains("Bind for 0.0.0.0:8080 failed: port is already allocated"))
                #expect(fault.message.contains("\"web\""))
            }
            try await manager.detachAll(first.id)
            let state = try await manager.attach(request(second, name: "other", ports: [port]), network: "bridge")
            #expect(state.ports.map(\.hostIP) == ["0.0.0.0", "::"])
            try await manager.detachAll(second.id)
        }
    }

    @Test("a new manager adopts the living and forgets the dead")
    func restarts() async throws {
        try await Self.withManager { manager, options in
            let living = try Container(), dead = try Container()
            let port = PortBinding(hostIP: "127.0.0.1", hostPort: 0, containerPort: 80, transport: .tcp)
            let state = try await manager.attach(request(living, name: "living", ports: [port]), network: "bridge")
            #expect(state.ports.first?.hostPort == 32768)
            _ = try await manager.attach(request(dead, name: "dead"), network: "bridge")
            // As after kill -9: nothing was given back, the sockets went with the process.
            for held in manager.state.withLock({ $0.holds.values.flatMap { $0 } }) { held.release() }
            let next = try NetworkManager(options)
            try await next.start(alive: [living.id])
            let names = try await next.inspect("bridge")["Containers"].object?.names
            #expect(names == [living.id])
            #expect(next.state.withLock { $0.ports.holder(of: state.ports[0]) } == "living")
            let bridge = try #require(try RouteNetlink.here().link("hkt0"))
            #expect(try RouteNetlink.here().links().filter { $0.master == bridge.index }.count == 1)
            try await next.detachAll(living.id)
        }
    }

    @Test("a network has IPv6 also where the host switches it off for new interfaces")
    func ipv6SwitchedOff() async throws {
        try await Self.withManager { manager, _ in
            let setting = "/proc/sys/net/ipv6/conf/default/disable_ipv6"
            guard let before = KernelFile.line(setting) else { return }
            try KernelFile.write(setting, "1")
            _ = try await manager.create(["Name": "six", "EnableIPv6": true])
            try KernelFile.write(setting, before)
            let gateway = try #require(try await manager.inspect("six")["IPAM"]["Config"][1]["Gateway"].string)
            #expect(try RouteNetlink.here().addresses().contains { IPAddress(bytes: $0.address) == IPAddress(gateway) })
            try await manager.remove("six")
        }
    }

    @Test("a user's network gets the next pool, keeps its members, and goes when they have gone")
    func userNetwork() async throws {
        try await Self.withManager { manager, _ in
            let id = try #require(try await manager.create(["Name": "mine"])["Id"].string)
            let document = try await manager.inspect("mine")
            #expect(document["IPAM"]["Config"][0]["Subnet"] == "172.18.0.0/16")
            let container = try Container()
            _ = try await manager.attach(request(container, name: "c"), network: "bridge")
            let second = try await manager.attach(request(container, name: "c"), network: id)
            #expect(second.gateway.isEmpty)
            await #expect(throws: Fault.self) { try await manager.remove("mine") }
            try await manager.disconnect(container.id, namespacePath: container.namespace, network: "bridge")
            let namespace = try OwnedDescriptor.open(container.namespace, O_RDONLY)
            let inside = try RouteNetlink.of(namespace: namespace.raw, subject: "test")
            #expect(try inside.link("eth0") == nil)
            #expect(try inside.routes().contains { $0.destination.isEmpty && $0.gateway == [172, 18, 0, 1] })
            try await manager.detachAll(container.id)
            try await manager.remove("mine")
            await #expect(throws: Fault.self) { try await manager.inspect("mine") }
        }
    }

    @Test("a container can choose its address only on networks whose subnet was chosen")
    func chosenAddresses() async throws {
        try await Self.withManager { manager, _ in
            _ = try await manager.create(["Name": "made"])
            _ = try await manager.create(["Name": "given", "IPAM": ["Config": [["Subnet": "10.77.0.0/24"]]]])
            let container = try Container()
            var asked = request(container, name: "c")
            for (network, address, message) in [
                ("bridge", "172.17.0.9", "user specified IP address is supported on user defined networks only"),
                (
                    "made", "172.18.0.9",
                    "user specified IP address is supported only when connecting to networks with user configured subnets"
                ),
                ("given", "10.78.0.9", "no configured subnet or ip-range contain the IP address 10.78.0.9"),
            ] {
                asked.address = address
                let fault = await #expect(throws: Fault.self) { try await manager.attach(asked, network: network) }
                #expect(fault?.message == "invalid endpoint settings:\n" + message)
            }
            asked.address = "10.77.0.9"
            #expect(try await manager.attach(asked, network: "given").ipAddress == "10.77.0.9")
            try await manager.detachAll(container.id)
            try await manager.remove("made")
            try await manager.remove("given")
        }
    }
}
