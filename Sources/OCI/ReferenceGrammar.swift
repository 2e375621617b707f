/// The productions of the distribution reference grammar, byte by byte: no backtracking, so hostile input costs no
/// more than its length.
enum Grammar {
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLower(byte) || isUpper(byte) }
    static func isHex(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }

    /// 64 lower-case hex digits: an image ID, which no repository may look like.
    static func isIdentifier(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { isDigit($0) || (0x61...0x66).contains($0) }
    }

    /// `host[:port]`: dot-separated labels, or an IPv6 address in brackets.
    static func isDomain(_ text: String) -> Bool {
        var host = Array(text.utf8)[...]
        if let colon = host.lastIndex(of: UInt8(ascii: ":")), !host[colon...].contains(UInt8(ascii: "]")) {
            let port = host[(colon + 1)...]
            guard !port.isEmpty, port.allSatisfy(isDigit) else { return false }
            host = host[..<colon]
        }
        if host.first == UInt8(ascii: "[") {
            let inner = host.dropFirst().dropLast()
            return host.last == UInt8(ascii: "]") && !inner.isEmpty
                && inner.allSatisfy { isHex($0) || $0 == UInt8(ascii: ":") }
        }
        return host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.first, let last = label.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last)
                && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    /// Slash-separated components of lower-case letters and digits with single separators between them.
    static func isPath(_ text: some StringProtocol) -> Bool {
        Array(text.utf8).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy(isComponent)
    }

    private static func isComponent(_ component: ArraySlice<UInt8>) -> Bool {
        func isWord(_ byte: UInt8) -> Bool { isDigit(byte) || isLower(byte) }
        guard let first = component.first, let last = component.last, isWord(first), isWord(last) else { return false }
        // Between words: one dot, one or two underscores, or any number of dashes.
        for run in component.split(whereSeparator: isWord) {
            let separator = run[run.startIndex]
            guard run.allSatisfy({ $0 == separator }) else { return false }
            switch separator {
            case UInt8(ascii: "."): guard run.count == 1 else { return false }
            case UInt8(ascii: "_"): guard run.count <= 2 else { return false }
            case UInt8(ascii: "-"): continue
            default: return false
            }
        }
        return true
    }

    static func isTag(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first) || first == UInt8(ascii: "_"),
            text.utf8.count <= Reference.Limit.tagBytes
        else { return false }
        return text.utf8.allSatisfy {
            isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
        }
    }

    /// `sha256`, or words joined by `-`, `_`, `+`, `.`, each beginning with a letter.
    static func isAlgorithm(_ text: Substring) -> Bool {
        let parts = text.utf8.split(omittingEmptySubsequences: false) { "-_+.".utf8.contains($0) }
        return parts.allSatisfy { part in
            guard let first = part.first else { return false }
            return (isLower(first) || isUpper(first)) && part.allSatisfy(isAlphanumeric)
        }
    }
}
