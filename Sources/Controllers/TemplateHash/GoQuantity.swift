/// A quantity as Go's struct holds it after parsing (apimachinery `resource.ParseQuantity`): the hash of a pod template
/// sees these fields. Amounts that don't fit the original's quick path (more than 18 digits, or fractions of a binary
/// unit) are held here as 0.
struct GoQuantity: Equatable {
    private(set) var value: Int64 = 0
    private(set) var scale = 0
    /// The text itself where the original keeps it, because it is canonical.
    private(set) var text = ""
    private(set) var format = "DecimalSI"

    private static let maximumDigits = 18
    private static let decimalExponents: [String: Int] = [
        "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
    ]
    private static let binaryExponents: [String: Int] = ["Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60]

    init(_ source: String) {
        if source == "0" {
            text = source
            return
        }
        let unsigned = source.drop { $0 == "-" || $0 == "+" }
        let number = unsigned.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let suffix = String(unsigned.dropFirst(number.count))
        let halves = number.split(separator: ".", omittingEmptySubsequences: false)
        let whole = halves.first.map { $0.drop { $0 == "0" } } ?? ""
        let digits = whole.isEmpty ? "0" : String(whole)
        let fraction = halves.count > 1 ? String(halves[1]) : ""
        guard let precision = interpret(suffix, digits, fraction), precision >= 0 else {
            scale = 0
            return
        }
        fill(digits + fraction, fraction.count, source, Self.binaryExponents[suffix])
    }

    /// - Returns: digits to spare; below 0 is too many. Nil for no suffix.
    private mutating func interpret(_ suffix: String, _ digits: String, _ fraction: String) -> Int? {
        if let exponent = Self.binaryExponents[suffix] {
            format = "BinarySI"
            guard fraction.isEmpty else { return -1 }
            return 15 - digits.count - exponent * 3 / 10 - 1
        }
        if let exponent = Self.decimalExponents[suffix] {
            scale = exponent
        } else if suffix.first == "e" || suffix.first == "E", let exponent = Int(suffix.dropFirst()) {
            format = "DecimalExponent"
            scale = exponent
        } else {
            return nil
        }
        return Self.maximumDigits - digits.count - fraction.count
    }

    private mutating func fill(_ digits: String, _ fraction: Int, _ source: String, _ exponent: Int?) {
        scale -= fraction
        guard scale >= -9, let number = Int64(digits) else { return scale = 0 }
        let (product, overflows) = number.multipliedReportingOverflow(by: 1 << Int64(exponent ?? 0))
        guard !overflows else { return scale = 0 }
        value = source.hasPrefix("-") ? -product : product
        let isCanonical =
            exponent == nil
            ? scale % 3 == 0 && !digits.hasSuffix("000") && !digits.hasPrefix("0")
            : (exponent ?? 0) % 10 == 0 && number & 7 != 0
        if isCanonical { text = source }
    }

    /// As a value in a map prints.
    var dump: String {
        "{i:(resource.int64Amount){value:(int64)\(value) scale:(resource.Scale)\(scale)} "
            + "d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)\(text) Format:(resource.Format)\(format)}"
    }
}
