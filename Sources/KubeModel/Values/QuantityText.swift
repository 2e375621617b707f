import JSON

/// Why a text is no quantity; the original's sentences.
package enum QuantityError: Error, Equatable, CustomStringConvertible {
    case format, numeric, suffix

    package var description: String {
        switch self {
        case .format:
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        case .numeric: "unable to parse numeric part of quantity"
        case .suffix: "unable to parse quantity's suffix"
        }
    }
}

extension Quantity {
    /// Longest text that is read, in bytes. Longer ones are more digits than any value can use.
    static let longestText = 1_024

    package init(parsing text: String) throws(QuantityError) {
        guard !text.isEmpty, text.utf8.count <= Quantity.longestText else { throw .format }
        let parts = try QuantityParts(text)
        guard let suffix = Quantity.suffix(parts.suffix) else { throw .suffix }
        switch suffix.format {
        case .binarySI: self = try Quantity.binary(parts, suffix.exponent, text)
        default: self = try Quantity.decimal(parts, suffix.exponent, suffix.format, text)
        }
    }

    /// From a field's value: a string, spaces around it allowed, or a number as it was written; nil for other types.
    package init?(_ json: JSON) {
        let text: String
        switch json {
        case .string(let value): text = Quantity.trimmed(value)
        case .int(let value): text = String(value)
        case .number(let value): text = value
        default: return nil
        }
        guard let quantity = try? Quantity(parsing: text) else { return nil }
        self = quantity
    }

    private static func trimmed(_ text: String) -> String {
        guard text.utf8.first.map({ $0 <= 0x20 }) == true || text.utf8.last.map({ $0 <= 0x20 }) == true else {
            return text
        }
        return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }

    private static func suffix(_ text: Substring) -> (exponent: Int, format: Format)? {
        switch text {
        case "": return (0, .decimalSI)
        case "n": return (-9, .decimalSI)
        case "u": return (-6, .decimalSI)
        case "m": return (-3, .decimalSI)
        case "k": return (3, .decimalSI)
        case "M": return (6, .decimalSI)
        case "G": return (9, .decimalSI)
        case "T": return (12, .decimalSI)
        case "P": return (15, .decimalSI)
        case "E": return (18, .decimalSI)
        case "Ki": return (10, .binarySI)
        case "Mi": return (20, .binarySI)
        case "Gi": return (30, .binarySI)
        case "Ti": return (40, .binarySI)
        case "Pi": return (50, .binarySI)
        case "Ei": return (60, .binarySI)
        default:
            guard text.utf8.count > 1, text.first == "e" || text.first == "E",
                let exponent = Int32(text.dropFirst())
            else { return nil }
            return (Int(exponent), .decimalExponent)
        }
    }

    private static func decimal(_ parts: QuantityParts, _ exponent: Int, _ format: Format, _ text: String)
        throws(QuantityError) -> Quantity
    {
        let digits = parts.whole.utf8.count + parts.fraction.utf8.count
        let scale = exponent - parts.fraction.utf8.count
        if digits <= 18, scale >= finest {
            guard let value = Int64(parts.whole + parts.fraction) else { throw .numeric }
            let shifted = parts.whole + parts.fraction
            let isKept = scale % 3 == 0 && !shifted.hasSuffix("000") && !shifted.hasPrefix("0")
            return Quantity(
                mantissa: Int128(parts.isNegative ? -value : value), scale: scale, format: format,
                kept: isKept ? text : nil)
        }
        let (mantissa, power) = mantissa(parts.whole + parts.fraction, scale: scale)
        return rounded(parts.isNegative ? -mantissa : mantissa, power, format)
    }

    private static func binary(_ parts: QuantityParts, _ exponent: Int, _ text: String) throws(QuantityError)
        -> Quantity
    {
        let precision = 15 - parts.whole.utf8.count - exponent * 3 / 10 - 1
        if parts.fraction.isEmpty, precision >= 0, let value = Int64(parts.whole) {
            let result = value << Int64(exponent)
            return Quantity(
                mantissa: Int128(parts.isNegative ? -result : result), scale: 0, format: .binarySI,
                kept: value & 7 != 0 ? text : nil)
        }
        var (number, power) = mantissa(parts.whole + parts.fraction, scale: -parts.fraction.utf8.count, digits: 20)
        number *= Int128(1) << Int128(exponent)
        let largest = Quantity(mantissa: Int128(Int64.max), scale: 0, format: .binarySI)
        var result = rounded(number, power, .binarySI)
        if result > largest { result = largest }
        // Less than one unit is shown in decimal form, since a binary one would have to be rounded.
        if !result.isZero, result < Quantity(1) {
            result = Quantity(mantissa: result.mantissa, scale: result.scale, format: .decimalSI)
        }
        return parts.isNegative ? -result : result
    }

    /// Digits as a number of at most `digits` digits, rounded up.
    private static func mantissa(_ text: Substring, scale: Int, digits: Int = 37) -> (Int128, Int) {
        var value: Int128 = 0
        var (used, dropped, isInexact) = (0, 0, false)
        for digit in text.utf8 {
            if used == digits {
                dropped += 1
                if digit != 0x30 { isInexact = true }
                continue
            }
            value = value * 10 + Int128(digit - 0x30)
            if value != 0 { used += 1 }
        }
        return (isInexact ? value + 1 : value, scale + dropped)
    }

    /// Nothing is finer than 10⁻⁹; what is, is rounded away from zero.
    private static func rounded(_ mantissa: Int128, _ scale: Int, _ format: Format) -> Quantity {
        guard scale < finest, let (value, _) = rescale(mantissa, from: scale, to: finest) else {
            return Quantity(mantissa: mantissa, scale: scale, format: format)
        }
        return Quantity(mantissa: value, scale: finest, format: format)
    }
}

extension Quantity: CustomStringConvertible {
    /// The canonical text: no fraction, the largest suffix that loses nothing.
    package var description: String {
        if let kept { return kept }
        if isZero { return "0" }
        if format == .binarySI, let text = binaryText { return text }
        var (amount, exponent) = reduced
        while exponent % 3 != 0 { (amount, exponent) = (amount * 10, exponent - 1) }
        if format == .decimalExponent { return exponent == 0 ? "\(amount)" : "\(amount)e\(exponent)" }
        // Past the table the original writes no suffix at all; an exponent keeps the value.
        guard let suffix = Quantity.decimalSuffixes[exponent] else { return "\(amount)e\(exponent)" }
        return "\(amount)\(suffix)"
    }

    /// Nil when the value is small or no whole number: then the decimal form serves.
    private var binaryText: String? {
        guard let (value, exact) = Quantity.rescale(mantissa, from: scale, to: 0), exact,
            value <= -1_024 || value >= 1_024
        else { return nil }
        var (amount, power) = (value, 0)
        while amount % 1_024 == 0, power < 6 { (amount, power) = (amount / 1_024, power + 1) }
        return "\(amount)\(["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power])"
    }

    private static let decimalSuffixes: [Int: String] = [
        -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E",
    ]
}

/// Sign, digits and suffix of a quantity's text; leading zeros dropped. Without digits it is zero, as upstream.
private struct QuantityParts {
    var isNegative = false
    var whole: Substring = "0"
    var fraction: Substring = ""
    var suffix: Substring = ""

    init(_ text: String) throws(QuantityError) {
        var rest = Substring(text)
        if let first = rest.first, first == "-" || first == "+" {
            isNegative = first == "-"
            rest = rest.dropFirst()
        }
        rest = rest.drop { $0 == "0" }
        if rest.isEmpty { return }
        let digits = rest.prefix { $0.isASCIIDigit }
        rest = rest[digits.endIndex...]
        if !digits.isEmpty { whole = digits }
        if rest.first == "." {
            rest = rest.dropFirst()
            fraction = rest.prefix { $0.isASCIIDigit }
            rest = rest[fraction.endIndex...]
        }
        suffix = rest
        rest = rest.drop { "eEinumkKMGTP".contains($0) }
        if let sign = rest.first, sign == "-" || sign == "+" { rest = rest.dropFirst() }
        rest = rest.drop { $0.isASCIIDigit }
        guard rest.isEmpty else { throw .format }
    }
}

extension Character {
    var isASCIIDigit: Bool { isASCII && isWholeNumber }
}
