/// What a plain scalar of YAML means to go-yaml v3 and later: version 1.2's words, and 1.1's numbers.
enum YAMLCore {
    static func resolve(_ text: String) -> Node.Value {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
            return .float(text)
        default: break
        }
        guard let first = text.utf8.first, first &- 0x30 < 10 || first == 0x2B || first == 0x2D || first == 0x2E else {
            return .string(text)
        }
        let plain = text.replacing("_", with: "")
        if let number = integer(plain) { return .int(number) }
        return isFloat(plain) && Double(plain) != nil ? .float(plain) : .string(text)
    }

    /// Whether a string has to be quoted to stay one.
    static func needsQuotes(_ text: String) -> Bool {
        if case .string = resolve(text) { return isBase60(text) || isDate(text) || oldBooleans.contains(text) }
        return true
    }

    private static let oldBooleans: Set<String> = [
        "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF", "<<",
    ]

    private static func integer(_ text: String) -> Int64? {
        var digits = Substring(text)
        var sign: Int64 = 1
        if let mark = digits.first, mark == "-" || mark == "+" {
            digits = digits.dropFirst()
            if mark == "-" { sign = -1 }
        }
        var radix = 10
        for (prefix, base) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)]
        where digits.hasPrefix(prefix) {
            radix = base
            digits = digits.dropFirst(2)
        }
        if radix == 10, digits.count > 1, digits.first == "0" { radix = 8 }
        guard let first = digits.first, first != "+", first != "-", let size = UInt64(digits, radix: radix) else {
            return nil
        }
        return Int64(exactly: size).map { sign * $0 }
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func isFloat(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        func digits() -> Int {
            let run = rest.prefix { $0 &- 0x30 < 10 }
            rest = rest.dropFirst(run.count)
            return run.count
        }
        func sign() { if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() } }
        sign()
        let whole = digits()
        var fraction = 0
        if rest.first == 0x2E {
            rest = rest.dropFirst()
            fraction = digits()
        }
        guard whole + fraction > 0 else { return false }
        if let byte = rest.first, byte | 0x20 == 0x65 {
            rest = rest.dropFirst()
            sign()
            if digits() == 0 { return false }
        }
        return rest.isEmpty
    }

    /// `190:20:30`, which other readers of YAML 1.1 take for a number.
    private static func isBase60(_ text: String) -> Bool {
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        guard groups.count > 1 else { return false }
        let first = groups[0].drop { $0 == "-" || $0 == "+" }
        guard let head = first.utf8.first, head &- 0x30 < 10 else { return false }
        return first.utf8.allSatisfy { $0 &- 0x30 < 10 || $0 == 0x5F }
            && groups.dropFirst().allSatisfy { group in
                let digits = Array(group.utf8)
                return (1...2).contains(digits.count) && digits.allSatisfy { $0 &- 0x30 < 10 }
                    && (digits.count == 1 || digits[0] < 0x36)
            }
    }

    private static func isDate(_ text: String) -> Bool {
        let parts = text.prefix(10).split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0].count == 4
            && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { $0 &- 0x30 < 10 } }
            && (text.count <= 10 || ["T", "t", " "].contains(text.dropFirst(10).first))
    }
}
