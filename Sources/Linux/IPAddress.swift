import CLinux

/// An IPv4 or IPv6 address.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible, Comparable {
    /// Four or sixteen, in network order.
    package let bytes: [UInt8]

    /// Nil unless there are four or sixteen.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Nil unless the text is one whole address in inet_pton(3)'s form.
    package init?(_ text: String) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        bytes = withUnsafeBytes(of: &six) { Array($0) }
    }

    package var isV4: Bool { bytes.count == 4 }
    package var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
    package var isLoopback: Bool { isV4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(isV4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package static func < (a: IPAddress, b: IPAddress) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }

    /// The address that many steps on; nil past the last one.
    package func advanced(by distance: UInt64) -> IPAddress? {
        var carry = distance
        var next = bytes
        for position in next.indices.reversed() {
            let sum = UInt64(next[position]) + (carry & 0xff)
            next[position] = UInt8(truncatingIfNeeded: sum)
            carry = (carry >> 8) + (sum >> 8)
        }
        return carry == 0 ? IPAddress(bytes: next) : nil
    }
}

/// A range of addresses with a common prefix, and the address it was written with: `172.17.0.1/16`.
package struct IPPrefix: Sendable, Hashable, CustomStringConvertible {
    package let address: IPAddress
    package let length: Int

    package init?(address: IPAddress, length: Int) {
        guard (0...(address.bytes.count * 8)).contains(length) else { return nil }
        self.address = address
        self.length = length
    }

    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]) else {
            return nil
        }
        self.init(address: address, length: length)
    }

    package var description: String { "\(address)/\(length)" }

    /// The lowest address of the range.
    package var first: IPAddress { masked(hostBits: 0) }
    /// The highest; for IPv4 the broadcast address.
    package var last: IPAddress { masked(hostBits: 0xff) }
    /// `172.17.0.0/16` for `172.17.0.1/16`.
    package var network: IPPrefix { IPPrefix(address: first, length: length) ?? self }

    private func masked(hostBits: UInt8) -> IPAddress {
        var bytes = address.bytes
        for position in bytes.indices {
            let kept = min(8, max(0, length - position * 8))
            let mask: UInt8 = kept == 0 ? 0 : 0xff << UInt8(8 - kept)
            bytes[position] = (bytes[position] & mask) | (hostBits & ~mask)
        }
        return IPAddress(bytes: bytes) ?? address
    }

    package func contains(_ other: IPAddress) -> Bool {
        other.isV4 == address.isV4 && !(other < first) && !(last < other)
    }

    package func overlaps(_ other: IPPrefix) -> Bool {
        other.address.isV4 == address.isV4 && !(other.last < first) && !(last < other.first)
    }
}
