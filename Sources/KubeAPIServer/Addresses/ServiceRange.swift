import KubeModel

/// A block of IPv4 addresses for services, `10.96.0.0/16`. The first is the network's own, the last is left alone, as
/// upstream does; what is handed out at random avoids the lower part, which is for addresses that people choose.
package struct ServiceRange: Sendable, Equatable {
    package let base: UInt32
    package let prefixLength: Int

    /// Nil for what is no IPv4 block of 12 to 30 bits.
    package init?(_ text: String) {
        let parts = text.split(separator: "/")
        guard parts.count == 2, let address = Self.parse(parts[0]), let length = Int(parts[1]),
            (12...30).contains(length)
        else { return nil }
        prefixLength = length
        base = address & (UInt32.max << UInt32(32 - length))
    }

    package var size: UInt32 { 1 << UInt32(32 - prefixLength) }
    /// The address that the service `kubernetes` has.
    package var first: String { Self.text(base + 1) }
    package var description: String { "\(Self.text(base))/\(prefixLength)" }

    /// The address' place in the block; nil when it isn't in it, or is the first or last.
    package func offset(of address: String) -> UInt32? {
        guard let value = Self.parse(address), value > base, value < base + size - 1 else { return nil }
        return value - base
    }

    package func address(at offset: UInt32) -> String { Self.text(base + offset) }

    /// How many of the lowest addresses are for chosen ones: min(max(16, size / 16), 256); in a block that isn't larger
    /// than that, none but the network's own.
    package var chosenCount: UInt32 {
        let count = min(max(16, size / 16), 256)
        return count < size - 1 ? count : 1
    }

    static func parse(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part), part.count == 1 || part.first != "0" else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    static func text(_ value: UInt32) -> String {
        "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
    }
}
