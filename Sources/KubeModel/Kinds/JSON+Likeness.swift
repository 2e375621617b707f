import JSON

extension JSON {
    /// Whether both say the same: what is missing, null, an empty list or an empty map counts as one
    /// (`equality.Semantic`). Quantities are compared as texts; they are stored in canonical form.
    package func isAlike(_ other: JSON) -> Bool {
        switch (self, other) {
        case (.object(let a), .object(let b)):
            if a.count == b.count {
                // Nearly always the members are the same ones in the same order.
                var same = true
                for (mine, theirs) in zip(a, b) where same {
                    same = mine.key == theirs.key && mine.value.isAlike(theirs.value)
                }
                if same { return true }
            }
            for (key, value) in a where !value.isAlike(b[key] ?? .null) { return false }
            for (key, value) in b where a[key] == nil && !value.isHollow { return false }
            return true
        case (.array(let a), .array(let b)):
            return a.count == b.count && zip(a, b).allSatisfy { $0.isAlike($1) }
        case (.int, .int), (.string, .string), (.bool, .bool), (.number, .number): return self == other
        default: return isHollow && other.isHollow
        }
    }

    /// Null, or an empty list or map.
    private var isHollow: Bool {
        switch self {
        case .null: true
        case .array(let elements): elements.isEmpty
        case .object(let members): members.allSatisfy { $0.value.isHollow }
        default: false
        }
    }
}
