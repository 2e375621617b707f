import Fault
import Linux

/// Which addresses are free: pure, over what is taken already.
enum AddressPool {
    /// Docker's default pools for bridges: 172.17–172.31 as /16, then 192.168 in /20.
    static let subnets: [IPPrefix] =
        ((17...31).map { "172.\($0).0.0/16" } + (0..<16).map { "192.168.\($0 * 16).0/20" }).compactMap { IPPrefix($0) }

    /// The first default pool that touches nothing in `taken`.
    static func freeSubnet(taken: [IPPrefix]) throws(Fault) -> IPPrefix {
        for pool in subnets where !taken.contains(where: { $0.overlaps(pool) }) { return pool }
        throw Fault(
            .invalid,
            "all predefined address pools have been fully subnetted: give the network a --subnet, or remove networks that are not needed"
        )
    }

    /// A /64 of the unique local addresses (RFC 4193), from forty random bits and the network's number.
    static func localSubnet(random: UInt64, taken: [IPPrefix]) throws(Fault) -> IPPrefix {
        for number in 0..<UInt64(1 << 16) {
            var bytes = [UInt8](repeating: 0, count: 16)
            bytes[0] = 0xfd
            for position in 0..<5 { bytes[1 + position] = UInt8(truncatingIfNeeded: random >> UInt64(position * 8)) }
            bytes[6] = UInt8(truncatingIfNeeded: number >> 8)
            bytes[7] = UInt8(truncatingIfNeeded: number)
            guard let address = IPAddress(bytes: bytes), let subnet = IPPrefix(address: address, length: 64) else {
                continue
            }
            if !taken.contains(where: { $0.overlaps(subnet) }) { return subnet }
        }
        throw Fault(.invalid, "no IPv6 subnet is free")
    }

    /// Addresses looked at before giving up; a /16 has as many.
    private static let tries: UInt64 = 1 << 16

    /// The lowest free address of `range` (the subnet, when nil) that is neither the network's nor the broadcast address.
    static func freeAddress(in subnet: IPPrefix, range: IPPrefix?, taken: Set<IPAddress>) throws(Fault) -> IPAddress {
        let area = range ?? subnet
        var candidate: IPAddress? = area.first
        for _ in 0..<tries {
            guard let address = candidate, area.contains(address) else { break }
            let reserved =
                subnet.length < subnet.address.bytes.count * 8 - 1
                && (address == subnet.first || (address.isV4 && address == subnet.last))
            if !reserved, !taken.contains(address) { return address }
            candidate = address.advanced(by: 1)
        }
        throw Fault(.internalFault, "no available IPv4 addresses on this network's address pools: \(area)")
    }

    /// A locally administered unicast address made of the IPv4 address, so that a container keeps its neighbours'
    /// caches right when another takes the address over.
    static func hardwareAddress(for address: IPAddress) -> [UInt8] {
        [0x02, 0x42] + address.bytes.suffix(4)
    }
}

/// `02:42:ac:11:00:02`.
enum HardwareAddress {
    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }

    /// Nil unless it is six pairs of hex digits.
    static func parse(_ text: String) -> [UInt8]? {
        let parts = text.split(whereSeparator: { $0 == ":" || $0 == "-" })
        let bytes = parts.compactMap { $0.count <= 2 ? UInt8($0, radix: 16) : nil }
        return parts.count == 6 && bytes.count == 6 ? bytes : nil
    }
}
