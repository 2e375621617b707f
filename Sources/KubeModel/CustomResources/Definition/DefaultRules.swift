import JSON

/// A schema's own defaults: they must fit the schema, and hold nothing that pruning would take away.
enum DefaultRules {
    static func errors(_ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        check(schema, path, Place(resource: schema, isRoot: true, steps: []), isInMetadata: false)
    }

    /// Where a node stands inside the nearest resource around it.
    private struct Place {
        enum Step { case member(String), element }

        let resource: JSONSchema
        let isRoot: Bool
        let steps: [Step]

        func below(_ step: Step) -> Place { Place(resource: resource, isRoot: isRoot, steps: steps + [step]) }

        /// The least object that has the value at this place.
        func object(around value: JSON) -> JSON {
            var object = steps.reversed().reduce(value) { inner, step in
                switch step {
                case .member(let name): .object(JSONObject([(name, inner)]))
                case .element: [inner]
                }
            }
            if object["kind"].isNull { object["kind"] = "Validation" }
            if object["apiVersion"].isNull { object["apiVersion"] = "validation/v1" }
            return object
        }
    }

    private static func check(_ schema: JSONSchema, _ path: FieldPath, _ place: Place, isInMetadata: Bool)
        -> [FieldError]
    {
        var place = place, isInMetadata = isInMetadata
        let isResource = schema.isEmbeddedResource || (place.isRoot && place.steps.isEmpty)
        if isResource {
            isInMetadata = false
            place = Place(resource: schema, isRoot: place.isRoot && place.steps.isEmpty, steps: [])
        }
        var errors: [FieldError] = []
        if let value = schema.defaultValue {
            errors +=
                isInMetadata
                ? metadataErrors(value, schema, path["default"], place)
                : valueErrors(value, schema, path["default"], isResource: isResource)
        }
        if let items = schema.items {
            errors += check(items, path["items"], place.below(.element), isInMetadata: isInMetadata)
        }
        for name in schema.propertyNames {
            guard let property = schema.properties[name] else { continue }
            let isMeta = isResource && ["metadata", "apiVersion", "kind"].contains(name)
            errors += check(
                property, path["properties"][key: name], place.below(.member(name)),
                isInMetadata: isInMetadata || isMeta)
        }
        return errors
    }

    private static func valueErrors(_ value: JSON, _ schema: JSONSchema, _ path: FieldPath, isResource: Bool)
        -> [FieldError]
    {
        var errors: [FieldError] = []
        let pruned = SchemaPruning.prune(value, schema, isResource: isResource).value
        if pruned != value { errors.append(.of(.invalid, path, value, "must not have unknown fields")) }
        var unknown: [String] = []
        do throws(EmbeddedResources.CoercionFault) {
            _ = try EmbeddedResources.coerced(value, schema, unknown: &unknown, path, isResource: isResource)
        } catch {
            return errors + [error.error]
        }
        let embedded = EmbeddedResources.errors(value, schema, path, isResource: isResource)
        return errors + (embedded.isEmpty ? SchemaValidator.errors(value, schema, root: path) : embedded)
    }

    private static func metadataErrors(_ value: JSON, _ schema: JSONSchema, _ path: FieldPath, _ place: Place)
        -> [FieldError]
    {
        let object = place.object(around: value)
        var unknown: [String] = []
        do throws(EmbeddedResources.CoercionFault) {
            _ = try EmbeddedResources.coerced(object, place.resource, unknown: &unknown, isResource: true)
        } catch {
            return [.of(.invalid, path, value, "must result in valid metadata: \(error.error)")]
        }
        let errors = EmbeddedResources.errors(object, place.resource, isResource: true).map(\.description)
        if errors.isEmpty { return SchemaValidator.errors(value, schema, root: path) }
        let list = errors.count == 1 ? errors[0] : "[\(errors.joined(separator: ", "))]"
        return [.of(.invalid, path, value, "must result in valid metadata: \(list)")]
    }
}
