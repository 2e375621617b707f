/// The second word of a request line (RFC 9112, 3.2) and its query (the URL standard's form encoding, as Go reads it).
package enum RequestTarget {
    static func split(_ target: String) throws(HTTPProblem) -> (path: String, query: String) {
        var rest = Substring(target)
        for scheme in ["http://", "https://"]
        where !rest.hasPrefix("/") && rest.prefix(scheme.count).lowercased() == scheme {
            rest = rest.dropFirst(scheme.count)
            rest = rest[(rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex)...]
            if !rest.hasPrefix("/") { rest = "/" + rest }
        }
        guard rest.hasPrefix("/") || rest == "*" else { throw HTTPProblem(400, "malformed request target") }
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    /// Pairs in order. Like Go's `ParseQuery`, skips what it can't decode and tells about the first of those.
    static func query(_ text: String) -> (pairs: [(name: String, value: String)], problem: String?) {
        var pairs: [(name: String, value: String)] = []
        var problem: String?
        for part in text.split(separator: "&") {
            guard !part.contains(";") else {
                problem = problem ?? "invalid semicolon separator in query"
                continue
            }
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(sides[0], plusIsSpace: true),
                let value = sides.count > 1 ? decode(sides[1], plusIsSpace: true) : ""
            else {
                problem = problem ?? "invalid URL escape \"\(badEscape(part))\""
                continue
            }
            pairs.append((name, value))
        }
        return (pairs, problem)
    }

    /// Undoes percent-encoding; nil when an escape is broken. Bytes that aren't UTF-8 become U+FFFD.
    package static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        let utf8 = text.utf8
        guard utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return String(text) }
        var out: [UInt8] = []
        out.reserveCapacity(utf8.count)
        var at = utf8.startIndex
        while at < utf8.endIndex {
            let byte = utf8[at]
            at = utf8.index(after: at)
            guard byte == UInt8(ascii: "%") else {
                out.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
                continue
            }
            let digits = Array(utf8[at...].prefix(2))
            guard digits.count == 2, let high = hexValue(digits[0]), let low = hexValue(digits[1]) else { return nil }
            out.append(high << 4 | low)
            at = utf8.index(at, offsetBy: 2)
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case _ where (0x41...0x46).contains(byte & 0xDF): (byte & 0xDF) - 0x37
        default: nil
        }
    }

    private static func badEscape(_ text: Substring) -> Substring {
        var rest = text
        while let at = rest.firstIndex(of: "%") {
            let escape = rest[at...].prefix(3)
            if decode(escape) == nil { return escape }
            rest = rest[escape.endIndex...]
        }
        return text
    }

    /// Percent-encodes everything but unreserved bytes (RFC 3986, 2.3) and those in `kept`.
    package static func encode(_ text: String, keeping kept: String = "") -> String {
        var out = ""
        let hex = Array("0123456789ABCDEF")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            case _ where kept.utf8.contains(byte): out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                out += "%"
                out.append(hex[Int(byte >> 4)])
                out.append(hex[Int(byte & 15)])
            }
        }
        return out
    }

    /// `name=value&…`, to be put behind `?`.
    package static func encodeQuery(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { "\(encode($0.name))=\(encode($0.value))" }.joined(separator: "&")
    }
}
