import JSON

/// Takes out what a schema doesn't name, and tells where it was.
struct SchemaPruning {
    /// `spec.x[0].y`, in the order of the walk.
    private var unknownPaths: [String] = []

    private static let metaNames: Set<String> = ["apiVersion", "kind", "metadata"]

    /// - Parameter isResource: `apiVersion`, `kind` and `metadata` at the top stay, whatever the schema says.
    static func prune(_ value: JSON, _ schema: JSONSchema?, isResource: Bool) -> (value: JSON, unknown: [String]) {
        var pruning = SchemaPruning()
        let keeps = schema?.preservesUnknown == true
        let isEmbedded = isResource || schema?.isEmbeddedResource == true
        let pruned = pruning.pruned(value, schema, "", keeps: keeps, isEmbedded: isEmbedded)
        return (pruned, pruning.unknownPaths.sorted())
    }

    private mutating func pruned(_ value: JSON, _ schema: JSONSchema?, _ path: String) -> JSON {
        pruned(
            value, schema, path, keeps: schema?.preservesUnknown == true,
            isEmbedded: schema?.isEmbeddedResource == true)
    }

    /// - Parameter keeps: unknown members of this value stay; those of its members are up to the members' own schemas.
    private mutating func pruned(
        _ value: JSON, _ schema: JSONSchema?, _ path: String, keeps: Bool, isEmbedded: Bool
    ) -> JSON {
        switch value {
        case .object(let members):
            return .object(pruned(members, schema, path, keeps: keeps, isEmbedded: isEmbedded))
        case .array(let elements):
            let items = schema?.items
            if keeps, items == nil { return value }
            var result = elements
            for (index, element) in elements.enumerated() {
                result[index] = pruned(
                    element, items, "\(path)[\(index)]", keeps: keeps || items?.preservesUnknown == true,
                    isEmbedded: items?.isEmbeddedResource == true)
            }
            return .array(result)
        default: return value
        }
    }

    private mutating func pruned(
        _ members: JSONObject, _ schema: JSONSchema?, _ path: String, keeps: Bool, isEmbedded: Bool
    ) -> JSONObject {
        var result = members
        for (name, value) in members {
            if isEmbedded, Self.metaNames.contains(name) { continue }
            let place = path.isEmpty ? name : "\(path).\(name)"
            if let own = schema?.properties[name] {
                result[name] = pruned(value, own, place)
            } else if case .schema(let others) = schema?.additionalProperties {
                result[name] = pruned(value, others, place)
            } else if schema?.additionalProperties != nil {
                result[name] = pruned(value, nil, place)
            } else if !keeps {
                unknownPaths.append(place)
                result[name] = nil
            }
        }
        return result
    }
}
