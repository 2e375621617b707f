/// Text as Go's `fmt` prints it: clients compare the server's sentences with the original's.
enum GoText {
    /// `%q` of a string.
    static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\u{07}": out += "\\a"
            case "\u{08}": out += "\\b"
            case "\u{0B}": out += "\\v"
            case "\u{0C}": out += "\\f"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    out += "\\x" + hex(scalar.value, digits: 2)
                } else if isPrintable(scalar) {
                    out.unicodeScalars.append(scalar)
                } else {
                    out +=
                        scalar.value < 0x10000
                        ? "\\u" + hex(scalar.value, digits: 4) : "\\U" + hex(scalar.value, digits: 8)
                }
            }
        }
        return out + "\""
    }

    /// `%q` of a list of strings: `["a" "b"]`.
    static func quoted(_ list: [String]) -> String { "[\(list.map { quoted($0) }.joined(separator: " "))]" }

    /// `%v` of a list of strings: `[a b]`.
    static func list(_ list: [String]) -> String { "[\(list.joined(separator: " "))]" }

    /// `utilerrors.NewAggregate(…).Error()`: one sentence bare, several in brackets, none twice.
    static func aggregate(_ messages: [String]) -> String {
        var unique: [String] = []
        for message in messages where !unique.contains(message) { unique.append(message) }
        return unique.count == 1 ? unique[0] : "[\(unique.joined(separator: ", "))]"
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return true }
        return switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: true
        }
    }

    private static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
