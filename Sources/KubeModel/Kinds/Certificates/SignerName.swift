import JSON

/// Names of those that sign certificates: `example.com/signer-name`.
enum SignerName {
    static let group = "certificates.k8s.io"

    static func faults(_ name: String, _ path: FieldPath) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            let detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
            return [.invalid(path, .string(name), detail)]
        }
        var faults: [FieldError] = []
        if parts[0].utf8.count > Names.subdomainLimit {
            faults.append(.tooLong(path, maxLength: Names.subdomainLimit))
        }
        faults += labelFaults(parts[0], path, Names.dnsLabel)
        if !parts[0].contains(".") {
            let detail = "should be a domain with at least two segments separated by dots"
            faults.append(.invalid(path, .string(parts[0]), detail))
        }
        faults += labelFaults(parts[1], path, Names.dnsSubdomain)
        // The domain, then room for a label and a subdomain, with two marks between.
        let longest = 2 * Names.subdomainLimit + Names.labelLimit + 2
        if name.utf8.count > longest { faults.append(.tooLong(path, maxLength: longest)) }
        return faults
    }

    private static func labelFaults(_ part: String, _ path: FieldPath, _ check: (String) -> [String]) -> [FieldError] {
        for label in part.split(separator: ".", omittingEmptySubsequences: false).map(String.init) {
            let texts = check(label)
            if texts.isEmpty { continue }
            return texts.map {
                .invalid(path, .string(part), "validating label \(GoText.quoted(label)): \($0)")
            }
        }
        return []
    }
}
