import Glibc

/// Which proxy a request takes; the meaning of HTTP_PROXY, HTTPS_PROXY and NO_PROXY is that of Go's
/// `golang.org/x/net/http/httpproxy`, which dockerd uses.
package struct ProxyRules: Sendable, Hashable {
    /// A proxy's URL, `http://[user:password@]host:port`, or `host:port`; nil: none.
    package var http: String?, https: String?
    /// Comma-separated: host names (with subdomains), `.domain` (subdomains only), addresses, CIDR blocks, `host:port`, `*`.
    package var except = ""

    package init(http: String? = nil, https: String? = nil, except: String = "") {
        self.http = http
        self.https = https
        self.except = except
    }

    /// Upper-case names win over lower-case ones.
    package init(environment: (String) -> String?) {
        func value(_ name: String) -> String? {
            [environment(name), environment(name.lowercased())].compactMap { $0 }.first { !$0.isEmpty }
        }
        http = value("HTTP_PROXY")
        https = value("HTTPS_PROXY")
        except = value("NO_PROXY") ?? ""
    }

    /// These rules, with what is given in place of what the environment said; empty texts are not given.
    package func replacing(http: String, https: String, except: String) -> ProxyRules {
        ProxyRules(
            http: http.isEmpty ? self.http : http, https: https.isEmpty ? self.https : https,
            except: except.isEmpty ? self.except : except)
    }

    /// A proxy's URL without its password, for people to see.
    package static func masked(_ proxy: String?) -> String {
        guard let proxy, let at = proxy.lastIndex(of: "@") else { return proxy ?? "" }
        let scheme = proxy.firstRange(of: "://").map { String(proxy[..<$0.upperBound]) } ?? ""
        return scheme + "xxxxx:xxxxx" + proxy[at...]
    }

    package static var fromEnvironment: ProxyRules {
        ProxyRules { name in getenv(name).map { String(cString: $0) } }
    }

    /// Nil: go there directly.
    func proxy(for address: WebAddress) -> Proxy? {
        guard let text = address.scheme == "https" ? https : http, !isLoopback(address.host), !excepts(address) else {
            return nil
        }
        return Proxy(text)
    }

    private func excepts(_ address: WebAddress) -> Bool {
        let literal = IPAddress(address.host)
        for entry in except.split(separator: ",") {
            let rule = String(entry.filter { $0 != " " }).lowercased()
            if rule.isEmpty { continue }
            if rule == "*" { return true }
            if let range = AddressRange(rule) {
                if let literal, range.contains(literal) { return true }
                continue
            }
            if let ruleAddress = IPAddress(rule) {
                if ruleAddress == literal { return true }
                continue
            }
            var name = rule
            if let authority = Authority(rule), let port = authority.port {
                guard port == address.effectivePort else { continue }
                name = authority.host
            }
            if name.hasPrefix("*.") { name.removeFirst() }
            if name.hasPrefix(".")
                ? address.host.hasSuffix(name) : address.host == name || address.host.hasSuffix("." + name)
            {
                return true
            }
        }
        return false
    }
}

/// An HTTP proxy, as AsyncHTTPClient takes it.
struct Proxy: Sendable, Hashable {
    let authority: Authority
    /// Percent-decoded; nil: the proxy asks for none.
    let user: String?, password: String?

    init?(_ text: String) {
        var rest = Substring(text)
        if let mark = text.firstRange(of: "://") {
            guard text[..<mark.lowerBound].lowercased() == "http" else { return nil }
            rest = text[mark.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = percentDecoded(parts[0])
            password = parts.count > 1 ? percentDecoded(parts[1]) : ""
            rest = rest[rest.index(after: at)...]
        } else {
            (user, password) = (nil, nil)
        }
        guard let authority = Authority(String(rest)) else { return nil }
        self.authority = Authority(host: authority.host, port: authority.port ?? 80)
    }
}

private func percentDecoded(_ text: Substring) -> String {
    var out: [UInt8] = []
    var bytes = text.utf8[...]
    while let byte = bytes.popFirst() {
        if byte == UInt8(ascii: "%"), bytes.count >= 2, let hex = String(bytes.prefix(2)),
            let value = UInt8(hex, radix: 16)
        {
            out.append(value)
            bytes = bytes.dropFirst(2)
        } else {
            out.append(byte)
        }
    }
    return String(decoding: out, as: UTF8.self)
}
