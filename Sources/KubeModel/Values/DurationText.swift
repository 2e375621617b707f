/// Why a text is no duration, in the words of Go's `time.ParseDuration`.
package struct DurationError: Error, Equatable, CustomStringConvertible {
    package let description: String
}

/// Durations as `metav1.Duration` writes them: `1h15m30.5s`. Values are nanoseconds, within Int64.
package enum DurationText {
    private static let units: [(name: String, nanoseconds: UInt64)] = [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    package static func parse(_ text: String) throws(DurationError) -> Int {
        let invalid = DurationError(description: "time: invalid duration \(GoText.quoted(text))")
        var rest = Substring(text)
        var isNegative = false
        if let sign = rest.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            rest = rest.dropFirst()
        }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { throw invalid }
        var total: UInt64 = 0
        let limit = UInt64(1) << 63
        while !rest.isEmpty {
            let whole = rest.prefix { $0.isASCIIDigit }
            rest = rest[whole.endIndex...]
            var fraction: Substring = ""
            if rest.first == "." {
                rest = rest.dropFirst()
                fraction = rest.prefix { $0.isASCIIDigit }
                rest = rest[fraction.endIndex...]
            }
            guard !whole.isEmpty || !fraction.isEmpty else { throw invalid }
            let name = rest.prefix { $0 != "." && !$0.isASCIIDigit }
            rest = rest[name.endIndex...]
            guard !name.isEmpty else {
                throw DurationError(description: "time: missing unit in duration \(GoText.quoted(text))")
            }
            guard let unit = units.first(where: { $0.name == name })?.nanoseconds else {
                throw DurationError(
                    description:
                        "time: unknown unit \(GoText.quoted(String(name))) in duration \(GoText.quoted(text))")
            }
            guard let number = whole.isEmpty ? 0 : UInt64(whole), number <= limit / unit else { throw invalid }
            let part = Double("0.\(fraction.isEmpty ? "0" : fraction)") ?? 0
            let (sum, overflow) = total.addingReportingOverflow(number * unit + UInt64(part * Double(unit)))
            guard !overflow, sum <= limit else { throw invalid }
            total = sum
        }
        if isNegative { return total == limit ? Int.min : -Int(total) }
        guard total < limit else { throw invalid }
        return Int(total)
    }

    /// `1h0m0s`, `1.5s`, `300ms`, `0s`.
    package static func text(_ nanoseconds: Int) -> String {
        let size = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        if size == 0 { return "0s" }
        if size < 1_000 { return "\(sign)\(size)ns" }
        if size < 1_000_000 { return "\(sign)\(decimal(size, 3))µs" }
        if size < 1_000_000_000 { return "\(sign)\(decimal(size, 6))ms" }
        let minutes = size / 60_000_000_000
        let seconds = decimal(size % 60_000_000_000, 9)
        if minutes == 0 { return "\(sign)\(seconds)s" }
        if minutes < 60 { return "\(sign)\(minutes)m\(seconds)s" }
        return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)s"
    }

    /// `value` over 10^`places`, without zeros at the end.
    private static func decimal(_ value: UInt, _ places: Int) -> String {
        var divisor: UInt = 1
        for _ in 0..<places { divisor *= 10 }
        let rest = String(value % divisor)
        var fraction = String(repeating: "0", count: places - rest.utf8.count) + rest
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? "\(value / divisor)" : "\(value / divisor).\(fraction)"
    }
}
