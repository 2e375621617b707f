/// The parts of an http(s) URL that a registry client looks at (RFC 3986, without user information).
struct WebAddress: Sendable, Hashable, CustomStringConvertible {
    /// `https` or `http`.
    var scheme: String
    /// Lower case, without brackets.
    var host: String
    /// Nil: the scheme's own.
    var port: Int?
    /// Path and query, starting with `/`.
    var target: String

    /// Nil when the text is no absolute http or https URL.
    init?(_ text: String) {
        guard let mark = text.firstRange(of: "://") else { return nil }
        scheme = text[..<mark.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { return nil }
        let rest = text[mark.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        guard let authority = Authority(String(rest[..<end])) else { return nil }
        host = authority.host
        port = authority.port
        var target = String(rest[end...].prefix { $0 != "#" })
        if !target.hasPrefix("/") { target = "/" + target }
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { return nil }
        self.target = target
    }

    init(scheme: String, authority: Authority, target: String = "/") {
        self.scheme = scheme
        host = authority.host
        port = authority.port
        self.target = target
    }

    var effectivePort: Int { port ?? (scheme == "https" ? 443 : 80) }
    var authority: Authority { Authority(host: host, port: port) }
    var description: String { "\(scheme)://\(authority)\(target)" }

    /// Whether both lead to the same server, so that what is secret for one may be told to the other.
    func sameServer(as other: WebAddress) -> Bool {
        scheme == other.scheme && host == other.host && effectivePort == other.effectivePort
    }

    /// The address that a `Location` header names when it came in an answer from this one (RFC 3986 section 5.2).
    func resolving(_ location: String) -> WebAddress? {
        if let absolute = WebAddress(location) { return absolute }
        if location.hasPrefix("//") { return WebAddress("\(scheme):\(location)") }
        if location.contains("://") { return nil }
        var copy = self
        if location.hasPrefix("/") {
            copy.target = location
        } else {
            let path = target.prefix { $0 != "?" }
            copy.target = path[...(path.lastIndex(of: "/") ?? path.startIndex)] + location
        }
        return WebAddress(copy.description)
    }

    /// The target with one more query member.
    func adding(query name: String, _ value: String) -> WebAddress {
        var copy = self
        copy.target += (target.contains("?") ? "&" : "?") + "\(name)=\(percentEncoded(value))"
        return copy
    }
}

/// `host`, `host:port`, `[v6]:port`.
struct Authority: Sendable, Hashable, CustomStringConvertible {
    let host: String
    let port: Int?

    init(host: String, port: Int?) {
        self.host = host
        self.port = port
    }

    /// Nil when the host is empty, holds user information or odd characters, or the port is no number in 1...65535.
    init?(_ text: String) {
        var host = Substring(text)
        var portText: Substring?
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<close]
            let after = text[text.index(after: close)...]
            guard after.isEmpty || after.hasPrefix(":") else { return nil }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            portText = text[text.index(after: colon)...]
            guard !host.contains(":") else { return nil }
        }
        if let portText {
            guard let port = Int(portText), (1...65535).contains(port) else { return nil }
            self.port = port
        } else {
            port = nil
        }
        let legal: (UInt8) -> Bool = { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"): true
            default: false
            }
        }
        guard !host.isEmpty, host.utf8.allSatisfy(legal) else { return nil }
        self.host = host.lowercased()
    }

    var description: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(shown):\($0)" } ?? shown
    }
}

/// `application/x-www-form-urlencoded` and query text: everything but RFC 3986's unreserved characters as %XX.
func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a,
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            out.append(byte)
        default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: out, as: UTF8.self)
}
