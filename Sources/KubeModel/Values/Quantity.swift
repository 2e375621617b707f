/// A fixed-point number with a suffix (`resource.Quantity`): `500m`, `1536Mi`, `2e3`.
///
/// The value is `mantissa × 10^scale`, exact down to 10⁻⁹; what is finer is rounded away from zero on reading.
/// A sum that needs more than 38 digits is rounded away from zero there (the original's grow without limit).
package struct Quantity: Sendable {
    /// How the suffix is chosen when the value is written.
    package enum Format: Sendable { case decimalExponent, binarySI, decimalSI }

    /// The finest power of ten.
    static let finest = -9

    package private(set) var mantissa: Int128
    package private(set) var scale: Int
    package private(set) var format: Format
    /// The text it was read from, where the original keeps that in place of the canonical one.
    private(set) var kept: String?

    init(mantissa: Int128, scale: Int, format: Format, kept: String? = nil) {
        self.mantissa = mantissa
        self.scale = mantissa == 0 ? 0 : scale
        self.format = format
        self.kept = kept
    }

    package init(_ value: Int, _ format: Format = .decimalSI) {
        self.init(mantissa: Int128(value), scale: 0, format: format)
    }

    /// From thousandths.
    package init(milli value: Int) { self.init(mantissa: Int128(value), scale: -3, format: .decimalSI) }

    package static let zero = Quantity(0)

    package var isZero: Bool { mantissa == 0 }
    /// -1, 0 or 1.
    package var sign: Int { mantissa == 0 ? 0 : mantissa < 0 ? -1 : 1 }

    /// In whole units, rounded away from zero; values outside of Int64 become its bounds.
    package var value: Int { scaled(to: 0) }
    /// In thousandths, rounded likewise.
    package var milliValue: Int { scaled(to: -3) }

    /// Whether the value is a whole number of units.
    package var isInteger: Bool { Quantity.rescale(mantissa, from: scale, to: 0)?.exact ?? true }

    /// In units of 10^`target`, rounded away from zero, within the bounds of Int64.
    package func scaled(to target: Int) -> Int {
        guard let (value, _) = Quantity.rescale(mantissa, from: scale, to: target) else {
            return mantissa < 0 ? Int.min : Int.max
        }
        return Int(clamping: value)
    }

    package var double: Double {
        var result = Double(mantissa)
        var left = scale
        while left > 0, result.isFinite { (result, left) = (result * 10, left - 1) }
        while left < 0 { (result, left) = (result / 10, left + 1) }
        return result
    }

    /// The mantissa at another scale, rounded away from zero; nil when it doesn't fit.
    static func rescale(_ mantissa: Int128, from: Int, to: Int) -> (value: Int128, exact: Bool)? {
        var value = mantissa
        if value == 0 || from == to { return (value, true) }
        if from > to {
            guard from - to < 39 else { return nil }
            for _ in 0..<(from - to) {
                let (next, overflow) = value.multipliedReportingOverflow(by: 10)
                if overflow { return nil }
                value = next
            }
            return (value, true)
        }
        var exact = true
        for _ in 0..<min(to - from, 39) {
            let (quotient, rest) = value.quotientAndRemainder(dividingBy: 10)
            if rest != 0 { exact = false }
            value = quotient
            if value == 0 { break }
        }
        if !exact { value += mantissa < 0 ? -1 : 1 }
        return (value, exact)
    }
}

extension Quantity: Comparable, Hashable {
    /// Equal in value, whatever the suffix.
    package static func == (a: Quantity, b: Quantity) -> Bool { a.compare(to: b) == 0 }
    package static func < (a: Quantity, b: Quantity) -> Bool { a.compare(to: b) < 0 }

    package func hash(into hasher: inout Hasher) {
        let (mantissa, scale) = reduced
        hasher.combine(mantissa)
        hasher.combine(scale)
    }

    /// Without factors of ten.
    var reduced: (mantissa: Int128, scale: Int) {
        var (value, power) = (mantissa, scale)
        guard value != 0 else { return (0, 0) }
        while value % 10 == 0 { (value, power) = (value / 10, power + 1) }
        return (value, power)
    }

    /// -1, 0 or 1.
    package func compare(to other: Quantity) -> Int {
        if scale == other.scale { return mantissa < other.mantissa ? -1 : mantissa == other.mantissa ? 0 : 1 }
        if sign != other.sign { return sign < other.sign ? -1 : 1 }
        if scale < other.scale { return -other.compare(to: self) }
        guard let (value, _) = Quantity.rescale(mantissa, from: scale, to: other.scale) else { return sign }
        return value < other.mantissa ? -1 : value == other.mantissa ? 0 : 1
    }
}

extension Quantity {
    /// The sum, with the suffix of `a`, or of `b` when `a` is zero.
    package static func + (a: Quantity, b: Quantity) -> Quantity {
        let format = a.isZero ? b.format : a.format
        if a.isZero { return Quantity(mantissa: b.mantissa, scale: b.scale, format: format) }
        if b.isZero { return Quantity(mantissa: a.mantissa, scale: a.scale, format: format) }
        // The common scale is the finer one, unless that takes more digits than there are.
        var common = max(min(a.scale, b.scale), max(a.scale, b.scale) - 39)
        while true {
            if let (x, _) = rescale(a.mantissa, from: a.scale, to: common),
                let (y, _) = rescale(b.mantissa, from: b.scale, to: common)
            {
                let (sum, overflow) = x.addingReportingOverflow(y)
                if !overflow { return Quantity(mantissa: sum, scale: common, format: format) }
            }
            common += 1
        }
    }

    package static func - (a: Quantity, b: Quantity) -> Quantity { a + (-b) }
    package static func += (a: inout Quantity, b: Quantity) { a = a + b }
    package static func -= (a: inout Quantity, b: Quantity) { a = a - b }

    package static prefix func - (a: Quantity) -> Quantity {
        Quantity(mantissa: a.mantissa == .min ? .max : -a.mantissa, scale: a.scale, format: a.format)
    }

    package static func * (a: Quantity, factor: Int) -> Quantity {
        var (mantissa, scale) = (a.mantissa, a.scale)
        while true {
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: Int128(factor))
            if !overflow { return Quantity(mantissa: product, scale: scale, format: a.format) }
            (mantissa, scale) = (mantissa / 10, scale + 1)
        }
    }
}
