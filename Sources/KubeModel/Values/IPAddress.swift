/// An IPv4 or IPv6 address. Source of the accepted forms: Go's net and netip packages, and apimachinery `ip.go`.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// In network order; an IPv4 address as the IPv6 one that it maps to.
    package let bytes: [UInt8]
    /// Written as IPv4, or as its mapping.
    package var isIPv4: Bool {
        bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    }

    /// How a text departs from what is asked of new fields.
    struct Form: Equatable {
        var hasLeadingZeros = false
        /// Written with colons though it is IPv4 (`::ffff:1.2.3.4`).
        var isMapped = false
    }

    /// Nil when the text is none; leading zeros are accepted, zones aren't.
    package init?(_ text: String) {
        guard let (address, _) = IPAddress.parse(Substring(text)) else { return nil }
        self = address
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    static func parse(_ text: Substring) -> (IPAddress, Form)? {
        // The longest text with sense in it is far shorter.
        guard text.utf8.count <= 128 else { return nil }
        var form = Form()
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let bytes = sixteen(Array(text.utf8), &form) else { return nil }
            let address = IPAddress(bytes: bytes)
            form.isMapped = address.isIPv4
            return (address, form)
        }
        guard let four = four(Array(text.utf8)[...], &form) else { return nil }
        return (IPAddress(bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] + four), form)
    }

    private static func four(_ text: ArraySlice<UInt8>, _ form: inout Form) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var out: [UInt8] = []
        for part in parts {
            guard !part.isEmpty, part.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
            if part.count > 1, part.first == 0x30 { form.hasLeadingZeros = true }
            guard let value = UInt8(String(decoding: part, as: UTF8.self)) else { return nil }
            out.append(value)
        }
        return out
    }

    private static func sixteen(_ text: [UInt8], _ form: inout Form) -> [UInt8]? {
        let colon = UInt8(ascii: ":")
        var (out, gap, at) = ([UInt8](), Int?.none, 0)
        if text.count >= 2, text[0] == colon, text[1] == colon {
            (gap, at) = (0, 2)
            if at == text.count { return [UInt8](repeating: 0, count: 16) }
        }
        while out.count < 16 {
            let start = at
            var value: UInt32 = 0
            while at < text.count, let digit = hexDigit(text[at]), value <= 0xFFFF {
                value = value << 4 | digit
                at += 1
            }
            guard at > start, value <= 0xFFFF else { return nil }
            if at < text.count, text[at] == UInt8(ascii: ".") {
                guard gap != nil || out.count == 12, out.count <= 12, let tail = four(text[start...], &form) else {
                    return nil
                }
                out += tail
                at = text.count
                break
            }
            if at - start > 4 { form.hasLeadingZeros = true }
            out.append(UInt8(value >> 8))
            out.append(UInt8(value & 0xFF))
            if at == text.count { break }
            guard text[at] == colon, at + 1 < text.count else { return nil }
            at += 1
            if text[at] == colon {
                guard gap == nil else { return nil }
                gap = out.count
                at += 1
                if at == text.count { break }
            }
        }
        guard at == text.count else { return nil }
        guard let gap else { return out.count == 16 ? out : nil }
        guard out.count < 16 else { return nil }
        return out[..<gap] + [UInt8](repeating: 0, count: 16 - out.count) + out[gap...]
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte) - 0x30
        case 0x41...0x46: UInt32(byte) - 0x37
        case 0x61...0x66: UInt32(byte) - 0x57
        default: nil
        }
    }

    /// The canonical text; RFC 5952 for IPv6.
    package var description: String {
        if isIPv4 { return bytes.suffix(4).map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        var longest = 0..<0
        var at = 0
        while at < 8 {
            var end = at
            while end < 8, groups[end] == 0 { end += 1 }
            if end - at > max(1, longest.count) { longest = at..<end }
            at = max(end, at + 1)
        }
        func hex(_ range: some Sequence<Int>) -> String {
            range.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if longest.isEmpty { return hex(groups) }
        return "\(hex(groups[..<longest.lowerBound]))::\(hex(groups[longest.upperBound...]))"
    }
}

/// A network: an address and the length of its prefix.
package struct CIDR: Sendable, Hashable, CustomStringConvertible {
    /// As it was written, bits beyond the prefix included.
    package let address: IPAddress
    /// 0 to 32 for IPv4, to 128 for IPv6.
    package let prefixLength: Int

    package var isIPv4: Bool { address.isIPv4 }

    /// Nil when the text is none; leading zeros are accepted.
    package init?(_ text: String) {
        guard let (cidr, _) = CIDR.parse(text) else { return nil }
        self = cidr
    }

    init(address: IPAddress, prefixLength: Int) {
        self.address = address
        self.prefixLength = prefixLength
    }

    static func parse(_ text: String) -> (CIDR, IPAddress.Form)? {
        guard let slash = text.firstIndex(of: "/"), case let digits = text[text.index(after: slash)...],
            !digits.isEmpty, digits.utf8.count <= 8, digits.allSatisfy(\.isASCIIDigit), let written = Int(digits),
            var (address, form) = IPAddress.parse(text[..<slash])
        else { return nil }
        let isPlainIPv4 = address.isIPv4 && !form.isMapped
        guard written <= (isPlainIPv4 ? 32 : 128) else { return nil }
        if digits.utf8.count > 1, digits.first == "0" { form.hasLeadingZeros = true }
        var length = written
        if form.isMapped {
            if written >= 96 {
                length -= 96
            } else {
                address = IPAddress(bytes: masked(address.bytes, written))
            }
        }
        return (CIDR(address: address, prefixLength: length), form)
    }

    private static func masked(_ bytes: [UInt8], _ bits: Int) -> [UInt8] {
        bytes.enumerated().map { at, byte in
            let kept = min(8, max(0, bits - at * 8))
            return kept == 8 ? byte : byte & ~(0xFF >> UInt8(kept))
        }
    }

    /// The network's first address: the written one without the bits beyond the prefix.
    package var network: IPAddress {
        IPAddress(bytes: CIDR.masked(address.bytes, prefixLength + (isIPv4 ? 96 : 0)))
    }

    package func contains(_ other: IPAddress) -> Bool {
        guard other.isIPv4 == isIPv4 else { return false }
        return CIDR(address: other, prefixLength: prefixLength).network == network
    }

    /// The network in canonical form.
    package var description: String { "\(network)/\(prefixLength)" }
}
