import JSON

/// A selection by fields (`metadata.name=a,status.phase!=Running`): all terms must hold.
package struct FieldSelector: Sendable, Hashable, CustomStringConvertible {
    package struct Term: Sendable, Hashable {
        package let field: String
        package let isEqual: Bool
        package let value: String

        package init(field: String, isEqual: Bool, value: String) {
            self.field = field
            self.isEqual = isEqual
            self.value = value
        }
    }

    package let terms: [Term]

    package init(_ terms: [Term]) { self.terms = terms }

    package static let everything = FieldSelector([])

    package init(_ field: String, equals value: String) {
        self.init([Term(field: field, isEqual: true, value: value)])
    }

    /// In the text's values `\`, `,` and `=` are escaped with `\`.
    package init(parsing text: String) throws(SelectorError) {
        guard text.utf8.count <= longestSelector else {
            throw SelectorError(description: "a selector may not be more than \(longestSelector) bytes")
        }
        var terms: [Term] = []
        for part in FieldSelector.split(text).sorted() where !part.isEmpty {
            guard let sign = FieldSelector.sign(part) else {
                throw SelectorError(description: "invalid selector: '\(text)'; can't understand '\(part)'")
            }
            let value = try FieldSelector.unescape(String(part[sign.end...]))
            terms.append(Term(field: String(part[..<sign.start]), isEqual: sign.isEqual, value: value))
        }
        self.init(terms)
    }

    package var isEmpty: Bool { terms.isEmpty }

    package func matches(_ value: (String) -> String) -> Bool {
        terms.allSatisfy { (value($0.field) == $0.value) == $0.isEqual }
    }

    /// The one value that the selector demands of the field.
    package func exactValue(of field: String) -> String? {
        terms.first { $0.field == field && $0.isEqual }?.value
    }

    /// Fails on the first field that can't be selected by.
    /// - Parameter extra: the kind's own fields besides name and namespace; a kind with any has own words for it.
    package func check(extra: some Collection<String>) throws(SelectorError) {
        for term in terms where term.field != "metadata.name" && term.field != "metadata.namespace" {
            if extra.contains(term.field) { continue }
            throw SelectorError(
                description: extra.isEmpty
                    ? "\(GoText.quoted(term.field)) is not a known field selector: only \"metadata.name\", "
                        + "\"metadata.namespace\""
                    : "field label not supported: \(term.field)")
        }
    }

    package var description: String {
        terms.map { "\($0.field)\($0.isEqual ? "=" : "!=")\(FieldSelector.escape($0.value))" }.joined(separator: ",")
    }

    package static func escape(_ value: String) -> String {
        var out = ""
        for character in value.unicodeScalars {
            if character == "\\" || character == "," || character == "=" { out += "\\" }
            out.unicodeScalars.append(character)
        }
        return out
    }

    package static func unescape(_ value: String) throws(SelectorError) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x2C || $0 == 0x3D }) else { return value }
        var out = "", isEscaped = false
        for scalar in value.unicodeScalars {
            let isSpecial = scalar == "\\" || scalar == "," || scalar == "="
            if isEscaped {
                guard isSpecial else {
                    throw SelectorError(
                        description: "invalid field selector: invalid escape sequence: \\\(scalar)")
                }
                out.unicodeScalars.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if isSpecial {
                throw SelectorError(
                    description: "invalid field selector: unescaped character in value: \(scalar.value)")
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        guard !isEscaped else {
            throw SelectorError(description: "invalid field selector: invalid escape sequence: \\")
        }
        return out
    }

    private static func split(_ text: String) -> [Substring] {
        var parts: [Substring] = []
        var (start, isEscaped) = (text.startIndex, false)
        for at in text.utf8.indices {
            let byte = text.utf8[at]
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: ",") {
                parts.append(text[start..<at])
                start = text.utf8.index(after: at)
            }
        }
        parts.append(text[start...])
        return parts
    }

    /// The first `!=`, `==` or `=`; fields can't hold one.
    private static func sign(_ part: Substring) -> (start: String.Index, end: String.Index, isEqual: Bool)? {
        let bytes = part.utf8
        for at in bytes.indices {
            let after = bytes.index(after: at)
            let next = after < bytes.endIndex ? bytes[after] : 0
            let equals = UInt8(ascii: "=")
            if next == equals, bytes[at] == UInt8(ascii: "!") || bytes[at] == equals {
                return (at, bytes.index(after: after), bytes[at] == equals)
            }
            if bytes[at] == equals { return (at, after, true) }
        }
        return nil
    }
}
