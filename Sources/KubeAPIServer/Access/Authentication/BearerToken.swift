import JSON

/// The bearer token of a request: in `Authorization`, or as a WebSocket subprotocol for browsers, which can't set headers.
package enum BearerToken {
    static let webSocketPrefix = "base64url.bearer.authorization.k8s.io."
    static let spaceWarning =
        "the provided Authorization header contains extra space before the bearer token, and is ignored"

    static func find(_ request: RequestCredentials, warnings: inout [String]) -> String? {
        if let header = request.authorization, let token = parse(header, warnings: &warnings) { return token }
        return webSocketToken(request.webSocketProtocols)
    }

    private static func parse(_ header: String, warnings: inout [String]) -> String? {
        let trimmed = trim(header)
        let parts = trimmed.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].lowercased() == "bearer" else { return nil }
        if parts[1].isEmpty {
            if parts.count == 3 { warnings.append(spaceWarning) }
            return nil
        }
        return String(parts[1])
    }

    private static func trim(_ text: String) -> Substring {
        var rest = text[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }

    /// The subprotocols without the one that carries a token: what the server goes on to negotiate with.
    package static func withoutToken(_ protocols: [String]) -> [String] {
        protocols.filter { !$0.hasPrefix(webSocketPrefix) }
    }

    private static func webSocketToken(_ protocols: [String]) -> String? {
        let found = protocols.filter { $0.hasPrefix(webSocketPrefix) }
        // Another subprotocol must be there too: the server has to answer with one, and may not with a token.
        guard found.count == 1, protocols.count > 1,
            let bytes = decodeBase64(String(found[0].dropFirst(webSocketPrefix.count))), !bytes.isEmpty
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
