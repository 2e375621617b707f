import JSON

/// One step of a field's path, as managedFields writes it (structured-merge-diff `fieldpath`).
package enum PathElement: Sendable, Hashable {
    /// A member of an object: `f:spec`.
    case field(String)
    /// An element of a list, by its keys' values, sorted by name: `k:{"name":"web"}`.
    case key([KeyField])
    /// An element of a set: `v:"a"`.
    case value(JSON)
    /// An element by its place: `i:0`.
    case index(Int)

    package struct KeyField: Sendable, Hashable {
        package let name: String
        package let value: JSON

        package init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }
}

extension PathElement: Comparable {
    package static func < (a: PathElement, b: PathElement) -> Bool { compare(a, b) < 0 }

    /// -1, 0 or 1. Fields come first, then keys, values and places.
    static func compare(_ a: PathElement, _ b: PathElement) -> Int {
        switch (a, b) {
        case (.field(let x), .field(let y)): return x == y ? 0 : x < y ? -1 : 1
        case (.key(let x), .key(let y)):
            for (one, other) in zip(x, y) {
                if one.name != other.name { return one.name < other.name ? -1 : 1 }
                let order = ValueOrder.compare(one.value, other.value)
                if order != 0 { return order }
            }
            return x.count == y.count ? 0 : x.count < y.count ? -1 : 1
        case (.value(let x), .value(let y)): return ValueOrder.compare(x, y)
        case (.index(let x), .index(let y)): return x == y ? 0 : x < y ? -1 : 1
        default: return a.rank < b.rank ? -1 : 1
        }
    }

    private var rank: Int {
        switch self {
        case .field: 0
        case .key: 1
        case .value: 2
        case .index: 3
        }
    }
}

extension PathElement: CustomStringConvertible {
    /// As in messages: `.spec`, `[name="web"]`, `[="a"]`, `[0]`.
    package var description: String {
        switch self {
        case .field(let name): ".\(name)"
        case .key(let fields):
            "[\(fields.map { "\($0.name)=\(PathElement.text($0.value))" }.joined(separator: ","))]"
        case .value(let value): "[=\(PathElement.text(value))]"
        case .index(let index): "[\(index)]"
        }
    }

    private static func text(_ value: JSON) -> String {
        if case .string(let text) = value { return GoText.quoted(text) }
        return value.text
    }
}

extension PathElement {
    /// As a member's name in `fieldsV1`.
    var serialized: String {
        switch self {
        case .field(let name): return "f:" + name
        case .key(let fields):
            return "k:" + JSON.object(JSONObject(fields.map { ($0.name, $0.value) })).text
        case .value(let value): return "v:" + value.text
        case .index(let index): return "i:\(index)"
        }
    }

    /// Nil when the text is none.
    init?(serialized text: String) {
        let bytes = text.utf8
        guard bytes.count >= 2, bytes.dropFirst().first == UInt8(ascii: ":") else { return nil }
        let rest = text[bytes.index(bytes.startIndex, offsetBy: 2)...]
        switch bytes.first {
        case UInt8(ascii: "f"): self = .field(String(rest))
        case UInt8(ascii: "k"):
            guard case .object(let members)? = try? JSON(parsing: rest.utf8) else { return nil }
            self = .key(members.map { KeyField($0.key, $0.value) }.sorted { $0.name < $1.name })
        case UInt8(ascii: "v"):
            guard let value = try? JSON(parsing: rest.utf8) else { return nil }
            self = .value(value)
        case UInt8(ascii: "i"):
            guard let index = Int(rest) else { return nil }
            self = .index(index)
        default: return nil
        }
    }
}

/// The order and equality of values in structured-merge-diff: numbers by size, whatever their form.
enum ValueOrder {
    static func compare(_ a: JSON, _ b: JSON) -> Int {
        switch (a, b) {
        case (.int(let x), .int(let y)): return x == y ? 0 : x < y ? -1 : 1
        case (.string(let x), .string(let y)): return x == y ? 0 : x < y ? -1 : 1
        case (.bool(let x), .bool(let y)): return x == y ? 0 : y ? -1 : 1
        case (.int, .number), (.number, .int), (.number, .number):
            let (x, y) = (a.double ?? 0, b.double ?? 0)
            return x == y ? 0 : x < y ? -1 : 1
        case (.array(let x), .array(let y)):
            for (one, other) in zip(x, y) {
                let order = compare(one, other)
                if order != 0 { return order }
            }
            return x.count == y.count ? 0 : x.count < y.count ? -1 : 1
        case (.object(let x), .object(let y)): return compare(x, y)
        default:
            let (x, y) = (rank(a), rank(b))
            return x == y ? 0 : x < y ? -1 : 1
        }
    }

    private static func compare(_ a: JSONObject, _ b: JSONObject) -> Int {
        let (x, y) = (a.sortedByKey(), b.sortedByKey())
        for (one, other) in zip(x, y) {
            if one.key != other.key { return one.key < other.key ? -1 : 1 }
            let order = compare(one.value, other.value)
            if order != 0 { return order }
        }
        return x.count == y.count ? 0 : x.count < y.count ? -1 : 1
    }

    private static func rank(_ value: JSON) -> Int {
        switch value {
        case .int, .number: 0
        case .string: 1
        case .bool: 2
        case .array: 3
        case .object: 4
        case .null: 5
        }
    }

    static func isSame(_ a: JSON, _ b: JSON) -> Bool {
        switch (a, b) {
        case (.int, .number), (.number, .int), (.number, .number): return a.double == b.double
        case (.array(let x), .array(let y)):
            guard x.count == y.count else { return false }
            for at in x.indices where !isSame(x[at], y[at]) { return false }
            return true
        case (.object(let x), .object(let y)):
            if x.isIdentical(to: y) { return true }
            guard x.count == y.count else { return false }
            for at in 0..<x.count {
                let member = x[at: at]
                guard let other = y.value(of: member.key, near: at), isSame(member.value, other) else { return false }
            }
            return true
        default: return a == b
        }
    }
}
