/// IP addresses and blocks as text, as Go's `net` reads them.
enum IPText {
    /// - Parameter toleratesLeadingZeros: `010.0.0.1`, which Go before 1.17 took.
    static func isAddress(_ text: String, toleratesLeadingZeros: Bool) -> Bool {
        text.utf8.contains(UInt8(ascii: ":"))
            ? isVersion6(text, toleratesLeadingZeros) : isVersion4(text, toleratesLeadingZeros)
    }

    /// `10.0.0.0/8`.
    static func isBlock(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, isAddress(String(parts[0]), toleratesLeadingZeros: true) else { return false }
        let most = parts[0].utf8.contains(UInt8(ascii: ":")) ? 128 : 32
        guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return Int(parts[1]).map { $0 <= most } ?? false
    }

    private static func isVersion4(_ text: String, _ toleratesLeadingZeros: Bool) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard !part.isEmpty, part.utf8.count <= 16, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    return false
                }
                if part.utf8.count > 1, part.hasPrefix("0"), !toleratesLeadingZeros { return false }
                return Int(part).map { $0 < 256 } ?? false
            }
    }

    private static func isVersion6(_ text: String, _ toleratesLeadingZeros: Bool) -> Bool {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var groups = 0
        if let last = parts.last, last.contains(".") {
            guard isVersion4(last, toleratesLeadingZeros) else { return false }
            parts.removeLast()
            groups = 2
            // "::1.2.3.4" leaves an empty part before the address that is no end.
            if parts.count == 2, parts[0].isEmpty, parts[1].isEmpty { return true }
        }
        if parts.count > 1, parts[0].isEmpty {
            guard parts[1].isEmpty else { return false }
            parts.removeFirst()
        }
        if groups == 0, parts.count > 1, parts[parts.count - 1].isEmpty {
            guard parts[parts.count - 2].isEmpty else { return false }
            parts.removeLast()
        }
        let gaps = parts.filter(\.isEmpty).count
        guard gaps <= 1 else { return false }
        let isHexadecimal = parts.allSatisfy { part in
            part.isEmpty || (part.utf8.count <= 4 && UInt16(part, radix: 16) != nil && !part.hasPrefix("+"))
        }
        groups += parts.count - gaps
        return isHexadecimal && (gaps == 1 ? groups < 8 : groups == 8)
    }
}
