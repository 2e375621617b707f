import JSON

/// A number's bounds. An `int64` is compared with bounds cut to integers, as the original does.
enum SchemaNumbers {
    static func faults(_ value: JSON, _ schema: JSONSchema, format: String, _ path: String) -> [SchemaFault] {
        let kind = schema.valueTypes.count == 1 ? NumberKind(schema.valueTypes[0], format) : NumberKind("", "")
        let bounds = Bounds(value: value, kind: kind, path: path)
        var faults: [SchemaFault] = []
        if let fault = kind.fault(value, "Checked", path) { faults.append(fault) }
        if let factor = schema.multipleOf { faults += bounds.multiple(of: factor) }
        if let least = schema.minimum {
            faults += bounds.limit(
                least, "Minimum boundary", words: schema.exclusiveMinimum ? "greater than" : "greater than or equal to"
            ) { schema.exclusiveMinimum ? $0 <= 0 : $0 < 0 }
        }
        if let most = schema.maximum {
            faults += bounds.limit(
                most, "Maximum boundary", words: schema.exclusiveMaximum ? "less than" : "less than or equal to"
            ) { schema.exclusiveMaximum ? $0 >= 0 : $0 > 0 }
        }
        return faults
    }

    /// The schema's type and format, where they are those of a number and there is only one type.
    private struct NumberKind {
        let type: String, format: String

        init(_ type: String, _ format: String) {
            self.type = type == "integer" || type == "number" ? type : ""
            let formats = type == "integer" ? ["int32", "int64"] : type == "number" ? ["float", "double"] : []
            self.format = formats.contains(format) ? format : ""
        }

        /// When the number can't be held by the type.
        func fault(_ value: JSON, _ what: String, _ path: String) -> SchemaFault? {
            let number = value.double ?? 0
            let holds: Bool
            switch (type, format) {
            case ("integer", "int32"): holds = value.int.map { Int32(exactly: $0) != nil } ?? false
            case ("integer", _): holds = value.int != nil
            case ("number", "float"): holds = number.magnitude <= Double(Float.greatestFiniteMagnitude)
            default: holds = true
            }
            if holds { return nil }
            let words = format.isEmpty ? "\(type) (default format)" : "\(type) with format \(format)"
            return .unplaced("\(what) value must be of type \(words) in \(path)")
        }
    }

    private struct Bounds {
        let value: JSON, kind: NumberKind, path: String

        /// - Parameter isPast: from the sign of value − bound.
        func limit(_ bound: Double, _ what: String, words: String, _ isPast: (Int) -> Bool) -> [SchemaFault] {
            let outside = kind.fault(JSON(bound), what, path)
            let shown: String, sign: Int
            if outside == nil, case .int(let number) = value {
                let whole = truncated(bound)
                shown = String(whole)
                sign = number < whole ? -1 : number > whole ? 1 : 0
            } else {
                let number = value.double ?? 0
                shown = GoValue.number(bound)
                sign = number < bound ? -1 : number > bound ? 1 : 0
            }
            var faults = outside.map { [$0] } ?? []
            if isPast(sign) {
                faults.append(SchemaFault(.other, path, value, "\(path) in body should be \(words) \(shown)"))
            }
            return faults
        }

        func multiple(of factor: Double) -> [SchemaFault] {
            let outside = kind.fault(JSON(factor), "MultipleOf", path)
            var faults = outside.map { [$0] } ?? []
            let holds: Bool, isPositive: Bool, shown: String
            if outside == nil, case .int(let number) = value {
                let whole = truncated(factor)
                isPositive = whole > 0
                holds = isPositive && number % whole == 0
                shown = String(whole)
            } else {
                let number = value.double ?? 0
                isPositive = factor > 0
                holds = SchemaTypes.isInteger(factor < 1 ? 1 / factor * number : number / factor)
                shown = GoValue.number(factor)
            }
            if !isPositive {
                let sentence = "factor MultipleOf declared for \(path) must be positive: \(shown)"
                faults.append(SchemaFault(.other, path, .number(shown), sentence))
            } else if !holds {
                let sentence = "\(path) in body should be a multiple of \(shown)"
                faults.append(SchemaFault(.other, path, value, sentence))
            }
            return faults
        }

        private func truncated(_ number: Double) -> Int64 {
            if number >= 0x1p63 { return .max }
            if number <= -0x1p63 { return .min }
            return Int64(number)
        }
    }
}
