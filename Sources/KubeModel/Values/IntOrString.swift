import JSON

/// A number or a percentage of something (`intstr.IntOrString`).
package enum IntOrString: Sendable, Equatable, CustomStringConvertible {
    case int(Int)
    case string(String)

    /// Nil for values of other types, and numbers beyond Int32.
    package init?(_ json: JSON) {
        switch json {
        case .int(let value):
            guard Int32(exactly: value) != nil else { return nil }
            self = .int(Int(value))
        case .string(let text): self = .string(text)
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .int(let value): "\(value)"
        case .string(let text): text
        }
    }

    package enum Rounding: Sendable { case up, down }

    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// The percentage when this is one: `25%` is 25; nil otherwise.
    package var percent: Int? {
        guard case .string(let text) = self, text.hasSuffix("%") else { return nil }
        return GoInteger.parse(text.dropLast())
    }

    /// The number itself, or the percentage of `total`.
    package func resolved(of total: Int, rounding: Rounding) throws(Failure) -> Int {
        switch self {
        case .int(let value): return value
        case .string(let text):
            guard text.hasSuffix("%") else {
                throw Failure(
                    description: "invalid value for IntOrString: invalid type: string is not a percentage")
            }
            let digits = text.dropLast()
            guard let percent = GoInteger.parse(digits) else {
                let why = GoInteger.failure("Atoi", String(digits))
                throw Failure(
                    description: "invalid value for IntOrString: invalid value \(GoText.quoted(text)): \(why)")
            }
            let share = Double(percent) * Double(total) / 100
            let rounded = share.rounded(rounding == .up ? .up : .down)
            return Int(exactly: rounded) ?? (rounded < 0 ? .min : .max)
        }
    }
}

/// Integers as strconv reads them: a sign, decimal digits, nothing else.
package enum GoInteger {
    package static func parse(_ text: some StringProtocol) -> Int? { Int(text) }

    /// Why `parse` gave nil: `strconv.ParseInt: parsing "x": invalid syntax`.
    package static func failure(_ function: String, _ text: String) -> String {
        let digits = text.drop { $0 == "-" || $0 == "+" }
        let isNumber =
            !digits.isEmpty && text.utf8.count - digits.utf8.count <= 1 && digits.allSatisfy(\.isASCIIDigit)
        let why = isNumber ? "value out of range" : "invalid syntax"
        return "strconv.\(function): parsing \(GoText.quoted(text)): \(why)"
    }
}
