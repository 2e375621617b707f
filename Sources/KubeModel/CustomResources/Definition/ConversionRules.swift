import JSON

/// How a definition says that its versions are converted: not at all, or by a webhook.
struct ConversionRules {
    /// Whether a version of ConversionReview must be one that the server speaks.
    let requiresKnownReviewVersion: Bool
    /// Whether a certificate bundle that is none is let pass: as long as nothing is served.
    let allowsInvalidBundle: Bool

    private static let reviewVersions = ["v1", "v1beta1"]

    /// For a change of `old`; for a creation when it is nil.
    init(old: CustomResourceDefinition?) {
        guard let old else {
            requiresKnownReviewVersion = true
            allowsInvalidBundle = true
            return
        }
        let webhook = old.json["spec", "conversion", "webhook"]
        let versions = webhook["conversionReviewVersions"].strings
        requiresKnownReviewVersion = versions.isEmpty || versions.contains(where: Self.reviewVersions.contains)
        let bundle = webhook["clientConfig", "caBundle"].string ?? ""
        allowsInvalidBundle = !old.isTrue("Established") || (!bundle.isEmpty && !Self.isBundle(bundle))
    }

    /// Whether a base64 text holds certificates in PEM.
    static func isBundle(_ base64: String) -> Bool {
        guard let bytes = decodeBase64(base64) else { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let begin = text.firstRange(of: "-----BEGIN CERTIFICATE-----") else { return false }
        return text[begin.upperBound...].firstRange(of: "-----END CERTIFICATE-----") != nil
    }

    func errors(_ conversion: JSON, _ path: FieldPath) -> [FieldError] {
        guard !conversion.isNull else { return [] }
        let strategy = conversion["strategy"].string ?? ""
        var errors: [FieldError] = []
        if strategy.isEmpty {
            errors.append(.required(path["strategy"]))
        } else if strategy != "None", strategy != "Webhook" {
            errors.append(.notOneOf(path["strategy"], .string(strategy), ["None", "Webhook"]))
        }
        let client = conversion["webhook", "clientConfig"]
        let versions = conversion["webhook", "conversionReviewVersions"].strings
        let clientPath = path["webhookClientConfig"], versionsPath = path["conversionReviewVersions"]
        guard strategy == "Webhook" else {
            let detail = "should not be set when strategy is not set to Webhook"
            if !client.isNull { errors.append(.forbidden(clientPath, detail)) }
            if !versions.isEmpty { errors.append(.forbidden(versionsPath, detail)) }
            return errors
        }
        return errors + clientErrors(client, clientPath) + versionErrors(versions, versionsPath)
    }

    private func clientErrors(_ client: JSON, _ path: FieldPath) -> [FieldError] {
        guard !client.isNull else { return [.required(path, "required when strategy is set to Webhook")] }
        var errors: [FieldError] = []
        let service = client["service"]
        switch (client["url"].string, service.isNull) {
        case (nil, true), (.some, false):
            errors.append(.required(path, "exactly one of url or service is required"))
        case (.some(let url), true): errors += Self.urlErrors(url, path["url"])
        case (nil, false): errors += Self.serviceErrors(service, path["service"])
        }
        let bundle = client["caBundle"].string ?? ""
        if !bundle.isEmpty, !allowsInvalidBundle, !Self.isBundle(bundle) {
            let detail = "unable to load root certificates: unable to parse bytes as PEM block"
            errors.append(.of(.invalid, path["caBundle"], .string(bundle), detail))
        }
        return errors
    }

    private func versionErrors(_ versions: [String], _ path: FieldPath) -> [FieldError] {
        guard !versions.isEmpty else { return [.required(path)] }
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, version) in versions.enumerated() {
            guard seen.insert(version).inserted else {
                errors.append(.of(.invalid, path[index], .string(version), "duplicate version"))
                continue
            }
            errors += Names.dns1035(version).map { .of(.invalid, path[index], .string(version), $0) }
        }
        if requiresKnownReviewVersion, !versions.contains(where: Self.reviewVersions.contains) {
            let detail = "must include at least one of \(Self.reviewVersions.joined(separator: ", "))"
            errors.append(.of(.invalid, path, JSON(versions), detail))
        }
        return errors
    }

    private static func urlErrors(_ text: String, _ path: FieldPath) -> [FieldError] {
        let form = "; desired format: https://host[/path]"
        var rest = text[...]
        func part(after mark: Character) -> String {
            guard let at = rest.firstIndex(of: mark) else { return "" }
            defer { rest = rest[..<at] }
            return String(rest[rest.index(after: at)...])
        }
        let fragment = part(after: "#"), query = part(after: "?")
        let scheme = rest.firstRange(of: "://").map { String(rest[..<$0.lowerBound]) } ?? ""
        let authority = rest.firstRange(of: "://").map { rest[$0.upperBound...].prefix { $0 != "/" } } ?? ""
        let user = authority.lastIndex(of: "@").map { String(authority[..<$0]) }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        var errors: [FieldError] = []
        if scheme.lowercased() != "https" {
            errors.append(.of(.invalid, path, .string(scheme), "'https' is the only allowed URL scheme\(form)"))
        }
        if host.isEmpty { errors.append(.of(.invalid, path, "", "host must be specified\(form)")) }
        if let user {
            errors.append(.of(.invalid, path, .string(user), "user information is not permitted in the URL"))
        }
        if !fragment.isEmpty {
            errors.append(.of(.invalid, path, .string(fragment), "fragments are not permitted in the URL"))
        }
        if !query.isEmpty {
            errors.append(.of(.invalid, path, .string(query), "query parameters are not permitted in the URL"))
        }
        return errors
    }

    private static func serviceErrors(_ service: JSON, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        // The original hands name and namespace over in the wrong order; its answers are kept.
        if service["namespace"].string ?? "" == "" { errors.append(.required(path["name"])) }
        if service["name"].string ?? "" == "" { errors.append(.required(path["namespace"])) }
        let port = service["port"].int ?? 443
        if !(1...65_535).contains(port) {
            errors.append(
                .of(.invalid, path["port"], JSON(port), "port is not valid: must be between 1 and 65535, inclusive"))
        }
        guard let text = service["path"].string, text != "/", !text.isEmpty else { return errors }
        if text == "//" {
            return errors + [.of(.invalid, path["path"], .string(text), "segment[0] may not be empty")]
        }
        if !text.hasPrefix("/") { errors.append(.of(.invalid, path["path"], .string(text), "must start with a '/'")) }
        var rest = text.dropFirst()
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        for (index, step) in rest.split(separator: "/", omittingEmptySubsequences: false).enumerated() {
            let faults =
                step.isEmpty
                ? ["segment[\(index)] may not be empty"]
                : Names.dnsSubdomain(String(step)).map { "segment[\(index)]: \($0)" }
            errors += faults.map { .of(.invalid, path["path"], .string(text), $0) }
        }
        return errors
    }
}
