import JSON

/// Texts as Go's strconv writes them, which the original's messages carry.
package enum GoText {
    /// `%q`: in double quotes, with Go's escapes.
    package static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\u{07}": out += "\\a"
            case "\u{08}": out += "\\b"
            case "\u{0C}": out += "\\f"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\u{0B}": out += "\\v"
            default:
                if isPrintable(scalar) {
                    out.unicodeScalars.append(scalar)
                } else if scalar.value < 0x80 {
                    out += "\\x" + hex(scalar.value, 2)
                } else if scalar.value < 0x10000 {
                    out += "\\u" + hex(scalar.value, 4)
                } else {
                    out += "\\U" + hex(scalar.value, 8)
                }
            }
        }
        return out + "\""
    }

    /// `%#U`: `U+0007`, and the character itself where it can be seen.
    package static func codePoint(_ scalar: Unicode.Scalar) -> String {
        let number = "U+" + hex(scalar.value, 4).uppercased()
        return isPrintable(scalar) ? "\(number) '\(scalar)'" : number
    }

    /// `%v` of a list of strings: `[a b]`.
    package static func list(_ elements: some Sequence<String>) -> String {
        "[\(elements.joined(separator: " "))]"
    }

    /// `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and the plain space.
    package static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x80 { return scalar.value >= 0x20 && scalar.value < 0x7F }
        return switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: true
        }
    }

    private static func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension GoText {
    /// `%v` of a decoded value: `map[a:1 b:[x y]]`, keys sorted.
    package static func value(_ json: JSON) -> String {
        switch json {
        case .null: "<nil>"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .number(let text): text
        case .string(let text): text
        case .array(let elements): "[\(elements.map(value).joined(separator: " "))]"
        case .object(let members):
            "map[\(members.sortedByKey().map { "\($0.key):\(value($0.value))" }.joined(separator: " "))]"
        }
    }

    /// `%#v` of a decoded value: `map[string]interface {}{"a":1}`.
    static func syntax(_ json: JSON) -> String {
        switch json {
        case .null: "interface {}(nil)"
        case .bool, .int, .number: value(json)
        case .string(let text): quoted(text)
        case .array(let elements): "[]interface {}{\(elements.map(syntax).joined(separator: ", "))}"
        case .object(let members):
            "map[string]interface {}{"
                + members.sortedByKey().map { "\(quoted($0.key)):\(syntax($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    /// `%T` of a decoded value.
    static func type(_ json: JSON) -> String {
        switch json {
        case .null: "%!s(<nil>)"
        case .bool: "bool"
        case .int: "int64"
        case .number: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }

    /// The word of a decoding error for a value: `json: cannot unmarshal array into …`.
    package static func kind(_ json: JSON) -> String {
        switch json {
        case .null: "null"
        case .bool: "bool"
        case .int, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
