/// The forms of names in the API. Each function gives the faults' texts, none for a good value; the texts are the
/// original's (apimachinery `validation` and `validate/content`), and so are the expressions that they quote.
package enum Names {
    /// Longest RFC 1123 or 1035 label, label value, and name part of a qualified name, in bytes.
    package static let labelLimit = 63
    /// Longest RFC 1123 subdomain, in bytes.
    package static let subdomainLimit = 253

    private static let labelForm = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    private static let subdomainForm = labelForm + "(\\." + labelForm + ")*"
    private static let underscoreForm = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
    private static let qualifiedForm = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

    // MARK: DNS

    /// An RFC 1123 label: `my-name`.
    package static func dnsLabel(_ value: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > labelLimit { faults.append(tooManyCharacters(labelLimit)) }
        if !isLabel(value.utf8) {
            faults.append(
                isSubdomain(value)
                    ? "must not contain dots"
                    : form(
                        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
                            + "must start and end with an alphanumeric character", labelForm, "my-name", "123-abc"))
        }
        return faults
    }

    /// An RFC 1123 subdomain: `example.com`.
    package static func dnsSubdomain(_ value: String) -> [String] {
        subdomain(value, tooLong: tooManyCharacters(subdomainLimit))
    }

    private static func subdomain(_ value: String, tooLong: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > subdomainLimit { faults.append(tooLong) }
        if !isSubdomain(value) {
            faults.append(
                form(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
                        + "and must start and end with an alphanumeric character", subdomainForm, "example.com"))
        }
        return faults
    }

    /// A subdomain whose labels may hold `_`.
    package static func dnsSubdomainWithUnderscore(_ value: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > subdomainLimit { faults.append(tooManyCharacters(subdomainLimit)) }
        let isGood = parts(value).allSatisfy { part in
            let rest = part.first == UInt8(ascii: "_") ? part.dropFirst() : part
            return isWord(
                rest, first: isLowerOrDigit, inner: { isLowerOrDigit($0) || isDash($0) || $0 == UInt8(ascii: "_") },
                last: isLowerOrDigit)
        }
        if !isGood {
            faults.append(
                form(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or "
                        + "'.', and must start and end with an alphanumeric character",
                    underscoreForm + "(\\." + underscoreForm + ")*", "example.com"))
        }
        return faults
    }

    /// An RFC 1035 label: begins with a letter.
    package static func dns1035(_ value: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > labelLimit { faults.append(tooManyCharacters(labelLimit)) }
        if !isWord(
            value.utf8, first: isLower, inner: { isLowerOrDigit($0) || isDash($0) }, last: isLowerOrDigit)
        {
            faults.append(
                form(
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
                        + "alphabetic character, and end with an alphanumeric character",
                    "[a-z]([-a-z0-9]*[a-z0-9])?", "my-name", "abc-123"))
        }
        return faults
    }

    /// `*.example.com`.
    package static func wildcardSubdomain(_ value: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > subdomainLimit { faults.append(tooManyCharacters(subdomainLimit)) }
        if !value.hasPrefix("*.") || !isSubdomain(String(value.dropFirst(2))) {
            faults.append(
                form(
                    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
                        + "consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric "
                        + "character", "\\*\\." + subdomainForm, "*.example.com"))
        }
        return faults
    }

    // MARK: Labels

    /// A label's key, an annotation's, a finalizer: `example.com/MyName`, `my.name`.
    package static func qualifiedName(_ value: String) -> [String] {
        let message =
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
            + "character"
        var faults: [String] = []
        let parts = value.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let name: Substring.UTF8View
        switch parts.count {
        case 1: name = parts[0]
        case 2:
            name = parts[1]
            if parts[0].isEmpty {
                faults.append("prefix part \(empty)")
            } else {
                faults += subdomain(String(Substring(parts[0])), tooLong: tooManyBytes(subdomainLimit))
                    .map { "prefix part \($0)" }
            }
        default:
            return [
                "a valid label key " + form(message, qualifiedForm, "MyName", "my.name", "123-abc")
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        if name.isEmpty {
            faults.append("name part \(empty)")
        } else if name.count > labelLimit {
            faults.append("name part \(tooManyBytes(labelLimit))")
        }
        if !isQualified(name) {
            faults.append("name part " + form(message, qualifiedForm, "MyName", "my.name", "123-abc"))
        }
        return faults
    }

    /// A label's value; it may be empty.
    package static func labelValue(_ value: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > labelLimit { faults.append(tooManyBytes(labelLimit)) }
        if !value.isEmpty, !isQualified(value.utf8) {
            faults.append(
                form(
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
                        + "must start and end with an alphanumeric character", "(\(qualifiedForm))?", "MyValue",
                    "my_value", "12345"))
        }
        return faults
    }

    // MARK: Of single fields

    /// The name of a container's or service's port.
    package static func portName(_ value: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > 15 { faults.append(tooManyCharacters(15)) }
        if value.isEmpty || !value.utf8.allSatisfy({ isLowerOrDigit($0) || isDash($0) }) {
            faults.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        }
        if !value.utf8.contains(where: isLower) { faults.append("must contain at least one letter (a-z)") }
        if hasTwoDashes(value.utf8) { faults.append("must not contain consecutive hyphens") }
        if value.utf8.first.map(isDash) == true || value.utf8.last.map(isDash) == true {
            faults.append("must not begin or end with a hyphen")
        }
        return faults
    }

    package static func portNumber(_ value: Int) -> [String] { inRange(value, 1, 65_535) }
    package static func userID(_ value: Int) -> [String] { inRange(value, 0, Int(Int32.max)) }
    package static func groupID(_ value: Int) -> [String] { inRange(value, 0, Int(Int32.max)) }

    package static func inRange(_ value: Int, _ low: Int, _ high: Int) -> [String] {
        value >= low && value <= high ? [] : ["must be between \(low) and \(high), inclusive"]
    }

    package static func httpHeaderName(_ value: String) -> [String] {
        if !value.isEmpty, value.utf8.allSatisfy({ isAlphanumeric($0) || isDash($0) }) { return [] }
        return [
            form("a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+", "X-Header-Name")
        ]
    }

    /// An environment variable's name in its strict form.
    package static func envVarName(_ value: String) -> [String] {
        var faults: [String] = []
        let isGood =
            value.utf8.first.map { !isDigit($0) } == true && value.utf8.allSatisfy { isAlphanumeric($0) || isMark($0) }
        if !isGood {
            faults.append(
                form(
                    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or "
                        + "'.', and must not start with a digit", "[-._a-zA-Z][-._a-zA-Z0-9]*", "my.env-name",
                    "MY_ENV.NAME", "MyEnvName1"))
        }
        return faults + parentFolder(value)
    }

    /// An environment variable's name as it is allowed today: any printable ASCII but `=`.
    package static func relaxedEnvVarName(_ value: String) -> [String] {
        if value.isEmpty { return ["environment variable name \(empty)"] }
        if value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "=") }) { return [] }
        return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    }

    /// A key of a ConfigMap or Secret.
    package static func configMapKey(_ value: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > subdomainLimit { faults.append(tooManyCharacters(subdomainLimit)) }
        if value.isEmpty || !value.utf8.allSatisfy({ isAlphanumeric($0) || isMark($0) }) {
            faults.append(
                form(
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'", "[-._a-zA-Z0-9]+",
                    "key.name", "KEY_NAME", "key-name"))
        }
        return faults + parentFolder(value)
    }

    package static func cIdentifier(_ value: String) -> [String] {
        let isGood =
            value.utf8.first.map { !isDigit($0) } == true
            && value.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
        if isGood { return [] }
        return [
            form(
                "a valid C identifier must start with alphabetic character or '_', followed by a string of "
                    + "alphanumeric characters or '_'", "[A-Za-z_][A-Za-z0-9_]*", "my_name", "MY_NAME", "MyName")
        ]
    }

    /// `25%`.
    package static func percent(_ value: String) -> [String] {
        if value.hasSuffix("%"), value.utf8.count > 1, value.utf8.dropLast().allSatisfy(isDigit) { return [] }
        return [
            form("a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", "1%", "93%")
        ]
    }

    /// The reason of a condition.
    package static func conditionReason(_ value: String) -> [String] {
        func isEnd(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || byte == UInt8(ascii: "_") }
        if isWord(
            value.utf8, first: { isAlphanumeric($0) && !isDigit($0) },
            inner: { isEnd($0) || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ":") }, last: isEnd)
        {
            return []
        }
        return [
            form(
                "a condition reason must start with alphabetic character, optionally followed by a string of "
                    + "alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
                "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?", "my_name", "MY_NAME", "MyName", "ReasonA,ReasonB",
                "ReasonA:ReasonB")
        ]
    }

    /// A name that is one segment of a URL's path.
    package static func pathSegment(_ value: String) -> [String] {
        if value == "." || value == ".." { return ["may not be '\(value)'"] }
        return pathSegmentPrefix(value)
    }

    package static func pathSegmentPrefix(_ value: String) -> [String] {
        ["/", "%"].filter { value.contains($0) }.map { "may not contain '\($0)'" }
    }

    // MARK: Texts

    package static let empty = "must be non-empty"

    package static func tooManyCharacters(_ limit: Int) -> String { "must be no more than \(limit) characters" }
    package static func tooManyBytes(_ limit: Int) -> String { "must be no more than \(limit) bytes" }

    /// A sentence about a form, its examples, and the expression (`RegexError`).
    package static func form(_ message: String, _ expression: String, _ examples: String...) -> String {
        let rule = "regex used for validation is '\(expression)')"
        if examples.isEmpty { return "\(message) (\(rule)" }
        return "\(message) (e.g. \(examples.map { "'\($0)', " }.joined(separator: " or "))\(rule)"
    }

    private static func parentFolder(_ value: String) -> [String] {
        if value == "." || value == ".." { return ["must not be '\(value)'"] }
        return value.hasPrefix("..") ? ["must not start with '..'"] : []
    }
}

// MARK: Bytes

extension Names {
    private static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    private static func isDash(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") }
    private static func isLowerOrDigit(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte | 0x20) || isDigit(byte) }
    private static func isMark(_ byte: UInt8) -> Bool {
        isDash(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }

    private static func hasTwoDashes(_ text: String.UTF8View) -> Bool {
        zip(text, text.dropFirst()).contains { isDash($0) && isDash($1) }
    }

    private static func parts(_ text: String) -> [Substring.UTF8View] {
        text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    }

    /// Whether the text isn't empty and its first, last and inner bytes are of the right sort.
    private static func isWord(
        _ text: some BidirectionalCollection<UInt8>, first: (UInt8) -> Bool, inner: (UInt8) -> Bool,
        last: (UInt8) -> Bool
    ) -> Bool {
        guard let head = text.first, first(head) else { return false }
        let rest = text.dropFirst()
        guard let tail = rest.last else { return true }
        return last(tail) && rest.allSatisfy(inner)
    }

    private static func isLabel(_ text: some BidirectionalCollection<UInt8>) -> Bool {
        isWord(text, first: isLowerOrDigit, inner: { isLowerOrDigit($0) || isDash($0) }, last: isLowerOrDigit)
    }

    private static func isSubdomain(_ text: String) -> Bool { parts(text).allSatisfy { isLabel($0) } }

    private static func isQualified(_ text: some BidirectionalCollection<UInt8>) -> Bool {
        isWord(text, first: isAlphanumeric, inner: { isAlphanumeric($0) || isMark($0) }, last: isAlphanumeric)
    }
}
