import JSON

/// JSON values as the original's messages show them: as Go values that came out of its decoder, where a number is an
/// `int64` when it was written as one and fits, else a `float64`.
enum GoValue {
    /// How `field.Error` prints a bad value.
    static func text(_ value: JSON) -> String {
        switch value {
        case .string(let text): GoText.quoted(text)
        case .number(let text): Double(text).map { number($0) } ?? text
        case .null, .bool, .int: value.text
        case .array, .object: marshalled(value)
        }
    }

    /// `json.Marshal`: keys sorted, HTML escaped, floats in Go's shortest form.
    static func marshalled(_ value: JSON) -> String {
        String(decoding: normalized(value).bytes(escapeHTML: true), as: UTF8.self)
    }

    private static func normalized(_ value: JSON) -> JSON {
        switch value {
        case .array(let elements): .array(elements.map(normalized))
        case .object(let members): .object(JSONObject(members.sortedByKey().map { ($0.key, normalized($0.value)) }))
        case .number(let text): .number(Double(text).map { GoNumber.text($0) } ?? text)
        default: value
        }
    }

    /// A float64 as `%v` prints it.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf" }
        guard value != 0 else { return value.sign == .minus ? "-0" : "0" }
        let (digits, exponent) = decimal(value.magnitude)
        let sign = value < 0 ? "-" : ""
        guard (-4..<21).contains(exponent) else {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let power = String(exponent.magnitude)
            return
                "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(power.count < 2 ? "0" : "")\(power)"
        }
        if exponent < 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent - 1))\(digits)" }
        let whole = digits.prefix(exponent + 1)
        let padding = String(repeating: "0", count: exponent + 1 - whole.count)
        let fraction = digits.dropFirst(exponent + 1)
        return "\(sign)\(whole)\(padding)\(fraction.isEmpty ? "" : ".\(fraction)")"
    }

    /// The shortest digits that name the number, and the power of ten of the first.
    private static func decimal(_ value: Double) -> (digits: String, exponent: Int) {
        let parts = value.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = mantissa[0], fraction = mantissa.count > 1 ? mantissa[1] : ""
        var exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + whole.count - 1
        var digits = whole + fraction
        while digits.hasPrefix("0"), digits.count > 1 {
            digits = digits.dropFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits = digits.dropLast() }
        return (String(digits), exponent)
    }
}

extension FieldError {
    /// A fault whose value is shown as Go shows it.
    static func of(_ reason: Reason, _ path: FieldPath, _ value: JSON, _ detail: String = "") -> FieldError {
        FieldError(reason, path, value: GoValue.text(value), detail)
    }

    /// The supported values in the given order, unsorted: the order of a schema's `enum` is shown.
    static func notOneOf(_ path: FieldPath, _ value: JSON, _ supported: [String]) -> FieldError {
        let list = supported.map(GoText.quoted).joined(separator: ", ")
        return of(.notSupported, path, value, list.isEmpty ? "" : "supported values: \(list)")
    }
}

extension FieldPath {
    /// What the original prints for a fault that belongs to no field.
    static let none = FieldPath("<nil>")

    /// The path of a member below a path that may be `none`.
    func child(_ name: String) -> FieldPath { self == .none ? FieldPath(name) : self[name] }
    func element(_ index: Int) -> FieldPath { self == .none ? FieldPath("[\(index)]") : self[index] }
    func entry(_ key: String) -> FieldPath { self == .none ? FieldPath("[\(key)]") : self[key: key] }
}

extension JSONObject {
    /// Whether there is such a member, `null` or not. (`self[name] == nil` would ask whether it is JSON's null.)
    func has(_ name: String) -> Bool { if case .some = self[name] { true } else { false } }
}
