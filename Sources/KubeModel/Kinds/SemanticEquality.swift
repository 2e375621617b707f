import JSON

/// Equality as the original's validation means it (`apiequality.Semantic`): nothing, an empty list and an empty map
/// are the same, and the order of members plays no part.
package enum SemanticEquality {
    package static func equal(_ a: JSON, _ b: JSON) -> Bool { a.isAlike(b) }
}
