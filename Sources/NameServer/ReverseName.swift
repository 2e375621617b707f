import Linux
import Wire

/// The names that addresses have backwards: `5.0.244.10.in-addr.arpa`, and under `ip6.arpa` (RFC 1035 3.5, RFC 3596 2.5).
package enum ReverseName {
    /// Nil for a name of another kind, or of only a part of an address.
    package static func address(_ name: DNSName) -> IPAddress? {
        let labels = name.labels
        if labels.count == 6, labels.suffix(2) == ["in-addr", "arpa"] {
            return IPAddress(labels.prefix(4).reversed().joined(separator: "."))
        }
        guard labels.count == 34, labels.suffix(2) == ["ip6", "arpa"] else { return nil }
        let digits = labels.prefix(32).reversed().compactMap { $0.count == 1 ? $0.first?.hexDigitValue : nil }
        guard digits.count == 32 else { return nil }
        return IPAddress(bytes: (0..<16).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) })
    }
}
