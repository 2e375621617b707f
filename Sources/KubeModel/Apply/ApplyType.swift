import JSON

/// How apply treats the values at one place of an object: the place's type, and what its field adds to it.
struct ApplyType {
    /// Nil where there is none: then values are treated by what they are.
    let type: SchemaType?
    /// The field that holds the place; nil for the whole object, elements and values of maps.
    let field: SchemaField?

    init(_ type: SchemaType?, field: SchemaField? = nil) {
        self.type = type
        self.field = field
    }

    static let deduced = ApplyType(nil)

    enum Shape: Equatable {
        case scalar
        case atomicList, set, keyed([String])
        case atomicMap, map

        /// Whether it is owned and compared as one.
        var isLeaf: Bool {
            switch self {
            case .scalar, .atomicList, .atomicMap: true
            case .set, .keyed, .map: false
            }
        }
    }

    func shape(of value: JSON) -> Shape {
        guard let type else { return deducedShape(value, isAtomic: false) }
        switch type.shape {
        case .any: return deducedShape(value, isAtomic: !type.preservesUnknown)
        case .object, .map: return field?.isAtomic ?? type.isAtomic ? .atomicMap : .map
        case .list(_, .atomic): return .atomicList
        case .list(_, .set): return .set
        case .list(_, .map(let keys)): return .keyed(keys)
        default: return .scalar
        }
    }

    private func deducedShape(_ value: JSON, isAtomic: Bool) -> Shape {
        switch value {
        case .object: isAtomic ? .atomicMap : .map
        case .array: .atomicList
        default: .scalar
        }
    }

    /// The type of a list's elements.
    var element: ApplyType {
        guard case .list(let element, _)? = type?.shape else { return .deduced }
        return ApplyType(element)
    }

    /// The type of a member, and whether it is a field that the type names.
    func member(_ name: String) -> (type: ApplyType, isDeclared: Bool) {
        switch type?.shape {
        case .object:
            guard let field = type?.field(name) else { return (.deduced, false) }
            return (ApplyType(field.type, field: field), true)
        case .map(let value): return (ApplyType(value), false)
        default: return (.deduced, false)
        }
    }

    // MARK: Elements

    struct BadElement: Error {
        let message: String
    }

    /// What the element of a list is known by.
    func pathElement(_ item: JSON, _ shape: Shape) throws(BadElement) -> PathElement {
        switch shape {
        case .set:
            switch item {
            case .object:
                throw BadElement(message: "associative list without keys has an element that's a map type")
            case .array: throw BadElement(message: "not supported: associative list with lists as elements")
            case .null:
                throw BadElement(message: "associative list without keys has an element that's an explicit null")
            default: return .value(item)
            }
        case .keyed(let keys): return try keyElement(item, keys)
        default: throw BadElement(message: "invalid indexing of non-associative list")
        }
    }

    private func keyElement(_ item: JSON, _ keys: [String]) throws(BadElement) -> PathElement {
        guard case .object(let members) = item else {
            throw BadElement(
                message: item == .null
                    ? "associative list with keys may not have a null element"
                    : "associative list with keys may not have non-map elements")
        }
        var fields: [PathElement.KeyField] = []
        fields.reserveCapacity(keys.count)
        for key in keys {
            if let value = members[key] {
                fields.append(.init(key, value))
            } else if let value = element.type?.field(key)?.defaultValue {
                fields.append(.init(key, value))
            }
        }
        guard !fields.isEmpty else {
            let names = keys.map(GoText.quoted).joined(separator: " ")
            throw BadElement(
                message: "associative list with keys has an element that omits all key fields [\(names)] (and doesn't "
                    + "have default values for any key fields)")
        }
        if fields.count > 1 { fields.sort { $0.name < $1.name } }
        return .key(fields)
    }
}
