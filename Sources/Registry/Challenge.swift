import NIOHTTP1

/// One way to authenticate that a server offered in `WWW-Authenticate` (RFC 9110 section 11.6.1).
struct Challenge: Sendable, Hashable {
    /// Lower case: `bearer`, `basic`, …
    var scheme: String
    /// Names in lower case.
    var parameters: [String: String]

    static func all(in headers: HTTPHeaders) -> [Challenge] {
        headers["www-authenticate"].flatMap(parse)
    }

    /// The challenges of one header value. Never fails: what can't be read is left out, for the text is the server's.
    static func parse(_ text: String) -> [Challenge] {
        var scanner = Scanner(text)
        var challenges: [Challenge] = []
        var current: Challenge?
        while true {
            scanner.skip { $0 == UInt8(ascii: ",") || isSpace($0) }
            let token = scanner.take(while: isTokenByte)
            if token.isEmpty {
                if scanner.atEnd { break }
                scanner.advance()  // a byte that belongs nowhere
                continue
            }
            let afterToken = scanner
            scanner.skip(while: isSpace)
            if scanner.peek == UInt8(ascii: "="), current != nil {
                scanner.advance()
                scanner.skip(while: isSpace)
                current?.parameters[token.lowercased()] = scanner.value()
            } else {
                scanner = afterToken
                if let current { challenges.append(current) }
                current = Challenge(scheme: token.lowercased(), parameters: [:])
            }
        }
        if let current { challenges.append(current) }
        return challenges
    }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// RFC 9110 section 5.6.2 "token".
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

private struct Scanner {
    private let bytes: [UInt8]
    private var at = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var atEnd: Bool { at >= bytes.count }
    var peek: UInt8? { atEnd ? nil : bytes[at] }
    mutating func advance() { at = min(at + 1, bytes.count) }

    mutating func skip(while matches: (UInt8) -> Bool) {
        while let byte = peek, matches(byte) { at += 1 }
    }

    mutating func take(while matches: (UInt8) -> Bool) -> String {
        let start = at
        skip(while: matches)
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    /// A token or a quoted string, unescaped. An unclosed quote ends with the text.
    mutating func value() -> String {
        guard peek == UInt8(ascii: "\"") else {
            return take { !isSpace($0) && $0 != UInt8(ascii: ",") }
        }
        advance()
        var out: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: "\"") {
            advance()
            if byte == UInt8(ascii: "\\"), let escaped = peek {
                out.append(escaped)
                advance()
            } else {
                out.append(byte)
            }
        }
        advance()
        return String(decoding: out, as: UTF8.self)
    }
}
