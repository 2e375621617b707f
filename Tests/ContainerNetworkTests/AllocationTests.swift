import Fault
import JSON
import Linux
import Testing

@testable import ContainerNetwork

@Suite struct AllocationTests {
    private func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }

    @Test("networks take Docker's default pools in order, and none that the host already reaches")
    func pools() throws {
        #expect(try AddressPool.freeSubnet(taken: []).description == "172.17.0.0/16")
        #expect(
            try AddressPool.freeSubnet(taken: [try prefix("172.17.0.1/16"), try prefix("172.18.4.0/24")]).description
                == "172.19.0.0/16")
        #expect(try AddressPool.freeSubnet(taken: [try prefix("172.16.0.0/12")]).description == "192.168.0.0/20")
        #expect(throws: Fault.self) {
            try AddressPool.freeSubnet(taken: [try prefix("172.16.0.0/12"), try prefix("192.168.0.0/16")])
        }
    }

    @Test("containers get the lowest free address, never the network's, the gateway's or the broadcast one")
    func addresses() throws {
        let subnet = try prefix("10.1.0.0/29")
        var taken: Set<IPAddress> = [try #require(IPAddress("10.1.0.1"))]
        var given: [String] = []
        for _ in 0..<5 {
            let address = try AddressPool.freeAddress(in: subnet, range: nil, taken: taken)
            taken.insert(address)
            given.append(address.description)
        }
        #expect(given == ["10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6"])
        #expect(throws: Fault.self) { try AddressPool.freeAddress(in: subnet, range: nil, taken: taken) }
        taken.remove(try #require(IPAddress("10.1.0.3")))
        #expect(try AddressPool.freeAddress(in: subnet, range: nil, taken: taken).description == "10.1.0.3")
        #expect(
            try AddressPool.freeAddress(in: subnet, range: try prefix("10.1.0.4/30"), taken: []).description
                == "10.1.0.4")
    }

    @Test("a request becomes a record, with the next pool and its first address as gateway")
    func request() throws {
        let network = try NetworkRequest(["Name": "app", "Internal": true, "Labels": ["a": "b"], "EnableIPv6": true])
            .resolve(existing: [], onHost: [try prefix("172.17.0.0/16")], localPrefix: 0x0102030405)
        #expect(network.subnets.map { $0.prefix.description } == ["172.18.0.0/16", "fd05:403:201::/64"])
        #expect(network.subnets.map { $0.gateway.description } == ["172.18.0.1", "fd05:403:201::1"])
        #expect(network.isInternal && network.labels == ["a": "b"])
        #expect(network.interface == "br-" + network.id.prefix(12))
        let back = try #require(NetworkRecord(stored: network.stored))
        #expect(back == network)
    }

    @Test(
        "what can't be a network is refused in Docker's words",
        arguments: [
            (#"{"Name":""}"#, "invalid network name"),
            (#"{"Name":"bridge"}"#, "operation is not permitted on predefined bridge network"),
            (#"{"Name":"x","Driver":"overlay9"}"#, "plugin not found"),
            (#"{"Name":"x","IPAM":{"Config":[{"Subnet":"10.0.0.1/16"}]}}"#, "it should be 10.0.0.0/16"),
            (#"{"Name":"x","IPAM":{"Config":[{"Subnet":"nonsense"}]}}"#, "invalid CIDR block notation"),
            (
                #"{"Name":"x","IPAM":{"Config":[{"Subnet":"10.0.0.0/16","Gateway":"10.1.0.1"}]}}"#,
                "parent subnet 10.0.0.0/16"
            ),
            (
                #"{"Name":"x","IPAM":{"Config":[{"Subnet":"10.0.0.0/16","IPRange":"10.1.0.0/24"}]}}"#,
                "doesn't contain ip-range"
            ),
            (#"{"Name":"x","IPAM":{"Config":[{"Subnet":"172.17.4.0/24"}]}}"#, "Pool overlaps with other one"),
            (#"{"Name":"old"}"#, "network with name old already exists"),
            (
                #"{"Name":"x","Options":{"com.docker.network.bridge.name":"a\"; drop"}}"#,
                "invalid bridge interface name"
            ),
        ])
    func refusals(_ body: String, _ words: String) throws {
        var old = NetworkRecord(id: "1", name: "old", created: "", driver: .bridge)
        old.subnets = [
            NetworkRecord.Subnet(prefix: try prefix("172.17.0.0/16"), gateway: try #require(IPAddress("172.17.0.1")))
        ]
        do {
            _ = try NetworkRequest(try JSON(parsing: body)).resolve(existing: [old], onHost: [], localPrefix: 1)
            Issue.record("\(body) was accepted")
        } catch let fault as Fault {
            #expect(fault.message.contains(words))
        }
    }

    @Test("a port is one holder's, on that address and on all")
    func ports() {
        func port(_ ip: String, _ number: UInt16, _ transport: PortBinding.Transport = .tcp) -> PortBinding {
            PortBinding(hostIP: ip, hostPort: number, containerPort: 80, transport: transport)
        }
        var table = PortTable()
        table.add(port("127.0.0.1", 80), holder: "web")
        #expect(table.holder(of: port("0.0.0.0", 80)) == "web")
        #expect(table.holder(of: port("127.0.0.2", 80)) == nil)
        #expect(table.holder(of: port("::", 80)) == nil)
        #expect(table.holder(of: port("127.0.0.1", 80, .udp)) == nil)
        table.remove(port("127.0.0.1", 80))
        #expect(table.holder(of: port("0.0.0.0", 80)) == nil)
        #expect(table.nextEphemeral() == 32768 && table.nextEphemeral() == 32769)
    }

    @Test("a lease survives its file")
    func lease() throws {
        var lease = Lease(containerID: "c", containerName: "n", networkID: "0123456789abcdef", endpointID: "e")
        lease.link = "veth1"
        lease.interface = "eth0"
        lease.mac = [2, 0x42, 172, 17, 0, 2]
        lease.address = IPAddress("172.17.0.2")
        lease.prefixLength = 16
        lease.gateway = IPAddress("172.17.0.1")
        lease.ports = [PortBinding(hostIP: "::", hostPort: 8080, containerPort: 80, transport: .udp)]
        #expect(try Lease(stored: JSON(parsing: lease.stored.text)) == lease)
        #expect(lease.published.isEmpty, "an IPv6 port of an IPv4 container is the relay's")
    }

    @Test("the process that holds a port is found in the kernel's table")
    func owner() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
               1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0 0 10 0
            """
        #expect(PortOwner.inodes(table, port: 8080, listening: true) == ["4711"])
        #expect(PortOwner.inodes(table, port: 80, listening: true).isEmpty)
    }

    @Test("the default bridge follows the daemon's options, and keeps the IPv6 subnet that was made up for it")
    func defaultBridge() throws {
        var options = NetworkOptions(stateFolder: "/nowhere")
        options.bip = "172.20.0.1/16"
        options.bridge.range = "172.20.5.0/24"
        options.bridge.hasIPv6 = true
        let first = try DefaultNetworks.added(to: [], options, localPrefix: 7)
        #expect(first.map(\.name) == ["bridge", "host", "none"])
        let bridge = try #require(first.first)
        #expect(bridge.subnets.map { "\($0.prefix) \($0.gateway)" }.first == "172.20.0.0/16 172.20.0.1")
        #expect(bridge.subnets[0].range == IPPrefix("172.20.5.0/24"))
        #expect(bridge.subnets[1].prefix.length == 64)
        let next = try DefaultNetworks.added(to: first, options, localPrefix: 8)
        #expect(next == first)
        options.bridge.subnet6 = "fd00:1::/64"
        #expect(
            try DefaultNetworks.added(to: first, options, localPrefix: 8)[0].subnets[1].gateway
                == IPAddress("fd00:1::1"))
        options.bridge.hasIPv6 = false
        #expect(try DefaultNetworks.added(to: first, options, localPrefix: 8)[0].subnets.count == 1)
        for wrong in ["172.21.0.0/24", "x"] {
            options.bridge.range = wrong
            #expect(throws: Fault.self) { try DefaultNetworks.added(to: [], options, localPrefix: 1) }
        }
    }

    @Test("pools are split into subnets of their size, stepping over what is taken")
    func splitPools() throws {
        let pool = try #require(AddressPool.Split(base: try prefix("10.0.0.7/8"), size: 24))
        #expect(pool.free(taken: []) == (try prefix("10.0.0.0/24")))
        #expect(
            pool.free(taken: [try prefix("10.0.0.0/24"), try prefix("10.0.1.128/30")]) == (try prefix("10.0.2.0/24")))
        #expect(pool.free(taken: [try prefix("10.0.0.0/9")]) == (try prefix("10.128.0.0/24")))
        #expect(pool.free(taken: [try prefix("10.0.0.0/8")]) == nil)
        #expect(pool.free(taken: [try prefix("0.0.0.0/0")]) == nil)
        let last = try #require(AddressPool.Split(base: try prefix("255.255.255.0/24"), size: 25))
        #expect(last.free(taken: [try prefix("255.255.255.0/25")]) == (try prefix("255.255.255.128/25")))
        #expect(last.free(taken: [try prefix("255.255.255.0/24")]) == nil)
        let six = try #require(AddressPool.Split(base: try prefix("fd00:1::/48"), size: 64))
        #expect(six.free(taken: [try prefix("fd00:1::/64")]) == (try prefix("fd00:1:0:1::/64")))
        #expect(AddressPool.Split(base: try prefix("10.0.0.0/24"), size: 16) == nil)
        #expect(AddressPool.Split(base: try prefix("10.0.0.0/24"), size: 31) == nil)
    }

    @Test("a network without subnet takes one of the pools' that it is given, of both kinds")
    func chosenPools() throws {
        let pools = [("10.9.0.0/16", 24), ("fd00:9::/48", 64)].compactMap { base, size in
            IPPrefix(base).flatMap { AddressPool.Split(base: $0, size: size) }
        }
        let network = try NetworkRequest(["Name": "app", "EnableIPv6": true])
            .resolve(existing: [], onHost: [try prefix("10.9.0.0/24")], localPrefix: 1, pools: pools)
        #expect(network.subnets.map { $0.prefix.description } == ["10.9.1.0/24", "fd00:9::/64"])
        #expect(network.subnets.map(\.isFromPool) == [true, true])
        #expect(network.document["IPAM"]["Config"][0] == ["Subnet": "10.9.1.0/24", "Gateway": "10.9.1.1"])
        let own = try NetworkRequest(["Name": "own", "IPAM": ["Config": [["Subnet": "10.8.0.0/16"]]]])
            .resolve(existing: [], onHost: [], localPrefix: 1, pools: pools)
        #expect(own.subnets.map(\.isFromPool) == [false])
    }
}
