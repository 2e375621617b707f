/// Links in proxied answers that mean the server behind the proxy, turned into ones that pass the proxy again.
struct ProxyRewriting: Sendable {
    /// `/api/v1/namespaces/a/pods/b/proxy`: what a path on the server behind is put behind.
    let prefix: String
    /// The server behind, as `HOST:PORT` and as it is named without its protocol's own port.
    let hosts: Set<String>

    /// The link for the client: one to another host, or relative to its page, stays as it is.
    func link(_ text: String) -> String {
        var rest = text[...]
        if let mark = Self.authorityStart(text) {
            let authority = text[mark...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            guard hosts.contains(String(authority)) else { return text }
            rest = text[authority.endIndex...]
        }
        guard rest.hasPrefix("/") else { return text }
        return rest.hasPrefix(prefix) ? String(rest) : prefix + rest
    }

    /// Where the host begins in `https://host/…` and `//host/…`.
    private static func authorityStart(_ text: String) -> String.Index? {
        for scheme in ["http://", "https://", "//"] where text.lowercased().hasPrefix(scheme) {
            return text.index(text.startIndex, offsetBy: scheme.count)
        }
        return nil
    }

    /// A page with the links in its tags turned; everything else stays byte for byte.
    func page(_ html: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(html.count + html.count / 8)
        var copied = 0
        for place in HTMLLinks.find(in: html) {
            out += html[copied..<place.lowerBound]
            out += link(String(decoding: html[place], as: UTF8.self)).utf8
            copied = place.upperBound
        }
        out += html[copied...]
        return out
    }
}
