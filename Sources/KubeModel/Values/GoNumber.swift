import JSON

/// Numbers as Go's JSON encoder writes them.
package enum GoNumber {
    /// Shortest digits that read back as the same value; an exponent below 1e-6 and from 1e21 on.
    package static func text(_ value: Double) -> String {
        if value == 0 { return value.sign == .minus ? "-0" : "0" }
        let (digits, point) = parts("\(value.magnitude)")
        let sign = value < 0 ? "-" : ""
        let size = value.magnitude
        if size < 1e-6 || size >= 1e21 {
            let head = digits.prefix(1)
            let tail = digits.dropFirst()
            let exponent = point - 1
            return "\(sign)\(head)\(tail.isEmpty ? "" : ".\(tail)")e\(exponent < 0 ? "-" : "+")\(exponent.magnitude)"
        }
        return sign + fixed(digits, point)
    }

    private static func fixed(_ digits: String, _ point: Int) -> String {
        if point <= 0 { return "0.\(String(repeating: "0", count: -point))\(digits)" }
        if point >= digits.count { return digits + String(repeating: "0", count: point - digits.count) }
        return "\(digits.prefix(point)).\(digits.dropFirst(point))"
    }

    /// `strconv.FormatFloat(value, 'g', -1, …)`: an exponent below 1e-4 and from 1e6 on.
    /// - Parameter shortest: Swift's text of the magnitude, in the precision that is meant.
    static func general(_ value: Double, shortest: String) -> String {
        if value == 0 { return value.sign == .minus ? "-0" : "0" }
        let (digits, point) = parts(shortest)
        let sign = value < 0 ? "-" : ""
        let exponent = point - 1
        if exponent < -4 || exponent >= 6 {
            let tail = digits.dropFirst()
            let size = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
            return "\(sign)\(digits.prefix(1))\(tail.isEmpty ? "" : ".\(tail)")e\(exponent < 0 ? "-" : "+")\(size)"
        }
        return sign + fixed(digits, point)
    }

    /// The number as a value: whole ones without a fraction.
    package static func json(_ value: Double) -> JSON {
        if let whole = Int64(exactly: value), value.magnitude < 1e15 { return .int(whole) }
        return value.isFinite ? .number(text(value)) : .null
    }

    /// Digits without zeros at their ends, and how many of them stand before the point.
    private static func parts(_ text: String) -> (digits: String, point: Int) {
        let halves = text.split(separator: "e")
        var exponent = halves.count > 1 ? Int(halves[1]) ?? 0 : 0
        let mantissa = halves[0].split(separator: ".", omittingEmptySubsequences: false)
        var digits = String(mantissa[0])
        exponent += digits.count
        if mantissa.count > 1 { digits += mantissa[1] }
        while digits.hasPrefix("0") {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0") { digits.removeLast() }
        return (digits, exponent)
    }
}
