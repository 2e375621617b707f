import NIOHTTP1
import Wire

/// What of a request's and an answer's headers passes a proxy.
enum ProxyHeaders {
    /// RFC 9110, 7.6.1: of one connection only.
    private static let ofConnection: Set<String> = [
        "connection", "proxy-connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]
    /// Credentials for the API server are none of the server's behind it.
    private static let credentials: Set<String> = ["authorization", "expect", "content-length"]

    /// - Parameters:
    ///   - forwarded: `X-Forwarded-Uri` of the request.
    ///   - upgrades: whether the request asks to leave HTTP, which is said in headers of the connection.
    static func request(_ http: HTTPRequest, forwarded: String, upgrades: Bool, frontProxy: FrontProxyHeaders)
        -> HTTPHeaders
    {
        let named = Set(http.headers[canonicalForm: "connection"].map { $0.lowercased() })
        var headers = HTTPHeaders()
        var wantsPage = false
        for (name, value) in http.headers {
            let lower = name.lowercased()
            if credentials.contains(lower) || lower.hasPrefix("impersonate-") || frontProxy.contains(lower) { continue }
            if !upgrades, ofConnection.contains(lower) || named.contains(lower) { continue }
            if lower == "sec-websocket-protocol" || lower == "x-forwarded-for" || lower == "transfer-encoding" {
                continue
            }
            if lower == "accept", value.contains("text/html") { wantsPage = true }
            headers.add(name: name, value: value)
        }
        let protocols = BearerToken.withoutToken(
            http.headers[canonicalForm: "sec-websocket-protocol"].map { String($0) })
        if !protocols.isEmpty {
            headers.add(name: "Sec-WebSocket-Protocol", value: protocols.joined(separator: ", "))
        }
        // Links in a packed page couldn't be turned.
        if wantsPage, !upgrades { headers.remove(name: "accept-encoding") }
        let earlier = http.headers["x-forwarded-for"]
        headers.add(name: "X-Forwarded-For", value: (earlier + [http.peer.address]).joined(separator: ", "))
        if !upgrades { headers.replaceOrAdd(name: "X-Forwarded-Uri", value: forwarded) }
        return headers
    }

    /// An answer's, less those of the connection it came by.
    static func answer(_ headers: HTTPHeaders) -> HTTPHeaders {
        let named = Set(headers[canonicalForm: "connection"].map { $0.lowercased() })
        return HTTPHeaders(
            headers.filter { !ofConnection.contains($0.name.lowercased()) && !named.contains($0.name.lowercased()) }
                .map { ($0.name, $0.value) })
    }
}
