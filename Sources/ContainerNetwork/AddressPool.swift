import Fault
import Linux

/// Which addresses are free: pure, over what is taken already.
package enum AddressPool {
    /// `--default-address-pool base=…,size=…`: subnets of one size, one after the other.
    package struct Split: Sendable, Equatable {
        package var base: IPPrefix
        /// Prefix length of each subnet.
        package var size: Int

        /// Nil when the size isn't a prefix length of the base's addresses, or larger than the base.
        package init?(base: IPPrefix, size: Int) {
            guard size >= base.length, size <= base.address.bytes.count * 8 - 2 else { return nil }
            self.base = base.network
            self.size = size
        }

        /// The lowest subnet that touches nothing in `taken`. Steps over what is taken, so that it takes no more steps
        /// than `taken` has entries.
        func free(taken: [IPPrefix]) -> IPPrefix? {
            let near = taken.filter { $0.overlaps(base) }
            var next: IPAddress? = base.first
            while let address = next, base.contains(address), let subnet = IPPrefix(address: address, length: size) {
                guard let obstacle = near.first(where: { $0.overlaps(subnet) }) else { return subnet.network }
                let end = subnet.last < obstacle.last ? obstacle.last : subnet.last
                // The subnet that the obstacle ends in can't be free either.
                next = IPPrefix(address: end, length: size)?.last.advanced(by: 1)
            }
            return nil
        }
    }

    /// Docker's default pools for bridges: 172.17–172.31 as /16, then 192.168 in /20.
    package static let standard: [Split] =
        [
            ("172.17.0.0/16", 16), ("172.18.0.0/16", 16), ("172.19.0.0/16", 16), ("172.20.0.0/14", 16),
            ("172.24.0.0/14", 16), ("172.28.0.0/14", 16), ("192.168.0.0/16", 20),
        ].compactMap { base, size in IPPrefix(base).flatMap { Split(base: $0, size: size) } }

    /// The first subnet of a pool that touches nothing in `taken`.
    static func freeSubnet(taken: [IPPrefix], _ pools: [Split] = standard) throws(Fault) -> IPPrefix {
        for pool in pools { if let subnet = pool.free(taken: taken) { return subnet } }
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
