import Fault
import JSON
import Linux

/// What `POST /networks/create` asks, checked, and made a record: pure.
struct NetworkRequest {
    let name: String
    private let driver: NetworkRecord.Driver
    private let body: JSON

    init(_ body: JSON) throws {
        self.body = body
        name = body["Name"].string ?? ""
        guard !name.isEmpty, !name.contains("/"), name.utf8.first.map(Self.canStart) == true else {
            throw Fault(
                .invalid,
                "invalid network name \"\(name)\": only letters, digits, _, . and - are allowed, beginning with a letter or digit"
            )
        }
        if NetworkRecord.predefined.contains(name) || name == "default" {
            throw Fault(.denied, "operation is not permitted on predefined \(name) network")
        }
        if name.hasPrefix("container:") { throw Fault(.invalid, "invalid network name \"\(name)\"") }
        switch body["Driver"].string ?? "" {
        case "", "default", "bridge": driver = .bridge
        case "macvlan": driver = .macvlan
        case "ipvlan": driver = .ipvlan
        case "host": throw Fault(.denied, "only one instance of \"host\" network is allowed")
        case "null", "none": throw Fault(.denied, "only one instance of \"null\" network is allowed")
        case let other: throw Fault(.notFound, "could not find plugin \(other) in v1 plugin registry: plugin not found")
        }
    }

    private static func canStart(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    func resolve(
        existing: [NetworkRecord], onHost: [IPPrefix], localPrefix: UInt64,
        pools: [AddressPool.Split] = AddressPool.standard
    ) throws -> NetworkRecord {
        if existing.contains(where: { $0.name == name }) {
            throw Fault(.conflict, "network with name \(name) already exists")
        }
        var network = NetworkRecord(id: Identifier.make(), name: name, created: Timestamp.now(), driver: driver)
        network.isInternal = body["Internal"].bool ?? false
        network.isAttachable = body["Attachable"].bool ?? false
        network.options = body["Options"].stringMap
        network.labels = body["Labels"].stringMap
        network.ipamOptions = body["IPAM"]["Options"].stringMap
        network.hasIPv6 = body["EnableIPv6"].bool ?? false
        if driver == .bridge {
            try Self.checkBridge(network, existing)
        } else {
            try Self.checkShared(&network, existing)
        }
        try addSubnets(&network, existing: existing, onHost: onHost, localPrefix: localPrefix, pools: pools)
        return network
    }

    /// One parent serves one macvlan network, and all ipvlan networks of one mode.
    private static func checkShared(_ network: inout NetworkRecord, _ existing: [NetworkRecord]) throws {
        try network.checkOptions()
        if network.ownsParent { network.isInternal = true }
        let parent = network.parent, driver = network.driver
        if let other = existing.first(where: { $0.driver.isShared && $0.parent == parent }),
            driver == .macvlan || other.driver == .macvlan
        {
            throw Fault(.denied, "network \(other.name) is already using parent interface \(parent)")
        }
    }

    private static func checkBridge(_ network: NetworkRecord, _ existing: [NetworkRecord]) throws {
        guard !network.interface.isEmpty, network.interface.utf8.count <= 15,
            network.interface.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x22 && $0 != 0x2f && $0 < 0x7f })
        else {
            throw Fault(
                .invalid, "invalid bridge interface name \"\(network.interface)\": at most 15 letters and digits")
        }
        guard ["nat", "nat-unprotected", "routed"].contains(network.gatewayMode) else {
            throw Fault(
                .invalid,
                "invalid gateway mode \"\(network.gatewayMode)\": it is one of nat, nat-unprotected and routed")
        }
        if existing.contains(where: { $0.driver == .bridge && $0.interface == network.interface }) {
            throw Fault(.denied, "networks have same bridge name: \(network.interface)")
        }
    }

    private func addSubnets(
        _ network: inout NetworkRecord, existing: [NetworkRecord], onHost: [IPPrefix], localPrefix: UInt64,
        pools: [AddressPool.Split]
    ) throws {
        let recorded = existing.flatMap { $0.subnets.map(\.prefix) }
        for config in body["IPAM"]["Config"].array ?? [] {
            guard let text = config["Subnet"].string, !text.isEmpty else { continue }
            let subnet = try Self.subnet(config, text)
            if (recorded + network.subnets.map(\.prefix)).contains(where: { $0.overlaps(subnet.prefix) }) {
                throw Fault(.denied, "invalid pool request: Pool overlaps with other one on this address space")
            }
            network.subnets.append(subnet)
        }
        if !network.subnets.contains(where: { $0.prefix.address.isV4 }), body["EnableIPv4"].bool != false {
            let prefix = try AddressPool.freeSubnet(taken: recorded + onHost, pools.filter { $0.base.address.isV4 })
            network.subnets.insert(try NetworkRecord.Subnet(first: prefix, isFromPool: true), at: 0)
        }
        if network.hasIPv6, !network.subnets.contains(where: { !$0.prefix.address.isV4 }) {
            let own = pools.filter { !$0.base.address.isV4 }
            let prefix =
                own.isEmpty
                ? try AddressPool.localSubnet(random: localPrefix, taken: recorded + onHost)
                : try AddressPool.freeSubnet(taken: recorded + onHost, own)
            network.subnets.append(try NetworkRecord.Subnet(first: prefix, isFromPool: true))
        }
        if !network.hasIPv6 { network.subnets.removeAll { !$0.prefix.address.isV4 } }
    }

    private static func subnet(_ config: JSON, _ text: String) throws -> NetworkRecord.Subnet {
        guard let prefix = IPPrefix(text) else {
            throw Fault(.invalid, "invalid network config:\ninvalid subnet \(text): invalid CIDR block notation")
        }
        guard prefix.network == prefix else {
            throw Fault(.invalid, "invalid network config:\ninvalid subnet \(text): it should be \(prefix.network)")
        }
        guard prefix.length <= prefix.address.bytes.count * 8 - 2 else {
            throw Fault(
                .invalid, "invalid network config:\ninvalid subnet \(text): too small for a gateway and a container")
        }
        var subnet = try NetworkRecord.Subnet(first: prefix)
        if let text = config["IPRange"].string, !text.isEmpty {
            guard let range = IPPrefix(text) else {
                throw Fault(.invalid, "invalid network config:\ninvalid ip-range \(text): invalid CIDR block notation")
            }
            guard prefix.contains(range.first), prefix.contains(range.last) else {
                throw Fault(
                    .invalid,
                    "invalid network config:\ninvalid ip-range \(text): parent subnet \(prefix) doesn't contain ip-range"
                )
            }
            subnet.range = range
        }
        if let text = config["Gateway"].string, !text.isEmpty {
            guard let gateway = IPAddress(text), prefix.contains(gateway) else {
                throw Fault(
                    .invalid,
                    "invalid network config:\ninvalid gateway \(text): parent subnet \(prefix) doesn't contain this address"
                )
            }
            subnet.gateway = gateway
        }
        for (name, text) in config["AuxiliaryAddresses"].stringMap {
            guard let address = IPAddress(text), prefix.contains(address) else {
                throw Fault(
                    .invalid,
                    "invalid network config:\ninvalid auxiliary address \(name): parent subnet \(prefix) doesn't contain this address"
                )
            }
            subnet.reserved[name] = address
        }
        return subnet
    }
}
