import JSON

/// Changes deep in an object without a copy of everything on the way.
extension JSON {
    /// Changes a member in place; does nothing when it is missing or null.
    package mutating func edit(_ name: String, _ change: (inout JSON) -> Void) {
        guard case .object(var members) = self, var value = members[name] else { return }
        if case .null = value { return }
        // Held once only, the arrays within are changed where they are.
        self = .null
        members[name] = .null
        change(&value)
        members[name] = value
        self = .object(members)
    }

    /// Changes every element of a list that is a member; does nothing when it is no list.
    package mutating func editEach(_ name: String, _ change: (inout JSON) -> Void) {
        edit(name) { list in
            guard case .array(var elements) = list else { return }
            list = .null
            for index in elements.indices { change(&elements[index]) }
            list = .array(elements)
        }
    }

    /// Sets a member that is missing or null: what a nil pointer is to the original.
    package mutating func fillMissing(_ name: String, _ value: JSON) {
        guard case .object(var members) = self else { return }
        if let present = members[name], present != .null { return }
        self = .null
        members[name] = value
        self = .object(members)
    }

    /// Sets a member that is missing, null, "" or 0: fields that the original doesn't hold as pointers.
    package mutating func fillZero(_ name: String, _ value: JSON) {
        guard case .object(var members) = self else { return }
        switch members[name] {
        case nil, .null, .string(""), .int(0): break
        default: return
        }
        self = .null
        members[name] = value
        self = .object(members)
    }

    /// Whether the member is there and not null.
    package func has(_ name: String) -> Bool {
        guard case .object(let members) = self, let value = members[name] else { return false }
        if case .null = value { return false }
        return true
    }

    /// The member's text; "" when it is missing or no string.
    package func text(_ name: String) -> String {
        guard case .object(let members) = self, case .string(let text)? = members[name] else { return "" }
        return text
    }

    /// The member's elements; none when it is missing or no list.
    package func list(_ name: String) -> [JSON] {
        guard case .object(let members) = self, case .array(let elements)? = members[name] else { return [] }
        return elements
    }

    /// Whether the member is `true`.
    package func flag(_ name: String) -> Bool {
        guard case .object(let members) = self, case .bool(let value)? = members[name] else { return false }
        return value
    }

    /// The member as a map; empty when it is missing or no object.
    package func map(_ name: String) -> JSONObject {
        guard case .object(let members) = self, case .object(let map)? = members[name] else { return JSONObject() }
        return map
    }
}
