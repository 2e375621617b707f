import JSON

/// What makes a schema structural: every part of a value has its type outside of `allOf`, `anyOf`, `oneOf` and `not`,
/// and those hold nothing but checks.
enum StructuralRules {
    private enum Level { case root, item, field }

    /// The faults, sorted by their sentences as the original does.
    static func errors(_ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        var errors = invariants(schema, .root, path)
        errors += completeness(schema, schema, path, path)
        return errors.map { ($0.description, $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Why the schema can't even be looked at; nil when it can.
    static func unsupported(_ schema: JSONSchema) -> String? {
        var fault: String?
        schema.forEach { node in
            guard fault == nil else { return }
            if !node.id.isEmpty { fault = "OpenAPIV3Schema 'id' is not supported" }
            if !node.schemaURL.isEmpty { fault = "OpenAPIV3Schema 'schema' is not supported" }
            if node.reference.map({ !$0.isEmpty }) ?? false { fault = "OpenAPIV3Schema '$ref' is not supported" }
            if !node.patternProperties.isEmpty { fault = "OpenAPIV3Schema 'patternProperties' is not supported" }
            if !(node.dependencies ?? [:]).isEmpty { fault = "OpenAPIV3Schema 'dependencies' is not supported" }
            if node.additionalItems != nil { fault = "OpenAPIV3Schema 'additionalItems' is not supported" }
            if !node.definitions.isEmpty { fault = "OpenAPIV3Schema 'definitions' is not supported" }
            if !(node.itemSchemas ?? []).isEmpty { fault = "OpenAPIV3Schema 'items' must be a schema, but is an array" }
            if node.preservesUnknown == false {
                fault = "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
            }
        }
        return fault
    }

    // MARK: Invariants

    private static func invariants(_ schema: JSONSchema, _ level: Level, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if schema.type == "array", schema.items == nil {
            errors.append(.required(path["items"], "must be specified"))
        }
        if let items = schema.items { errors += invariants(items, .item, path["items"]) }
        for name in schema.propertyNames {
            if let property = schema.properties[name] {
                errors += invariants(property, .field, path["properties"][key: name])
            }
        }
        if let additional = schema.additionalProperties {
            if level == .root {
                errors.append(.forbidden(path["additionalProperties"], "must not be used at the root"))
            }
            if case .schema(let others) = additional {
                errors += invariants(others, .field, path["additionalProperties"])
            }
        }
        errors += extensions(schema, path)
        errors += valueValidation(
            schema, skipsAnyOf: isIntOrString(schema.anyOf),
            skipsFirstAllOf: isIntOrString(schema.allOf.first?.anyOf ?? []), level, path)
        errors += typeErrors(schema, level, path)
        errors += metaErrors(schema, level, path)
        return errors
    }

    private static func extensions(_ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        guard schema.isIntOrString else { return [] }
        var errors: [FieldError] = []
        if schema.preservesUnknown == true {
            errors.append(
                .of(
                    .invalid, path["x-kubernetes-preserve-unknown-fields"], true,
                    "must be false if x-kubernetes-int-or-string is true"))
        }
        if schema.isEmbeddedResource {
            errors.append(
                .of(
                    .invalid, path["x-kubernetes-embedded-resource"], true,
                    "must be false if x-kubernetes-int-or-string is true"))
        }
        return errors
    }

    private static func typeErrors(_ schema: JSONSchema, _ level: Level, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let place = path["type"]
        if schema.isEmbeddedResource, schema.type != "object" {
            let detail = "must be object if x-kubernetes-embedded-resource is true"
            errors.append(
                schema.type.isEmpty ? .required(place, detail) : .of(.invalid, place, .string(schema.type), detail))
        } else if schema.type.isEmpty, !schema.isIntOrString, schema.preservesUnknown != true {
            let detail =
                switch level {
                case .root: "must not be empty at the root"
                case .item: "must not be empty for specified array items"
                case .field: "must not be empty for specified object fields"
                }
            errors.append(.required(place, detail))
        }
        if schema.isEmbeddedResource, schema.additionalProperties != nil {
            let detail = "must not be used if x-kubernetes-embedded-resource is set"
            errors.append(.forbidden(path["additionalProperties"], detail))
        }
        if level == .root, !schema.type.isEmpty, schema.type != "object" {
            errors.append(.of(.invalid, place, .string(schema.type), "must be object at the root"))
        }
        return errors
    }

    private static func metaErrors(_ schema: JSONSchema, _ level: Level, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let isResource = level == .root || schema.isEmbeddedResource
        for name in ["kind", "apiVersion"] {
            guard isResource, let property = schema.properties[name], property.type != "string" else { continue }
            let place = path["properties"][key: name]["type"]
            errors.append(.of(.invalid, place, .string(property.type), "must be string"))
        }
        if let metadata = schema.properties["metadata"] {
            let place = path["properties"][key: "metadata"]
            if isResource, metadata.type != "object" {
                errors.append(.of(.invalid, place["type"], .string(metadata.type), "must be object"))
            }
            if level == .root, restrictsMoreThanNames(metadata) {
                errors.append(
                    .forbidden(
                        place,
                        "must not specify anything other than name and generateName, but metadata is implicitly specified"
                    ))
            }
        }
        if schema.isEmbeddedResource, schema.preservesUnknown != true, schema.properties.isEmpty {
            errors.append(
                .required(
                    path["properties"],
                    "must not be empty if x-kubernetes-embedded-resource is true without "
                        + "x-kubernetes-preserve-unknown-fields"))
        }
        return errors
    }

    private static func restrictsMoreThanNames(_ metadata: JSONSchema) -> Bool {
        var allowed: Set<String> = ["Type", "Default"]
        if Set(metadata.propertyNames).isSubset(of: ["name", "generateName"]) { allowed.insert("Properties") }
        return !Set(ShownSchema.setFields(metadata.json)).isSubset(of: allowed)
    }

    /// `anyOf: [{type: integer}, {type: string}]`, the one place where a type may stand in a junctor.
    private static func isIntOrString(_ schemas: [JSONSchema]) -> Bool {
        schemas.count == 2 && schemas[0].json == ["type": "integer"] && schemas[1].json == ["type": "string"]
    }

    // MARK: Junctors

    private static func valueValidation(
        _ schema: JSONSchema, skipsAnyOf: Bool, skipsFirstAllOf: Bool, _ level: Level, _ path: FieldPath
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if !skipsAnyOf {
            for (index, branch) in schema.anyOf.enumerated() { errors += nested(branch, level, path["anyOf"][index]) }
        }
        for (index, branch) in schema.allOf.enumerated() {
            errors += nested(branch, level, path["allOf"][index], skipsAnyOf: skipsFirstAllOf && index == 0)
        }
        for (index, branch) in schema.oneOf.enumerated() { errors += nested(branch, level, path["oneOf"][index]) }
        if let not = schema.not { errors += nested(not, level, path["not"]) }
        if let fault = schema.patternFault {
            let detail = "must be a valid regular expression, but isn't: \(fault)"
            errors.append(.of(.invalid, path["pattern"], .string(schema.pattern), detail))
        }
        return errors
    }

    private static func nested(_ schema: JSONSchema, _ level: Level, _ path: FieldPath, skipsAnyOf: Bool = false)
        -> [FieldError]
    {
        var errors = valueValidation(schema, skipsAnyOf: skipsAnyOf, skipsFirstAllOf: false, level, path)
        if let items = schema.items { errors += nested(items, level, path["items"]) }
        for name in schema.propertyNames {
            if let property = schema.properties[name] {
                errors += nested(property, .field, path["properties"][key: name])
            }
        }
        func forbid(_ isSet: Bool, _ name: String, _ detail: String) {
            if isSet { errors.append(.forbidden(path[name], "must be \(detail) to be structural")) }
        }
        let hasAdditional: Bool
        switch schema.additionalProperties {
        case .schema, .allowed(true): hasAdditional = true
        case .allowed(false), nil: hasAdditional = false
        }
        forbid(!schema.type.isEmpty, "type", "empty")
        forbid(hasAdditional, "additionalProperties", "undefined")
        forbid(schema.hasDefault, "default", "undefined")
        forbid(!schema.title.isEmpty, "title", "empty")
        forbid(!schema.descriptionText.isEmpty, "description", "empty")
        forbid(schema.isNullable, "nullable", "false")
        forbid(schema.preservesUnknown == true, "x-kubernetes-preserve-unknown-fields", "false")
        forbid(schema.isEmbeddedResource, "x-kubernetes-embedded-resource", "false")
        forbid(schema.isIntOrString, "x-kubernetes-int-or-string", "false")
        forbid(!schema.listMapKeys.isEmpty, "x-kubernetes-list-map-keys", "empty")
        forbid(schema.listType != nil, "x-kubernetes-list-type", "undefined")
        forbid(schema.mapType != nil, "x-kubernetes-map-type", "undefined")
        forbid(!schema.rules.isEmpty, "x-kubernetes-validations", "empty")
        if schema.properties["metadata"] != nil {
            let place = path["properties"][key: "metadata"]
            errors.append(.forbidden(place, "must not be specified in a nested context"))
        }
        return errors
    }

    // MARK: Completeness

    /// Everything that a junctor checks must be named outside of it.
    private static func completeness(
        _ schema: JSONSchema, _ outside: JSONSchema?, _ outsidePath: FieldPath, _ path: FieldPath
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if let not = schema.not { errors += nestedCompleteness(not, outside, outsidePath, path["not"]) }
        for (name, branches) in [("allOf", schema.allOf), ("anyOf", schema.anyOf), ("oneOf", schema.oneOf)] {
            for (index, branch) in branches.enumerated() {
                errors += nestedCompleteness(branch, outside, outsidePath, path[name][index])
            }
        }
        return errors
    }

    private static func nestedCompleteness(
        _ schema: JSONSchema, _ outside: JSONSchema?, _ outsidePath: FieldPath, _ path: FieldPath
    ) -> [FieldError] {
        guard let outside else { return [.required(outsidePath, "because it is defined in \(path)")] }
        var errors = completeness(schema, outside, outsidePath, path)
        if let items = schema.items {
            errors += nestedCompleteness(items, outside.items, outsidePath["items"], path["items"])
        }
        for name in schema.propertyNames {
            guard let property = schema.properties[name] else { continue }
            let place = outsidePath["properties"][key: name]
            errors += nestedCompleteness(property, outside.properties[name], place, path["properties"][key: name])
        }
        return errors
    }
}
