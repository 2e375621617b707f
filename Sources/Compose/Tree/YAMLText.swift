import CommandLine
import JSON

/// Writes JSON as the YAML that go-yaml v3 writes at an indent of 2: members in their own order.
package enum YAMLText {
    package static func document(_ value: JSON) -> String {
        var out = ""
        switch value {
        case .object(let members) where !members.isEmpty: map(members, 0, &out)
        case .array(let elements) where !elements.isEmpty: list(elements, 0, &out)
        default: out = inline(value, 0) + "\n"
        }
        return out
    }

    private static func pad(_ depth: Int) -> String { String(repeating: " ", count: depth) }

    private static func map(_ members: JSONObject, _ depth: Int, _ out: inout String, startsInLine: Bool = false) {
        var isFirst = startsInLine
        for (key, value) in members {
            out += (isFirst ? "" : pad(depth)) + scalar(key, depth)
            isFirst = false
            child(value, depth, &out)
        }
    }

    private static func child(_ value: JSON, _ depth: Int, _ out: inout String) {
        switch value {
        case .object(let members) where !members.isEmpty:
            out += ":\n"
            map(members, depth + 2, &out)
        case .array(let elements) where !elements.isEmpty:
            out += ":\n"
            list(elements, depth + 2, &out)
        default: out += ": \(inline(value, depth))\n"
        }
    }

    private static func list(_ elements: [JSON], _ depth: Int, _ out: inout String) {
        for element in elements {
            out += pad(depth) + "- "
            switch element {
            case .object(let members) where !members.isEmpty: map(members, depth + 2, &out, startsInLine: true)
            case .array(let inner) where !inner.isEmpty:
                out += "\n"
                list(inner, depth + 2, &out)
            default: out += inline(element, depth) + "\n"
            }
        }
    }

    private static func inline(_ value: JSON, _ depth: Int) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .int(let number): "\(number)"
        case .number(let text): text
        case .string(let text): scalar(text, depth)
        case .array: "[]"
        case .object: "{}"
        }
    }

    private static func scalar(_ text: String, _ depth: Int) -> String {
        if text.contains("\n"), isPrintable(text), !text.hasPrefix(" "), !text.hasPrefix("\n") {
            return literal(text, depth)
        }
        if !isPrintable(text) || text.contains("\n") { return GoText.quote(text) }
        if YAMLCore.needsQuotes(text) { return "\"\(text)\"" }
        return isPlain(text) ? text : "'" + text.replacing("'", with: "''") + "'"
    }

    private static func literal(_ text: String, _ depth: Int) -> String {
        let chomping = text.hasSuffix("\n\n") || text == "\n" ? "+" : text.hasSuffix("\n") ? "" : "-"
        var lines = text.parts("\n")
        if lines.last == "" { lines.removeLast() }
        let body = lines.map { $0.isEmpty ? "" : pad(depth + 2) + $0 }.joined(separator: "\n")
        return "|\(chomping)\n\(body)"
    }

    private static func isPrintable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F || $0 == "\n" }
    }

    /// Whether the text means itself without quotes, wherever it stands.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.first, let last = text.last else { return false }
        if first == " " || last == " " || text.hasPrefix("---") || text.hasPrefix("...") { return false }
        if "#,[]{}&*!|>'\"%@`".contains(first) { return false }
        if "-?:".contains(first), text.count == 1 || text.dropFirst().first == " " { return false }
        return !text.contains(": ") && !text.contains(" #") && last != ":"
    }
}
