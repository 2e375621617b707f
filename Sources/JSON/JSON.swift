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

    /// A struct, since arrays of tuples are copied and destroyed element by element through their metadata.
    fileprivate struct Slot: Sendable {
        let key: String
        var value: JSON
    }

    private var members: [Slot] = []
    /// Positions by key; kept only for objects large enough for a linear search to lose.
    private var index: [String: Int]?

    private static let indexedFrom = 24

    package init() {}

    package init(_ members: some Sequence<(String, JSON)>) {
        self.members.reserveCapacity(members.underestimatedCount)
        for (key, value) in members { self[key] = value }
    }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }
    package var names: [String] { members.map(\.key) }

    private func position(_ key: String) -> Int? {
        if let index { return index[key] }
        for at in members.indices where members[at].key == key { return at }
        return nil
    }

    /// The member's value; nil when there is none. Setting nil removes it.
    package subscript(key: String) -> JSON? {
        get { position(key).map { members[$0].value } }
        set {
            switch (position(key), newValue) {
            case (let at?, let value?): members[at].value = value
            case (nil, let value?): append(key, value)
            case (let at?, nil):
                members.remove(at: at)
                if index != nil { reindex() }
            case (nil, nil): break
            }
        }
    }

    /// Adds a member that isn't there yet, without looking for it.
    package mutating func append(_ key: String, _ value: JSON) {
        members.append(Slot(key: key, value: value))
        if index != nil {
            index?[key] = members.count - 1
        } else if members.count >= Self.indexedFrom {
            reindex()
        }
    }

    /// The member's value, to be worked on in place; a member that isn't there begins as `null`.
    subscript(inPlace key: String) -> JSON {
        get { self[key] ?? .null }
        _modify {
            if let at = position(key) {
                yield &members[at].value
            } else {
                append(key, .null)
                yield &members[members.count - 1].value
            }
        }
    }

    private mutating func reindex() {
        index = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.key, $0) })
    }

    package func makeIterator() -> Iterator { Iterator(members: members) }

    package struct Iterator: IteratorProtocol {
        fileprivate let members: [Slot]
        private var at = 0

        fileprivate init(members: [Slot]) { self.members = members }

        package mutating func next() -> Member? {
            guard at < members.count else { return nil }
            defer { at += 1 }
            return (members[at].key, members[at].value)
        }
    }

    package var underestimatedCount: Int { members.count }

    /// Lets `change` work on the member's value in place, without a copy; it sees nil when there is none, and leaving
    /// nil removes the member.
    package mutating func modify<Result, Failure: Error>(
        _ key: String, _ change: (inout JSON?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let at = position(key) else {
            var value: JSON?
            defer { if let value { append(key, value) } }
            return try change(&value)
        }
        var value: JSON? = members[at].value
        members[at].value = .null
        defer { if let value { members[at].value = value } else { self[key] = nil } }
        return try change(&value)
    }

    /// Whether there is such a member, and where; a place is good until a member is removed.
    package func place(of key: String) -> Int? { position(key) }

    /// The member at a place between 0 and `count`.
    package subscript(at place: Int) -> Member { (members[place].key, members[place].value) }

    /// The member's value; looked for at `place` first, since most objects of a kind have their members in one order.
    package func value(of key: String, near place: Int) -> JSON? {
        if place < members.count, members[place].key == key { return members[place].value }
        return position(key).map { members[$0].value }
    }

    /// Whether both are the same in memory, and so equal; false says nothing.
    package func isIdentical(to other: JSONObject) -> Bool {
        guard members.count == other.members.count else { return false }
        return members.withUnsafeBufferPointer { $0.baseAddress }
            == other.members.withUnsafeBufferPointer { $0.baseAddress }
    }

    /// Room for so many members.
    package mutating func reserveCapacity(_ count: Int) { members.reserveCapacity(count) }

    /// Keeps the members for which `isKept` is true, in their order.
    package func filter(_ isKept: (Member) throws -> Bool) rethrows -> JSONObject {
        var kept = JSONObject()
        kept.members = try members.filter { try isKept(($0.key, $0.value)) }
        if kept.members.count >= Self.indexedFrom { kept.reindex() }
        return kept
    }

    package func sortedByKey() -> JSONObject {
        JSONObject(map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 })
    }

    package static func == (a: JSONObject, b: JSONObject) -> Bool {
        guard a.count == b.count else { return false }
        // Most equal objects have their members in the same order.
        if a.isIdentical(to: b) { return true }
        for at in a.members.indices {
            if a.members[at].key == b.members[at].key {
                if a.members[at].value != b.members[at].value { return false }
            } else if b[a.members[at].key] != a.members[at].value {
                return false
            }
        }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for key in names.sorted() { hasher.combine(key) }
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
    package var isNull: Bool { if case .null = self { true } else { false } }

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
        get {
            guard case .object(let members) = self else { return .null }
            return members[key] ?? .null
        }
        _modify {
            var members = takeMembers()
            defer { self = .object(members) }
            yield &members[inPlace: key]
        }
    }

    /// The object's members, or none; what is left here is `null`, so that the taker is their only owner.
    private mutating func takeMembers() -> JSONObject {
        guard case .object(let members) = self else { return JSONObject() }
        self = .null
        return members
    }

    /// The value at the end of the path, `null` where it breaks off. Setting makes the objects on the way.
    package subscript(first: String, second: String, rest: String...) -> JSON {
        get { rest.reduce(self[first][second]) { $0[$1] } }
        set { set([first, second] + rest, newValue) }
    }

    private mutating func set(_ path: some Collection<String>, _ value: JSON) {
        guard let head = path.first else { return self = value }
        self[head].set(path.dropFirst(), value)
    }

    /// The element; `null` when the index is out of range or this is no array.
    package subscript(index: Int) -> JSON {
        guard let array, array.indices.contains(index) else { return .null }
        return array[index]
    }

    /// Removes the member if it is there.
    package mutating func remove(_ key: String) {
        guard object?.place(of: key) != nil else { return }
        var members = takeMembers()
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
