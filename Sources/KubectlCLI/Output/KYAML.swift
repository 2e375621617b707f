import CommandLine
import JSON

/// The YAML of braces and quotes that `-o kyaml` prints: members in the tree's order, one to a line.
enum KYAML {
    static func text(_ value: JSON) -> String { render(value, 0) + "\n" }

    private static func render(_ value: JSON, _ level: Int) -> String {
        let inner = String(repeating: "  ", count: level + 1), outer = String(repeating: "  ", count: level)
        switch value {
        case .object(let members):
            guard !members.isEmpty else { return "{}" }
            let lines = members.map { "\(inner)\(key($0.key)): \(render($0.value, level + 1)),\n" }
            return "{\n" + lines.joined() + "\(outer)}"
        case .array(let list):
            guard !list.isEmpty else { return "[]" }
            if list.allSatisfy({ $0.object != nil || $0.array != nil }) {
                return "[" + list.map { render($0, level) }.joined(separator: ", ") + "]"
            }
            return "[\n" + list.map { "\(inner)\(render($0, level + 1)),\n" }.joined() + "\(outer)]"
        case .string(let text): return string(text, outer + "  ")
        default: return value.text
        }
    }

    // MARK: Texts

    /// Each line of a longer text by itself, behind one column that shows where the text begins.
    private static func string(_ text: String, _ margin: String) -> String {
        // By scalars: a carriage return and a line feed are one character.
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        guard lines.count > 1 else { return "\"\(escaped(text))\"" }
        var out = "\"\\\n"
        for (at, line) in lines.enumerated() {
            let isLast = at == lines.count - 1
            if isLast, line.isEmpty { break }
            // White space at the start would be taken for the margin.
            let isIndented = line.unicodeScalars.first.map(\.properties.isWhitespace) ?? false
            out += "\(margin)\(isIndented ? "\\" : " ")\(escaped(line))\(isLast ? "" : "\\n")\\\n"
        }
        return out + "\(margin)\""
    }

    private static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\t": out += "\t"
            case "\0": out += "\\0"
            case "\u{07}": out += "\\a"
            case "\u{08}": out += "\\b"
            case "\n": out += "\\n"
            case "\u{0B}": out += "\\v"
            case "\u{0C}": out += "\\f"
            case "\r": out += "\\r"
            case "\u{1B}": out += "\\e"
            case "\u{85}": out += "\\N"
            case "\u{A0}": out += "\\_"
            case "\u{2028}": out += "\\L"
            case "\u{2029}": out += "\\P"
            case "\u{FEFF}": out += "\\ufeff"
            case "\u{01}"..<" ", "\u{7F}"..<"\u{A0}": out += "\\x" + hex(scalar.value, 2)
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    // MARK: Names

    /// Names that nobody could read as something else stand without quotes.
    private static func key(_ text: String) -> String {
        isPlain(text) && !isOtherType(text) ? text : "\"\(escaped(text))\""
    }

    private static func isPlain(_ text: String) -> Bool {
        func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
        guard let first = text.first, let last = text.last, isWord(first), isWord(last) else { return false }
        return text.allSatisfy { isWord($0) || "-./".contains($0) }
    }

    private static let words: Set<String> = [
        "null", "y", "n", "t", "f", "yes", "no", "on", "off", "true", "false", "inf", "infinity", "nan",
    ]

    /// A truth value, a number or a date to one reader of YAML or another.
    private static func isOtherType(_ text: String) -> Bool {
        if words.contains(text.lowercased()) { return true }
        guard let first = text.first, first.isASCII, first.isNumber else { return false }
        if text.wholeMatch(of: #/\d{4}-\d{1,2}-\d{1,2}/#) != nil { return true }
        let digits = text.filter { $0 != "_" }
        if Double(digits) != nil { return true }
        let bases: [(String, Int)] = [("0x", 16), ("0o", 8), ("0b", 2)]
        return bases.contains { prefix, base in
            digits.lowercased().hasPrefix(prefix) && Int(digits.dropFirst(2), radix: base) != nil
        }
    }
}
