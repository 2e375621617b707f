import NIOHTTP1
import Wire

/// What of a request's and an answer's headers passes a proxy.
enum ProxyHeaders {
    /// Credentials for the API server are none of the server's behind it.
    private static let credentials: Set<String> = ["authorization", "expect", "content-length"]

    /// - Parameters:
    ///   - forwarded: `X-Forwarded-Uri` of the request.
    ///   - upgrades: whether the request asks to leave HTTP, which is said in headers of the connection.
    static func request(_ http: HTTPRequest, forwarded: String, upgrades: Bool, frontProxy: FrontProxyHeaders)
        -> HTTPHeaders
    {
        var headers = HTTPHeaders()
        var wantsPage = false
        for (name, value) in upgrades ? http.headers : http.headers.endToEnd {
            let lower = name.lowercased()
            if credentials.contains(lower) || lower.hasPrefix("impersonate-") || frontProxy.contains(lower) { continue }
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
}
