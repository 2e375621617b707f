import JSON

/// Fills in a schema's defaults. They go only where the parent is there; a `null` that may not be one counts as missing.
enum SchemaDefaulting {
    static func defaulted(_ value: JSON, _ schema: JSONSchema?) -> JSON {
        guard let schema else { return value }
        switch value {
        case .object(var members):
            for name in schema.propertyNames {
                guard let property = schema.properties[name], let standard = property.defaultValue else { continue }
                if let present = members[name], !present.isNull || property.isNullable { continue }
                members[name] = standard
            }
            for name in members.names {
                guard let child = schema.member(name), var value = members[name] else { continue }
                if schema.properties[name] == nil, value.isNull, !child.isNullable {
                    value = child.defaultValue ?? .null
                }
                members[name] = defaulted(value, child)
            }
            return .object(members)
        case .array(let elements):
            guard let items = schema.items else { return value }
            return .array(
                elements.map { element in
                    let isMissing = element.isNull && !items.isNullable
                    return defaulted(isMissing ? items.defaultValue ?? .null : element, items)
                })
        default: return value
        }
    }

    /// Takes out each `null` that may be none and has no default to take its place.
    static func withoutNulls(_ value: JSON, _ schema: JSONSchema?) -> JSON {
        switch value {
        case .object(var members):
            for (name, value) in members {
                let child = schema?.member(name)
                if value.isNull, let child, !child.isNullable, !child.hasDefault {
                    members[name] = nil
                } else {
                    members[name] = withoutNulls(value, child)
                }
            }
            return .object(members)
        case .array(let elements): return .array(elements.map { withoutNulls($0, schema?.items) })
        default: return value
        }
    }
}
