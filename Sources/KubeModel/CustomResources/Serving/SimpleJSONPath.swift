import JSON

/// A JSONPath as client-go reads it between braces, for printer columns and selectable fields: `.spec.x`, `['a']`,
/// `[0]`, `[1:3]`, `[*]`, `..x`, `[?(@.type=="Ready")].status`. `range` and `end` are left out.
package struct SimpleJSONPath: Sendable {
    enum Limit {
        /// Values that one step may find; `..` after `..` multiplies them.
        static let results = 10_000
        /// Filters inside filters.
        static let depth = 16
    }

    indirect enum Step: Sendable {
        case field(String)
        case wildcard, descent
        /// `last` nil: to the end.
        case slice(first: Int?, last: Int?, isOne: Bool, stride: Int?)
        case union([[Step]])
        case filter([Step], comparison: String, [Step])
        case exists([Step])
        case literal(JSON)
    }

    /// What a path says of a value that it doesn't fit: an index out of range, a filter on no list.
    struct Mismatch: Error {}

    let steps: [Step]

    /// Nil when the text is no path.
    package init?(_ text: String) {
        var parser = JSONPathParser(text, depth: 0)
        guard let steps = parser.steps() else { return nil }
        self.steps = steps
    }

    /// All values at the path, none when it leads nowhere; nil when it doesn't fit the value.
    package func values(in root: JSON) -> [JSON]? { try? Self.walk([root], steps) }

    private static func walk(_ start: [JSON], _ steps: [Step]) throws(Mismatch) -> [JSON] {
        var current = start
        for step in steps {
            current = try walk(current, step)
            guard current.count <= Limit.results else { throw Mismatch() }
        }
        return current
    }

    private static func walk(_ values: [JSON], _ step: Step) throws(Mismatch) -> [JSON] {
        var found: [JSON] = []
        switch step {
        case .literal(let literal): return values.isEmpty ? [] : [literal]
        case .union(let parts):
            for part in parts { found += try walk(values, part) }
            return found
        default: break
        }
        for value in values {
            switch step {
            case .field(let name): if let member = value.object?[name] { found.append(member) }
            case .wildcard: found += children(value)
            case .descent: try descend(value, &found)
            case .slice(let first, let last, let isOne, let stride):
                found += try slice(value, first, last, isOne: isOne, stride)
            case .exists(let path):
                for element in try elements(value) where !((try? walk([element], path)) ?? []).isEmpty {
                    found.append(element)
                }
            case .filter(let left, let comparison, let right):
                for element in try elements(value) where try holds(element, left, comparison, right) {
                    found.append(element)
                }
            case .literal, .union: break
            }
            guard found.count <= Limit.results else { throw Mismatch() }
        }
        return found
    }

    private static func children(_ value: JSON) -> [JSON] {
        value.array ?? value.object.map { $0.map(\.value) } ?? []
    }

    private static func descend(_ value: JSON, _ found: inout [JSON]) throws(Mismatch) {
        let below = children(value)
        guard !below.isEmpty else { return }
        found.append(value)
        guard found.count <= Limit.results else { throw Mismatch() }
        for child in below { try descend(child, &found) }
    }

    private static func elements(_ value: JSON) throws(Mismatch) -> [JSON] {
        guard let elements = value.array else { throw Mismatch() }
        return elements
    }

    private static func slice(_ value: JSON, _ first: Int?, _ last: Int?, isOne: Bool, _ stride: Int?)
        throws(Mismatch) -> [JSON]
    {
        if value.isNull { return [] }
        let elements = try elements(value)
        var start = first ?? 0
        if start < 0 { start += elements.count }
        var end = last ?? elements.count
        if end < 0 || (end == 0 && isOne) { end += elements.count }
        if start == end { return [] }
        guard start >= 0, start < elements.count, end >= 0, end <= elements.count, start <= end, stride ?? 1 > 0 else {
            throw Mismatch()
        }
        return Swift.stride(from: start, to: end, by: stride ?? 1).map { elements[$0] }
    }

    private static func holds(_ element: JSON, _ left: [Step], _ comparison: String, _ right: [Step])
        throws(Mismatch) -> Bool
    {
        let lefts = try walk([element], left), rights = try walk([element], right)
        guard lefts.count <= 1, rights.count <= 1 else { throw Mismatch() }
        guard let one = lefts.first, let other = rights.first else { return false }
        let order: Int
        switch (one, other) {
        case (.string(let a), .string(let b)): order = a == b ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
        case (.int(let a), .int(let b)): order = a == b ? 0 : a < b ? -1 : 1
        case (.number, .number): order = sign((one.double ?? 0) - (other.double ?? 0))
        case (.bool(let a), .bool(let b)):
            guard comparison == "==" || comparison == "!=" else { throw Mismatch() }
            order = a == b ? 0 : 1
        default: throw Mismatch()
        }
        switch comparison {
        case "==": return order == 0
        case "!=": return order != 0
        case "<": return order < 0
        case "<=": return order <= 0
        case ">": return order > 0
        case ">=": return order >= 0
        default: throw Mismatch()
        }
    }

    private static func sign(_ number: Double) -> Int { number == 0 ? 0 : number < 0 ? -1 : 1 }
}
