/// A JSON value (RFC 8259), lossless: member order, duplicate-free keys as they came (the last of two equal keys
/// wins, as in Go and browsers), and the exact text of numbers that don't fit an `Int64`.
package enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    /// A number with a fraction, an exponent, or more digits than `Int64` holds, as it was written.
    case number(String)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

/// The members of a JSON object in the order in which they were written or first set.
package struct JSONObject: Sendable, Hashable, Sequence {
    package typealias Member = (key: String, value: JSON)

    private var keys: [String] = []
    private var values: [JSON] = []
    /// Positions by key; kept only for objects large enough for a linear search to lose.
    private var index: [String: Int]?

    private static let indexedFrom = 12

    package init() {}

    package init(_ members: some Sequence<(String, JSON)>) {
        for (key, value) in members { self[key] = value }
    }

    package var count: Int { keys.count }
    package var isEmpty: Bool { keys.isEmpty }
    package var names: [String] { keys }

    private func position(_ key: String) -> Int? {
        if let index { return index[key] }
        return keys.firstIndex(of: key)
    }

    /// The member's value; nil when there is none. Setting nil removes it.
    package subscript(key: String) -> JSON? {
        get { position(key).map { values[$0] } }
        set {
            switch (position(key), newValue) {
            case (let at?, let value?): values[at] = value
            case (nil, let value?):
                keys.append(key)
                values.append(value)
                if index != nil {
                    index?[key] = keys.count - 1
                } else if keys.count >= Self.indexedFrom {
                    reindex()
                }
            case (let at?, nil):
                keys.remove(at: at)
                values.remove(at: at)
                if index != nil { reindex() }
            case (nil, nil): break
            }
        }
    }

    private mutating func reindex() {
        index = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) })
    }

    package func makeIterator() -> Iterator { Iterator(keys: keys, values: values) }

    package struct Iterator: IteratorProtocol {
        let keys: [String], values: [JSON]
        var at = 0

        package mutating func next() -> Member? {
            guard at < keys.count else { return nil }
            defer { at += 1 }
            return (keys[at], values[at])
        }
    }

    /// Lets `change` work on the member's value in place, without a copy; it sees nil when there is none, and leaving
    /// nil removes the member.
    package mutating func modify<Result, Failure: Error>(
        _ key: String, _ change: (inout JSON?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let at = position(key) else {
            var value: JSON?
            defer { if let value { self[key] = value } }
            return try change(&value)
        }
        var value: JSON? = values[at]
        values[at] = .null
        defer { if let value { values[at] = value } else { self[key] = nil } }
        return try change(&value)
    }

    /// Whether there is such a member, and where; a place is good until a member is removed.
    package func place(of key: String) -> Int? { position(key) }

    /// The member at a place between 0 and `count`.
    package subscript(at place: Int) -> Member { (keys[place], values[place]) }

    /// The member's value; looked for at `place` first, since most objects of a kind have their members in one order.
    package func value(of key: String, near place: Int) -> JSON? {
        if place < keys.count, keys[place] == key { return values[place] }
        return position(key).map { values[$0] }
    }

    /// Whether both are the same in memory, and so equal; false says nothing.
    package func isIdentical(to other: JSONObject) -> Bool {
        guard keys.count == other.keys.count else { return false }
        return keys.withUnsafeBufferPointer { $0.baseAddress } == other.keys.withUnsafeBufferPointer { $0.baseAddress }
            && values.withUnsafeBufferPointer { $0.baseAddress }
                == other.values.withUnsafeBufferPointer { $0.baseAddress }
    }

    /// Room for so many members.
    package mutating func reserveCapacity(_ count: Int) {
        keys.reserveCapacity(count)
        values.reserveCapacity(count)
    }

    /// Keeps the members for which `isKept` is true, in their order.
    package func filter(_ isKept: (Member) throws -> Bool) rethrows -> JSONObject {
        var kept = JSONObject()
        for member in self where try isKept(member) { kept[member.key] = member.value }
        return kept
    }

    package func sortedByKey() -> JSONObject {
        JSONObject(map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 })
    }

    package static func == (a: JSONObject, b: JSONObject) -> Bool {
        guard a.count == b.count else { return false }
        // Most equal objects have their members in the same order.
        for at in a.keys.indices {
            if a.keys[at] == b.keys[at] {
                if a.values[at] != b.values[at] { return false }
            } else if b[a.keys[at]] != a.values[at] {
                return false
            }
        }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for key in keys.sorted() { hasher.combine(key) }
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .init(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }

    package init(_ value: Double) { self = value.isFinite ? .number("\(value)") : .null }
    package init(_ value: some BinaryInteger) {
        if let small = Int64(exactly: value) { self = .int(small) } else { self = .number("\(value)") }
    }
    package init(_ value: Bool) { self = .bool(value) }
    package init(_ value: String) { self = .string(value) }
    package init(_ value: String?) { self = value.map(JSON.string) ?? .null }
    package init(_ values: [String]) { self = .array(values.map(JSON.string)) }
    package init(_ values: [String: String]) {
        self = .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
}

extension JSON {
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    package var isNull: Bool { self == .null }

    /// The number as an integer; nil for fractions, numbers out of range, and other types.
    package var int: Int? {
        switch self {
        case .int(let value): Int(value)
        case .number(let text): Double(text).flatMap { Int(exactly: $0) }
        default: nil
        }
    }

    package var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .number(let text): Double(text)
        default: nil
        }
    }

    /// The elements that are strings; empty for other types.
    package var strings: [String] { (array ?? []).compactMap(\.string) }

    /// The members that are strings; empty for other types.
    package var stringMap: [String: String] {
        var map: [String: String] = [:]
        for (key, value) in object ?? JSONObject() { if let text = value.string { map[key] = text } }
        return map
    }

    /// The member; `null` when it is missing or this is no object. Setting makes this an object.
    package subscript(key: String) -> JSON {
        get { object?[key] ?? .null }
        set {
            var members = object ?? JSONObject()
            members[key] = newValue
            self = .object(members)
        }
    }

    /// The value at the end of the path, `null` where it breaks off. Setting makes the objects on the way.
    package subscript(first: String, second: String, rest: String...) -> JSON {
        get { rest.reduce(self[first][second]) { $0[$1] } }
        set { set([first, second] + rest, newValue) }
    }

    private mutating func set(_ path: some Collection<String>, _ value: JSON) {
        guard let head = path.first else { return self = value }
        var child = self[head]
        child.set(path.dropFirst(), value)
        self[head] = child
    }

    /// The element; `null` when the index is out of range or this is no array.
    package subscript(index: Int) -> JSON {
        guard let array, array.indices.contains(index) else { return .null }
        return array[index]
    }

    /// Removes the member if it is there.
    package mutating func remove(_ key: String) {
        guard var members = object else { return }
        members[key] = nil
        self = .object(members)
    }

    /// Lets `change` work on the object's members in place, without a copy; nil when this is no object.
    package mutating func modifyObject<Result, Failure: Error>(
        _ change: (inout JSONObject) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard case .object(var members) = self else { return nil }
        self = .null
        defer { self = .object(members) }
        return try change(&members)
    }
}
