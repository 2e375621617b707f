import JSON

/// What a scalar means in the original's YAML: version 1.1 as go-yaml v2 reads it.
enum YAMLScalar: Equatable {
    case null, bool(Bool), int(Int64), unsigned(UInt64), float(Double), string
    /// A date, or a date and a time. It is read as the text it is, but has to be quoted to stay a string.
    case timestamp

    static let tagPrefix = "tag:yaml.org,2002:"

    private static let words: [String: YAMLScalar] = {
        var words: [String: YAMLScalar] = [:]
        for word in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
            words[word] = .bool(true)
        }
        for word in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
            words[word] = .bool(false)
        }
        for word in ["", "~", "null", "Null", "NULL"] { words[word] = .null }
        for word in [".nan", ".NaN", ".NAN"] { words[word] = .float(.nan) }
        for word in [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"] { words[word] = .float(.infinity) }
        for word in ["-.inf", "-.Inf", "-.INF"] { words[word] = .float(-.infinity) }
        return words
    }()

    /// A plain scalar's meaning.
    static func resolve(_ text: String) -> YAMLScalar {
        if let word = words[text] { return word }
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "."): return isFloat(text) ? Double(text).map(YAMLScalar.float) ?? .string : .string
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return YAMLTimestamp.isOne(text) ? .timestamp : number(text.replacing("_", with: ""))
        default: return .string
        }
    }

    /// The meaning under a tag; nil when the text has another.
    static func resolve(_ text: String, tag: String) -> YAMLScalar? {
        let plain = resolve(text)
        switch (tag, plain) {
        case ("null", .null), ("bool", .bool), ("int", .int), ("int", .unsigned), ("float", .float): return plain
        case ("float", .int(let value)): return .float(Double(value))
        case ("float", .unsigned(let value)): return .float(Double(value))
        case ("timestamp", .timestamp): return .timestamp
        case ("null", _), ("bool", _), ("int", _), ("float", _), ("timestamp", _): return nil
        default: return .string
        }
    }

    private static func number(_ text: String) -> YAMLScalar {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if let sign = digits.first, sign == "-" || sign == "+" { digits = digits.dropFirst() }
        let (radix, body) = radix(digits)
        if !body.isEmpty, body.first != "+", body.first != "-", let size = UInt64(body, radix: radix) {
            if isNegative {
                if size <= 1 << 63 { return .int(size == 1 << 63 ? .min : -Int64(size)) }
            } else if let value = Int64(exactly: size) {
                return .int(value)
            } else if !text.hasPrefix("+") {
                return .unsigned(size)
            }
        }
        return isFloat(text) ? Double(text).map(YAMLScalar.float) ?? .string : .string
    }

    /// A leading zero alone means octal.
    private static func radix(_ digits: Substring) -> (Int, Substring) {
        guard digits.first == "0", digits.utf8.count > 1 else { return (10, digits) }
        switch digits.dropFirst().first {
        case "x", "X": return (16, digits.dropFirst(2))
        case "o", "O": return (8, digits.dropFirst(2))
        case "b", "B": return (2, digits.dropFirst(2))
        default: return (8, digits.dropFirst())
        }
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func isFloat(_ text: String) -> Bool {
        var rest = Substring(text).utf8
        func digits() -> Int {
            let run = rest.prefix { $0 &- 0x30 < 10 }
            rest = rest.dropFirst(run.count)
            return run.count
        }
        func sign() {
            if let byte = rest.first, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") { rest = rest.dropFirst() }
        }
        sign()
        let whole = digits()
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = digits()
        }
        guard whole + fraction > 0 else { return false }
        if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            sign()
            if digits() == 0 { return false }
        }
        return rest.isEmpty
    }
}

/// `2006-1-2`, and with a time after `T`, `t` or a space.
enum YAMLTimestamp {
    static func isOne(_ text: String) -> Bool {
        var rest = Substring(text)
        func number(_ widths: ClosedRange<Int>, _ values: ClosedRange<Int>) -> Bool {
            let run = rest.prefix { $0.isASCII && $0.isNumber }.prefix(widths.upperBound)
            rest = rest.dropFirst(run.count)
            return run.count >= widths.lowerBound && Int(run).map(values.contains) == true
        }
        func literal(_ characters: Character...) -> Bool {
            guard let next = rest.first, characters.contains(next) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard number(4...4, 0...9_999), literal("-"), number(1...2, 1...12), literal("-"), number(1...2, 1...31) else {
            return false
        }
        if rest.isEmpty { return true }
        let isSpaced = rest.first == " "
        guard literal("T", "t", " "), number(1...2, 0...23), literal(":"), number(1...2, 0...59), literal(":"),
            number(1...2, 0...59)
        else { return false }
        if literal(".") { guard number(1...9, 0...999_999_999) else { return false } }
        if isSpaced { return rest.isEmpty }
        if literal("Z") { return rest.isEmpty }
        return literal("+", "-") && number(2...2, 0...24) && literal(":") && number(2...2, 0...60) && rest.isEmpty
    }
}
