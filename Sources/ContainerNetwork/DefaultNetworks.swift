import Fault
import Linux

/// The networks that are always there: `bridge`, as the daemon's options say this time, `host` and `none`.
enum DefaultNetworks {
    static func added(
        to saved: [NetworkRecord], _ options: NetworkOptions, localPrefix: UInt64
    ) throws(Fault) -> [NetworkRecord] {
        var networks = saved
        for (name, driver) in [("bridge", NetworkRecord.Driver.bridge), ("host", .host), ("none", .none)]
        where !networks.contains(where: { $0.name == name }) {
            networks.append(NetworkRecord(id: Identifier.make(), name: name, created: Timestamp.now(), driver: driver))
        }
        for position in networks.indices where networks[position].name == "bridge" {
            networks[position] = try bridge(networks[position], options, localPrefix, others: networks)
        }
        return networks
    }

    private static func bridge(
        _ saved: NetworkRecord, _ options: NetworkOptions, _ localPrefix: UInt64, others: [NetworkRecord]
    ) throws(Fault) -> NetworkRecord {
        guard let bip = IPPrefix(options.bip), bip.address.isV4, bip.length <= 30 else {
            throw Fault(
                .invalid, "invalid bip \"\(options.bip)\": an IPv4 address and prefix like 172.17.0.1/16 is needed")
        }
        var bridge = saved
        bridge.options = NetworkRecord.bridgeOptions(name: options.bridgeName, options.bridge)
        bridge.hasIPv6 = options.bridge.hasIPv6
        let six = saved.subnets.first { !$0.prefix.address.isV4 }
        bridge.subnets = [
            NetworkRecord.Subnet(
                prefix: bip.network, gateway: bip.address, range: try range(options.bridge.range, bip.network))
        ]
        guard options.bridge.hasIPv6 else { return bridge }
        if !options.bridge.subnet6.isEmpty {
            guard let prefix = IPPrefix(options.bridge.subnet6), !prefix.address.isV4, prefix.length <= 126 else {
                throw Fault(
                    .invalid, "invalid fixed-cidr-v6 \"\(options.bridge.subnet6)\": a subnet like fd00:1::/64 is needed"
                )
            }
            bridge.subnets.append(try NetworkRecord.Subnet(first: prefix.network))
        } else if let six {
            bridge.subnets.append(six)
        } else {
            let taken = others.filter { $0.id != saved.id }.flatMap { $0.subnets.map(\.prefix) }
            bridge.subnets.append(
                try NetworkRecord.Subnet(first: try AddressPool.localSubnet(random: localPrefix, taken: taken)))
        }
        return bridge
    }

    private static func range(_ text: String, _ subnet: IPPrefix) throws(Fault) -> IPPrefix? {
        if text.isEmpty { return nil }
        guard let range = IPPrefix(text), subnet.contains(range.first), subnet.contains(range.last) else {
            throw Fault(.invalid, "invalid fixed-cidr \"\(text)\": a part of the bridge's subnet \(subnet) is needed")
        }
        return range
    }
}
