import JSON

/// Values of `x-kubernetes-embedded-resource`: whole Kubernetes objects inside a custom resource.
enum EmbeddedResources {
    /// Reads the metadata of every embedded resource, so that only what ObjectMeta has stays.
    static func coerced(
        _ value: JSON, _ schema: JSONSchema?, unknown: inout [String], _ path: FieldPath = .none,
        isResource: Bool = false
    ) throws(CoercionFault) -> JSON {
        guard let schema else { return value }
        switch value {
        case .object(var members):
            if isResource || schema.isEmbeddedResource { try coerce(&members, path, &unknown) }
            for (name, value) in members {
                let child = schema.member(name)
                let place = schema.properties[name] != nil ? path.child(name) : path.entry(name)
                members[name] = try coerced(value, child, unknown: &unknown, place)
            }
            return .object(members)
        case .array(let elements):
            var result = elements
            for (index, element) in elements.enumerated() {
                result[index] = try coerced(element, schema.items, unknown: &unknown, path.element(index))
            }
            return .array(result)
        default: return value
        }
    }

    struct CoercionFault: Error { let error: FieldError }

    private static func coerce(_ members: inout JSONObject, _ path: FieldPath, _ unknown: inout [String])
        throws(CoercionFault)
    {
        for name in ["apiVersion", "kind"] {
            if let value = members[name], value.string == nil {
                throw CoercionFault(error: .of(.invalid, path.child(name), value, "must be a string"))
            }
        }
        guard let metadata = members["metadata"] else { return }
        let place = path.child("metadata")
        do throws(EmbeddedMetadata.Malformed) {
            let (value, below) = try EmbeddedMetadata.read(metadata)
            members["metadata"] = value
            unknown += below.map { "\(place).\($0)" }
        } catch {
            throw CoercionFault(error: .of(.invalid, place, metadata, error.message))
        }
    }

    /// The faults of every embedded resource's own fields.
    static func errors(_ value: JSON, _ schema: JSONSchema?, _ path: FieldPath = .none, isResource: Bool = false)
        -> [FieldError]
    {
        guard let schema else { return [] }
        switch value {
        case .object(let members):
            var errors = isResource || schema.isEmbeddedResource ? resourceErrors(members, path) : []
            for (name, value) in members {
                let place = schema.properties[name] != nil ? path.child(name) : path.entry(name)
                errors += self.errors(value, schema.member(name), place)
            }
            return errors
        case .array(let elements):
            return elements.enumerated().flatMap { errors($0.element, schema.items, path.element($0.offset)) }
        default: return []
        }
    }

    private static func resourceErrors(_ members: JSONObject, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        switch members["apiVersion"] {
        case nil: errors.append(.required(path.child("apiVersion")))
        case .string(let text):
            if text.isEmpty {
                errors.append(.of(.invalid, path.child("apiVersion"), "", "must not be empty"))
            } else if text.utf8.filter({ $0 == UInt8(ascii: "/") }).count > 1 {
                errors.append(
                    .of(.invalid, path.child("apiVersion"), .string(text), "unexpected GroupVersion string: \(text)"))
            }
        case .some(let other): errors.append(.of(.invalid, path.child("apiVersion"), other, "must be a string"))
        }
        switch members["kind"] {
        case nil: errors.append(.required(path.child("kind")))
        case .string(let text):
            let faults = Names.dns1035(text.lowercased())
            if text.isEmpty {
                errors.append(.of(.invalid, path.child("kind"), "", "must not be empty"))
            } else if !faults.isEmpty {
                let detail = "may have mixed case, but should otherwise match: \(faults.joined(separator: ","))"
                errors.append(.of(.invalid, path.child("kind"), .string(text), detail))
            }
        case .some(let other): errors.append(.of(.invalid, path.child("kind"), other, "must be a string"))
        }
        if let metadata = members["metadata"] { errors += EmbeddedMetadata.errors(metadata, path.child("metadata")) }
        return errors
    }
}
