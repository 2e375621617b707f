import JSON

/// Numbers as Go's JSON encoder writes them.
package enum GoNumber {
    /// Shortest digits that read back as the same value; an exponent below 1e-6 and from 1e21 on.
    package static func text(_ value: Double) -> String {
        if value == 0 { return value.sign == .minus ? "-0" : "0" }
        let (negative, digits, point) = parts(value)
        let sign = negative ? "-" : ""
        let size = value.magnitude
        if size < 1e-6 || size >= 1e21 {
            let head = digits.prefix(1)
            let tail = digits.dropFirst()
            let exponent = point - 1
            return "\(sign)\(head)\(tail.isEmpty ? "" : ".\(tail)")e\(exponent < 0 ? "-" : "+")\(exponent.magnitude)"
        }
        if point <= 0 { return "\(sign)0.\(String(repeating: "0", count: -point))\(digits)" }
        if point >= digits.count { return "\(sign)\(digits)\(String(repeating: "0", count: point - digits.count))" }
        return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
    }

    /// The number as a value: whole ones without a fraction.
    package static func json(_ value: Double) -> JSON {
        if let whole = Int64(exactly: value), value.magnitude < 1e15 { return .int(whole) }
        return value.isFinite ? .number(text(value)) : .null
    }

    /// Sign, digits without zeros at their ends, and how many of them stand before the point.
    private static func parts(_ value: Double) -> (negative: Bool, digits: String, point: Int) {
        let text = "\(value.magnitude)"
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
        return (value.sign == .minus, digits, exponent)
    }
}
