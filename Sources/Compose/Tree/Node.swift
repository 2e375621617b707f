import JSON

/// A value of a compose file that knows where it was written.
package struct Node: Sendable {
    package enum Value: Sendable {
        case null
        case bool(Bool)
        case int(Int64)
        /// A number with a fraction or an exponent, as it was written.
        case float(String)
        case string(String)
        case list([Node])
        case map(NodeMap)
    }

    package var value: Value
    package var place: Place

    package init(_ value: Value, at place: Place) {
        self.value = value
        self.place = place
    }

    package var map: NodeMap? { if case .map(let map) = value { map } else { nil } }
    package var list: [Node]? { if case .list(let list) = value { list } else { nil } }
    package var string: String? { if case .string(let text) = value { text } else { nil } }
    package var bool: Bool? { if case .bool(let flag) = value { flag } else { nil } }
    package var int: Int64? { if case .int(let number) = value { number } else { nil } }
    package var isNull: Bool { if case .null = value { true } else { false } }

    /// A scalar's text, as it stands after `NAME=`; nil for lists, maps and null.
    package var scalarText: String? {
        switch value {
        case .bool(let flag): flag ? "true" : "false"
        case .int(let number): "\(number)"
        case .float(let text): GoFloat.text(text)
        case .string(let text): text
        case .null, .list, .map: nil
        }
    }

    /// The member; nil when it is missing or this is no map. Setting makes this a map.
    package subscript(key: String) -> Node? {
        get { map?[key] }
        set {
            var members = map ?? NodeMap()
            members[key] = newValue
            value = .map(members)
        }
    }

    /// The node at the end of a path of names and indexes, or the last one that is there.
    package func nearest(_ path: [String]) -> Node {
        var at = self
        for step in path {
            if let next = at[step] {
                at = next
            } else if let list = at.list, let index = Int(step), list.indices.contains(index) {
                at = list[index]
            } else {
                return at
            }
        }
        return at
    }

    /// The place of the key that the path ends with, or of the nearest thing above it.
    package func place(of path: [String]) -> Place {
        guard let last = path.last else { return place }
        let above = nearest(Array(path.dropLast()))
        return above.map?.keyPlace(last) ?? above.nearest([last]).place
    }

    /// The same value without places, members by name.
    package var sortedJSON: JSON {
        switch value {
        case .list(let elements): .array(elements.map(\.sortedJSON))
        case .map(let members):
            .object(JSONObject(members.entries.map { ($0.key, $0.node.sortedJSON) }.sorted { $0.0 < $1.0 }))
        default: json
        }
    }

    /// The same value without places.
    package var json: JSON {
        switch value {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .int(let number): .int(number)
        case .float(let text): .number(GoFloat.text(text))
        case .string(let text): .string(text)
        case .list(let elements): .array(elements.map(\.json))
        case .map(let members): .object(JSONObject(members.entries.map { ($0.key, $0.node.json) }))
        }
    }
}

/// Members in the order of the file.
package struct NodeMap: Sendable {
    package struct Entry: Sendable {
        package let key: String
        package var keyPlace: Place
        package var node: Node
    }

    package private(set) var entries: [Entry] = []
    private var index: [String: Int] = [:]

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }
    package var keys: [String] { entries.map(\.key) }

    /// The member. A new one's key is placed where its value is.
    package subscript(key: String) -> Node? {
        get { index[key].map { entries[$0].node } }
        set {
            if let newValue {
                set(key, newValue, keyPlace: keyPlace(key) ?? newValue.place)
            } else if let at = index[key] {
                entries.remove(at: at)
                index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.key, $0) })
            }
        }
    }

    package mutating func set(_ key: String, _ node: Node, keyPlace: Place) {
        if let at = index[key] {
            entries[at].node = node
            entries[at].keyPlace = keyPlace
        } else {
            index[key] = entries.count
            entries.append(Entry(key: key, keyPlace: keyPlace, node: node))
        }
    }

    package func keyPlace(_ key: String) -> Place? { index[key].map { entries[$0].keyPlace } }

    /// The same members with changed values.
    package func mapNodes(_ change: (Entry) throws -> Node) rethrows -> NodeMap {
        var changed = self
        for at in entries.indices { changed.entries[at].node = try change(entries[at]) }
        return changed
    }
}

/// Floating point numbers as Go's encoders write them.
enum GoFloat {
    /// The shortest text of the number; `1.0` is `1`.
    static func text(_ written: String) -> String {
        guard let value = Double(written), value.isFinite else { return written }
        return text(value)
    }

    static func text(_ value: Double) -> String {
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return "\(whole)" }
        return "\(value)"
    }

    /// Of a number that Go keeps in 32 bits.
    static func text(_ value: Float) -> String {
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 24 { return "\(whole)" }
        return "\(value)"
    }
}
