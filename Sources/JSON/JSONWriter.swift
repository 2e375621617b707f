extension JSON {
    /// The value as compact UTF-8. Like Go's encoder it escapes U+2028 and U+2029; with `escapeHTML` also `<`, `>`, `&`.
    package func bytes(escapeHTML: Bool = false) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(256)
        write(into: &out, escapeHTML: escapeHTML)
        return out
    }

    package var text: String { String(decoding: bytes(), as: UTF8.self) }

    /// The value over several lines, as Go's `MarshalIndent("", indent)` prints it.
    package func pretty(indent: String = "    ", escapeHTML: Bool = false) -> String {
        var out: [UInt8] = []
        writePretty(into: &out, indent: Array(indent.utf8), level: 0, escapeHTML: escapeHTML)
        return String(decoding: out, as: UTF8.self)
    }

    package func write(into out: inout [UInt8], escapeHTML: Bool = false) {
        switch self {
        case .null: out.append(contentsOf: "null".utf8)
        case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): out.append(contentsOf: String(value).utf8)
        case .number(let text): out.append(contentsOf: text.utf8)
        case .string(let text): JSON.write(text, into: &out, escapeHTML: escapeHTML)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (position, element) in elements.enumerated() {
                if position > 0 { out.append(UInt8(ascii: ",")) }
                element.write(into: &out, escapeHTML: escapeHTML)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            var first = true
            for (key, value) in members {
                if !first { out.append(UInt8(ascii: ",")) }
                first = false
                JSON.write(key, into: &out, escapeHTML: escapeHTML)
                out.append(UInt8(ascii: ":"))
                value.write(into: &out, escapeHTML: escapeHTML)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    private func writePretty(into out: inout [UInt8], indent: [UInt8], level: Int, escapeHTML: Bool) {
        func newLine(_ level: Int) {
            out.append(UInt8(ascii: "\n"))
            for _ in 0..<level { out.append(contentsOf: indent) }
        }
        switch self {
        case .array(let elements) where !elements.isEmpty:
            out.append(UInt8(ascii: "["))
            for (position, element) in elements.enumerated() {
                if position > 0 { out.append(UInt8(ascii: ",")) }
                newLine(level + 1)
                element.writePretty(into: &out, indent: indent, level: level + 1, escapeHTML: escapeHTML)
            }
            newLine(level)
            out.append(UInt8(ascii: "]"))
        case .object(let members) where !members.isEmpty:
            out.append(UInt8(ascii: "{"))
            var first = true
            for (key, value) in members {
                if !first { out.append(UInt8(ascii: ",")) }
                first = false
                newLine(level + 1)
                JSON.write(key, into: &out, escapeHTML: escapeHTML)
                out.append(contentsOf: ": ".utf8)
                value.writePretty(into: &out, indent: indent, level: level + 1, escapeHTML: escapeHTML)
            }
            newLine(level)
            out.append(UInt8(ascii: "}"))
        default: write(into: &out, escapeHTML: escapeHTML)
        }
    }

    private static let hex = Array("0123456789abcdef".utf8)

    /// What becomes of a byte of a string: 0 goes out as it is, 1 may need an escape, 2 only where HTML is escaped.
    private static let classes: [UInt8] = (0..<256).map { byte in
        switch UInt8(byte) {
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), 0xE2: 1
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"): 2
        default: 0
        }
    }

    private static func write(_ text: String, into out: inout [UInt8], escapeHTML: Bool) {
        out.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            classes.withUnsafeBufferPointer { classes in
                var (start, at) = (0, 0)
                while at < bytes.count {
                    let kind = classes[Int(bytes[at])]
                    if kind == 0 || kind == 2 && !escapeHTML {
                        at += 1
                        continue
                    }
                    let length = escaped(bytes, at)
                    if length > 0 {
                        out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<at]))
                        escape(bytes, at, into: &out)
                        start = at + length
                    }
                    at += max(1, length)
                }
                out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start...]))
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    /// How many bytes the escape at this place stands for; 0: none is needed.
    private static func escaped(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
        guard bytes[at] == 0xE2 else { return 1 }
        return at + 2 < bytes.count && bytes[at + 1] == 0x80 && bytes[at + 2] & 0xFE == 0xA8 ? 3 : 0
    }

    private static func escape(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, into out: inout [UInt8]) {
        switch bytes[at] {
        case UInt8(ascii: "\""): out.append(contentsOf: "\\\"".utf8)
        case UInt8(ascii: "\\"): out.append(contentsOf: "\\\\".utf8)
        case 0x0A: out.append(contentsOf: "\\n".utf8)
        case 0x0D: out.append(contentsOf: "\\r".utf8)
        case 0x09: out.append(contentsOf: "\\t".utf8)
        case 0x08: out.append(contentsOf: "\\b".utf8)
        case 0x0C: out.append(contentsOf: "\\f".utf8)
        case 0xE2:
            out.append(contentsOf: "\\u202".utf8)
            out.append(hex[Int(bytes[at + 2] & 0x0F)])
        case let byte:
            out.append(contentsOf: "\\u00".utf8)
            out.append(hex[Int(byte >> 4)])
            out.append(hex[Int(byte & 0x0F)])
        }
    }
}
