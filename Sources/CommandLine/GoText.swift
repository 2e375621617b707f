import Glibc

/// Text as Go prints it.
package enum GoText {
    /// `strconv.Quote`: a Go string literal; everything printable stays as it is.
    package static func quote(_ text: String) -> String {
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
            case "\u{00}"..."\u{1F}", "\u{7F}": out += "\\x" + hex(scalar.value, digits: 2)
            default:
                if isPrintable(scalar) {
                    out.unicodeScalars.append(scalar)
                } else if scalar.value < 0x10000 {
                    out += "\\u" + hex(scalar.value, digits: 4)
                } else {
                    out += "\\U" + hex(scalar.value, digits: 8)
                }
            }
        }
        return out + "\""
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == " " { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
            .paragraphSeparator:
            return false
        default: return true
        }
    }

    static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// C's `printf` of one number: `%g`, `%f` and `%e` are the same in Go and C for what is printed here.
    package static func number(_ format: String, _ value: Double) -> String {
        var buffer = [CChar](repeating: 0, count: 400)
        let length = withVaList([value]) { vsnprintf(&buffer, buffer.count, format, $0) }
        guard length > 0 else { return "" }
        return String(
            decoding: buffer.prefix(min(Int(length), buffer.count - 1)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `strconv.FormatFloat(value, 'g', -1)` as `fmt.Print` uses it: the shortest text that reads back the same.
    package static func float(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e21 { return number("%.0f", value) }
        var text = "\(value)"
        guard let mark = text.firstIndex(of: "e") else { return text }
        // Swift turns to exponents earlier than Go's 1e21 / 1e-5, and writes one-digit exponents.
        let exponent = Int(text[text.index(after: mark)...]) ?? 0
        if exponent >= -4 && exponent < 21 {
            for precision in 1...25 {
                let plain = number("%.\(precision)f", value)
                if Double(plain) == value { return plain }
            }
        }
        let magnitude = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
        text = String(text[..<mark])
        if text.hasSuffix(".0") { text.removeLast(2) }
        return text + (exponent < 0 ? "e-" : "e+") + magnitude
    }

    /// Shortens to `length` characters, the last of which is `…`.
    package static func ellipsis(_ text: String, _ length: Int) -> String {
        guard length > 0 else { return "" }
        guard width(text) > length else { return text }
        if length == 1 { return String(text.prefix(1)) }
        var out = "", used = 0
        for character in text {
            let columns = width(String(character))
            if used + columns > length - 1 { break }
            out.append(character)
            used += columns
        }
        return out + "…"
    }

    /// Columns that the text takes on a terminal: East Asian wide characters take two, combining marks none.
    package static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.unicodeScalars.reduce(0) { $0 + columns($1) }
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
