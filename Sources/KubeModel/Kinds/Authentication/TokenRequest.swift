import JSON

/// `authentication.k8s.io` TokenRequest: asks for a service account's token; written to its `token`, never stored.
enum TokenRequest {
    /// In seconds; the API's own limits.
    private static let shortest = 600
    private static let longest = 1 << 32

    static let rules: KindRules = {
        var rules = KindRules(group: "authentication.k8s.io", kind: "TokenRequest")
        rules.defaults = { object in
            object.edit("spec") { $0.fillMissing("expirationSeconds", 3_600) }
        }
        rules.validate = { object in
            expirationFaults(object["spec"]["expirationSeconds"], FieldPath("spec.expirationSeconds"))
        }
        return rules
    }()

    static func expirationFaults(_ value: JSON, _ path: FieldPath) -> [FieldError] {
        guard let seconds = value.int else { return [] }
        if seconds < shortest {
            return [.invalid(path, value, "may not specify a duration less than 10 minutes")]
        }
        if seconds > longest {
            return [.invalid(path, value, "may not specify a duration larger than 2^32 seconds")]
        }
        return []
    }
}
