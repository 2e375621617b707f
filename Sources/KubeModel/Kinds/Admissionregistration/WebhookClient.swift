import JSON

/// Where a webhook is reached: at a URL or at a Service.
enum WebhookClient {
    private static let form = "; desired format: https://host[/path]"

    static func faults(_ client: JSON, _ path: FieldPath) -> [FieldError] {
        switch (client["url"].string, client.has("service")) {
        case (let url?, false): urlFaults(url, path["url"])
        case (nil, true): serviceFaults(client["service"], path["service"])
        default: [.required(path, "exactly one of url or service is required")]
        }
    }

    private static func urlFaults(_ url: String, _ path: FieldPath) -> [FieldError] {
        let (beforeFragment, fragment) = cut(url, "#")
        let (address, query) = cut(beforeFragment, "?")
        let (scheme, rest) = schemeAndRest(address)
        var authority = ""
        if rest.hasPrefix("//") { authority = String(rest.dropFirst(2).prefix { $0 != "/" }) }
        var faults: [FieldError] = []
        func fault(_ value: String, _ detail: String) { faults.append(.invalid(path, .string(value), detail)) }
        if scheme != "https" { fault(scheme, "'https' is the only allowed URL scheme" + form) }
        let at = authority.lastIndex(of: "@")
        let host = at.map { String(authority[authority.index(after: $0)...]) } ?? authority
        if host.isEmpty { fault(host, "host must be specified" + form) }
        if let at { fault(String(authority[..<at]), "user information is not permitted in the URL") }
        if !fragment.isEmpty { fault(fragment, "fragments are not permitted in the URL") }
        if !query.isEmpty { fault(query, "query parameters are not permitted in the URL") }
        return faults
    }

    private static func cut(_ text: String, _ mark: Character) -> (String, String) {
        guard let at = text.firstIndex(of: mark) else { return (text, "") }
        return (String(text[..<at]), String(text[text.index(after: at)...]))
    }

    private static func schemeAndRest(_ text: String) -> (String, String) {
        guard let colon = text.firstIndex(of: ":"), colon > text.startIndex,
            text[..<colon].utf8.allSatisfy({
                ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || "+-.".utf8.contains($0)
            })
        else { return ("", text) }
        return (text[..<colon].lowercased(), String(text[text.index(after: colon)...]))
    }

    private static func serviceFaults(_ service: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        // The original mixes the two up.
        if service.text("namespace").isEmpty { faults.append(.required(path["name"])) }
        if service.text("name").isEmpty { faults.append(.required(path["namespace"])) }
        let port = service["port"].int ?? 0
        let texts = Names.portNumber(port)
        if !texts.isEmpty {
            let detail = "port is not valid: \(texts.joined(separator: ", "))"
            faults.append(.invalid(path["port"], .init(port), detail))
        }
        if let text = service["path"].string { faults += pathFaults(text, path["path"]) }
        return faults
    }

    private static func pathFaults(_ text: String, _ path: FieldPath) -> [FieldError] {
        if text.isEmpty || text == "/" { return [] }
        func fault(_ detail: String) -> FieldError { .invalid(path, .string(text), detail) }
        if text == "//" { return [fault("segment[0] may not be empty")] }
        var faults: [FieldError] = text.hasPrefix("/") ? [] : [fault("must start with a '/'")]
        var rest = text.dropFirst()
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        for (index, step) in rest.split(separator: "/", omittingEmptySubsequences: false).enumerated() {
            if step.isEmpty {
                faults.append(fault("segment[\(index)] may not be empty"))
            } else {
                faults += Names.dnsSubdomain(String(step)).map { fault("segment[\(index)]: \($0)") }
            }
        }
        return faults
    }
}
