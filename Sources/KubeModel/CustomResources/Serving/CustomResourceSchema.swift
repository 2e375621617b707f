import JSON

/// What a definition says of the objects of one of its versions.
package struct CustomResourceSchema: Sendable {
    /// Nil: the definition has none for the version.
    let root: JSONSchema?
    /// The form in which apply, merges and documents look at an object.
    package let type: SchemaType

    /// - Parameter objectMeta: the built-in type of `metadata`.
    init(_ root: JSONSchema?, name: String, objectMeta: SchemaType) {
        self.root = root
        type = Self.resourceType(root, name: name, objectMeta)
    }

    /// An object with its own fields and those of every Kubernetes object.
    private static func resourceType(_ schema: JSONSchema?, name: String, _ objectMeta: SchemaType) -> SchemaType {
        let text = SchemaType(.string(.plain))
        var fields = [
            SchemaField("apiVersion", text), SchemaField("kind", text), SchemaField("metadata", objectMeta),
        ]
        if let schema {
            let own = Self.fields(schema, objectMeta)
            fields += own.filter { field in !fields.contains { $0.name == field.name } }
        }
        return SchemaType(
            name: name, .object(fields), isAtomic: schema?.mapType == "atomic",
            preservesUnknown: schema?.preservesUnknown == true)
    }

    private static func fields(_ schema: JSONSchema, _ objectMeta: SchemaType) -> [SchemaField] {
        schema.propertyNames.compactMap { name in
            guard let property = schema.properties[name] else { return nil }
            var field = SchemaField(name, type(property, objectMeta))
            field.isRequired = schema.required.contains(name)
            field.defaultValue = property.defaultValue
            field.enumValues = property.enumeration.compactMap(\.string)
            return field
        }
    }

    private static func type(_ schema: JSONSchema, _ objectMeta: SchemaType) -> SchemaType {
        if schema.isIntOrString { return SchemaType(.intOrString) }
        if schema.isEmbeddedResource { return resourceType(schema, name: "", objectMeta) }
        switch schema.type {
        case "string": return SchemaType(.string(.plain))
        case "integer": return SchemaType(.integer(bits: 64))
        case "number": return SchemaType(.number)
        case "boolean": return SchemaType(.boolean)
        case "array":
            let items = schema.items.map { type($0, objectMeta) } ?? SchemaType(.any)
            return SchemaType(.list(of: items, listKind(schema)))
        case "object":
            let isAtomic = schema.mapType == "atomic"
            if !schema.properties.isEmpty || schema.preservesUnknown == true {
                return SchemaType(
                    .object(fields(schema, objectMeta)), isAtomic: isAtomic,
                    preservesUnknown: schema.preservesUnknown == true)
            }
            switch schema.additionalProperties {
            case .schema(let others): return SchemaType(.map(of: type(others, objectMeta)), isAtomic: isAtomic)
            case .allowed(true): return SchemaType(.map(of: SchemaType(.any)), isAtomic: isAtomic)
            case .allowed(false), nil: return SchemaType(.object([]), isAtomic: isAtomic)
            }
        default: return SchemaType(.any, preservesUnknown: schema.preservesUnknown == true)
        }
    }

    private static func listKind(_ schema: JSONSchema) -> SchemaType.ListKind {
        switch schema.listType {
        case "set": .set
        case "map": .map(keys: schema.listMapKeys)
        default: .atomic
        }
    }

    // MARK: Objects

    /// Without what the schema doesn't name; the paths of that, for field validation. Defaults are set.
    ///
    /// - Parameter prunes: false for definitions that keep all unknown fields.
    func read(_ object: JSON, prunes: Bool) throws(EmbeddedResources.CoercionFault) -> (object: JSON, unknown: [String])
    {
        var result = object
        var unknown: [String] = []
        if prunes {
            (result, unknown) = SchemaPruning.prune(result, root, isResource: true)
            result = SchemaDefaulting.withoutNulls(result, root)
        }
        var metadata: [String] = []
        result = try EmbeddedResources.coerced(result, root, unknown: &metadata)
        return (SchemaDefaulting.defaulted(result, root), unknown + metadata.sorted())
    }

    /// All faults of a new object but those of its metadata and scale.
    func errors(_ new: JSON) -> [FieldError] {
        guard let root else { return [] }
        return SchemaValidator.errors(new, root) + EmbeddedResources.errors(new, root)
            + ListInvariants.errors(new, root)
    }

    /// All faults of a changed object; what was there before may stay.
    func errors(_ new: JSON, old: JSON) -> [FieldError] {
        guard let root else { return [] }
        let correlation = SchemaCorrelation(new: new, old: old, schema: root)
        var errors = SchemaValidator.errors(new, root, correlation: correlation) + EmbeddedResources.errors(new, root)
        if ListInvariants.errors(old, root).isEmpty { errors += ListInvariants.errors(new, root) }
        return errors
    }

    /// All faults of a changed status.
    func statusErrors(_ new: JSON, old: JSON) -> [FieldError] {
        guard let root else { return [] }
        var errors: [FieldError] = []
        if let status = new.object?["status"], let schema = root.properties["status"] {
            let correlation = old.object?["status"].map {
                SchemaCorrelation(new: status, old: $0, schema: schema)
            }
            errors = SchemaValidator.errors(status, schema, root: FieldPath("status"), correlation: correlation)
        }
        if ListInvariants.errors(old, root).isEmpty { errors += ListInvariants.errors(new, root) }
        return errors
    }
}
