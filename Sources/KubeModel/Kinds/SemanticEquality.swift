import JSON

/// Equality as the original's validation means it (`apiequality.Semantic`): nothing, an empty list and an empty map
/// are the same, and the order of members plays no part.
package enum SemanticEquality {
    package static func equal(_ a: JSON, _ b: JSON) -> Bool {
        switch (a, b) {
        case (.object(let x), .object(let y)):
            x.allSatisfy { equal($0.value, y[$0.key] ?? .null) }
                && y.allSatisfy { x[$0.key] != nil || isEmpty($0.value) }
        case (.array(let x), .array(let y)):
            x.count == y.count && zip(x, y).allSatisfy { equal($0, $1) }
        default: a == b || isEmpty(a) && isEmpty(b)
        }
    }

    private static func isEmpty(_ value: JSON) -> Bool {
        switch value {
        case .null: true
        case .array(let elements): elements.isEmpty
        case .object(let members): members.allSatisfy { isEmpty($0.value) }
        default: false
        }
    }
}
