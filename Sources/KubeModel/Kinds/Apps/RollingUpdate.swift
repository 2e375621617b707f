import JSON

/// The numbers of a rolling update: counts, or percentages of all pods.
enum RollingUpdate {
    /// A count that isn't negative, or a percentage (`ValidatePositiveIntOrPercent`).
    static func faults(_ value: JSON, _ path: FieldPath) -> [FieldError] {
        switch value {
        case .string(let text): return SpecFaults.named(path, text, Names.percent(text))
        case .int(let count): return count < 0 ? [.invalid(path, value, SpecFaults.isNegative)] : []
        case .null: return []
        default: return [.invalid(path, value, "must be an integer or percentage (e.g '5%%')")]
        }
    }

    static func overHundredPercent(_ value: JSON, _ path: FieldPath) -> [FieldError] {
        guard let percent = percent(value), percent > 100 else { return [] }
        return [.invalid(path, value, "must not be greater than 100%")]
    }

    /// The count, or the percentage's number; 0 for what is neither.
    static func number(_ value: JSON) -> Int {
        if let percent = percent(value) { return percent }
        if let text = value.string { return Int(text) ?? 0 }
        return value.int ?? 0
    }

    private static func percent(_ value: JSON) -> Int? {
        guard let text = value.string, Names.percent(text).isEmpty else { return nil }
        return Int(text.dropLast()) ?? Int.max
    }
}
