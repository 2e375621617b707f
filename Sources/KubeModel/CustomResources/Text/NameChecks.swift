/// apimachinery's checks of names (`util/validation`): the faults' sentences, none when the name is good.
enum NameChecks {
    private static let label1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    private static let label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
    private static let labelKey = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

    private static func tooLong(_ most: Int) -> String { "must be no more than \(most) bytes" }

    private static func mismatch(_ sentence: String, _ pattern: String, _ examples: String...) -> String {
        let list = examples.map { "'\($0)', " }.joined(separator: "or ")
        return "\(sentence) (e.g. \(list)regex used for validation is '\(pattern)')"
    }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLowerOrDigit(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) }

    private static func isLabel(_ text: some Collection<UInt8>, first: (UInt8) -> Bool) -> Bool {
        guard let head = text.first, first(head), let tail = text.suffix(1).first, isLowerOrDigit(tail) else {
            return false
        }
        return text.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    static func dns1035Label(_ name: String) -> [String] {
        var faults = name.utf8.count > 63 ? [tooLong(63)] : []
        if !isLabel(name.utf8, first: isLower) {
            faults.append(
                mismatch(
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
                        + "alphabetic character, and end with an alphanumeric character", label1035, "my-name",
                    "abc-123"))
        }
        return faults
    }

    static func dns1123Label(_ name: String) -> [String] {
        var faults = name.utf8.count > 63 ? [tooLong(63)] : []
        if isLabel(name.utf8, first: isLowerOrDigit) { return faults }
        if isSubdomain(name) { return faults + ["must not contain dots"] }
        faults.append(
            mismatch(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
                    + "and end with an alphanumeric character", label1123, "my-name", "123-abc"))
        return faults
    }

    private static func isSubdomain(_ name: String) -> Bool {
        name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { isLabel($0, first: isLowerOrDigit) }
    }

    static func dns1123Subdomain(_ name: String) -> [String] {
        var faults = name.utf8.count > 253 ? [tooLong(253)] : []
        if !isSubdomain(name) {
            faults.append(
                mismatch(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
                        + "must start and end with an alphanumeric character", "\(label1123)(\\.\(label1123))*",
                    "example.com"))
        }
        return faults
    }

    static func pathSegment(_ name: String, isPrefix: Bool = false) -> [String] {
        if !isPrefix, name == "." || name == ".." { return ["may not be '\(name)'"] }
        return ["/", "%"].filter(name.contains).map { "may not contain '\($0)'" }
    }

    private static func isLabelText(_ text: some Collection<UInt8>) -> Bool {
        func isWord(_ byte: UInt8) -> Bool { isLowerOrDigit(byte) || (0x41...0x5A).contains(byte) }
        guard let head = text.first, let tail = text.suffix(1).first, isWord(head), isWord(tail) else { return false }
        return text.allSatisfy { isWord($0) || "-_.".utf8.contains($0) }
    }

    /// A label's key: an optional DNS subdomain with a slash, and a name.
    static func labelKey(_ key: String) -> [String] {
        let words =
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
        let pattern = mismatch(words, labelKey, "MyName", "my.name", "123-abc")
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.last else {
            return [
                "a valid label key \(pattern) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        var faults: [String] = []
        if parts.count == 2 {
            faults +=
                parts[0].isEmpty
                ? ["prefix part must be non-empty"] : dns1123Subdomain(String(parts[0])).map { "prefix part \($0)" }
        }
        if name.isEmpty {
            faults.append("name part must be non-empty")
        } else if name.utf8.count > 63 {
            faults.append("name part \(tooLong(63))")
        }
        if !isLabelText(name.utf8) { faults.append("name part \(pattern)") }
        return faults
    }

    static func labelValue(_ value: String) -> [String] {
        var faults = value.utf8.count > 63 ? [tooLong(63)] : []
        if !value.isEmpty, !isLabelText(value.utf8) {
            faults.append(
                mismatch(
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
                        + "must start and end with an alphanumeric character", "(\(labelKey))?", "MyValue", "my_value",
                    "12345"))
        }
        return faults
    }
}
