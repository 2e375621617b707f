import JSON

/// Whether a value is of its schema's type.
enum SchemaTypes {
    /// The type's name, and the format that the original takes a Go value of the kind to have.
    private static func kind(_ value: JSON) -> (type: String, format: String) {
        switch value {
        case .null: ("null", "")
        case .bool: ("boolean", "")
        case .string: ("string", "")
        case .int: ("integer", "int64")
        case .number: ("number", "float64")
        case .array: ("array", "")
        case .object: ("object", "")
        }
    }

    static func fault(_ value: JSON, _ schema: JSONSchema, format: String, _ path: String) -> SchemaFault? {
        let types = schema.valueTypes
        let (type, ownFormat) = kind(value)
        let isWhole = type == "number" && types.contains("integer") && isInteger(value.double ?? .nan)
        let isOfType = types.contains(type) || isWhole || (type == "integer" && types.contains("number"))
        let mayBeFormatted = type == "string" || type == "array"
        if !format.isEmpty {
            if !mayBeFormatted, !isOfType, ownFormat != format { return .type(path, format, found: ownFormat) }
            // A formatted string's type is left to its format; lists pass here too, as they do in the original.
            if mayBeFormatted, !types.contains("number"), !types.contains("integer") { return nil }
        }
        return isOfType ? nil : .type(path, types.joined(separator: ","), found: type)
    }

    /// Whether a float is an integer as JSON means it (`swag.IsFloat64AJSONInteger`).
    static func isInteger(_ value: Double) -> Bool {
        let largest = 9_007_199_254_740_991.0
        guard value.isFinite, value.magnitude <= largest else { return false }
        let difference = (value - value.rounded(.towardZero)).magnitude
        if difference == 0 { return true }
        return difference / (value.magnitude + value.rounded(.towardZero).magnitude) < 1e-9
    }
}
