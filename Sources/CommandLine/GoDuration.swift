/// Spans of time in Go's notation (`1h15m30.5s`), in nanoseconds.
package enum GoDuration {
    private static let units: [(String, Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// Nil for a text that isn't a duration or doesn't fit 64 bits.
    package static func parse(_ text: String) -> Int64? {
        var rest = Substring(text)
        var sign = 1.0
        if let first = rest.first, first == "-" || first == "+" {
            if first == "-" { sign = -1 }
            rest = rest.dropFirst()
        }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            guard !number.isEmpty, let value = Double(number.hasSuffix(".") ? number + "0" : number) else { return nil }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !($0.isASCII && $0.isNumber || $0 == ".") }
            guard let scale = units.first(where: { $0.0 == unit })?.1 else { return nil }
            rest = rest.dropFirst(unit.count)
            total += value * scale
        }
        return Int64(exactly: (sign * total).rounded())
    }

    package static func complaint(about text: String) -> String {
        let quoted = GoText.quote(text)
        var rest = text.drop { $0 == "-" || $0 == "+" }
        // Number after number with its unit, up to the one that is none.
        while let first = rest.first, first.isNumber || first == "." {
            rest = rest.drop { $0.isNumber || $0 == "." }
            let unit = rest.prefix { !$0.isNumber && $0 != "." }
            if unit.isEmpty { return "time: missing unit in duration \(quoted)" }
            if !units.contains(where: { $0.0 == unit }) {
                return "time: unknown unit \(GoText.quote(String(unit))) in duration \(quoted)"
            }
            rest = rest.dropFirst(unit.count)
        }
        return "time: invalid duration \(quoted)"
    }

    /// `1m30s`, `1.5s`, `0s`.
    package static func format(_ nanoseconds: Int64) -> String {
        if nanoseconds == 0 { return "0s" }
        let sign = nanoseconds < 0 ? "-" : ""
        let total = nanoseconds.magnitude
        if total < 1_000 { return "\(sign)\(total)ns" }
        if total < 1_000_000 { return sign + fraction(total, 1_000) + "µs" }
        if total < 1_000_000_000 { return sign + fraction(total, 1_000_000) + "ms" }
        let minutes = total / 60_000_000_000
        let seconds = fraction(total % 60_000_000_000, 1_000_000_000) + "s"
        if minutes == 0 { return sign + seconds }
        if minutes < 60 { return "\(sign)\(minutes)m\(seconds)" }
        return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }

    private static func fraction(_ value: UInt64, _ unit: UInt64) -> String {
        let whole = value / unit
        guard value % unit != 0 else { return "\(whole)" }
        var digits = String(value % unit)
        digits = String(repeating: "0", count: String(unit).count - 1 - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
