import JSON

/// What a definition's schema may say at all (`ValidateCustomResourceDefinitionOpenAPISchema`).
///
/// Rules in CEL (`x-kubernetes-validations`) are checked in their form only; their expressions are to be compiled at
/// `ruleErrors` once there is a compiler.
struct SchemaRules {
    private static let types = ["array", "boolean", "integer", "number", "object", "string"]
    private static let metaNames: Set<String> = ["metadata", "kind", "apiVersion"]

    /// Why no default may stand here; nil: it may.
    private var defaultsForbidden: String?
    private var isInMetadata = false

    static func errors(_ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        SchemaRules().check(schema, path, isRoot: true)
    }

    private func check(_ schema: JSONSchema?, _ path: FieldPath, isRoot: Bool = false) -> [FieldError] {
        guard let schema else { return [] }
        var errors = memberErrors(schema, path)
        errors += additionalErrors(schema, path)
        for name in schema.propertyNames {
            var rules = self
            if isRoot || schema.isEmbeddedResource, Self.metaNames.contains(name) {
                rules.isInMetadata = true
                if isRoot { rules.defaultsForbidden = "in top-level \(name)" }
            }
            errors += rules.check(schema.properties[name], path["properties"][key: name])
        }
        errors += check(schema.not, path["not"])
        for (name, branches) in [("allOf", schema.allOf), ("oneOf", schema.oneOf), ("anyOf", schema.anyOf)] {
            for (index, branch) in branches.enumerated() { errors += check(branch, path[name][index]) }
        }
        for (name, definition) in schema.definitions.sorted(by: { $0.key < $1.key }) {
            errors += check(definition, path["definitions"][key: name])
        }
        errors += check(schema.items, path["items"])
        for (index, item) in (schema.itemSchemas ?? []).enumerated() { errors += check(item, path["items"][index]) }
        for (name, dependency) in (schema.dependencies ?? [:]).sorted(by: { $0.key < $1.key }) {
            errors += check(dependency, path["dependencies"][key: name])
        }
        errors += extensionErrors(schema, path)
        errors += listErrors(schema, path)
        errors += ruleErrors(schema, path)
        return errors
    }

    private func memberErrors(_ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if !schema.type.isEmpty, !Self.types.contains(schema.type) {
            errors.append(.notOneOf(path["type"], .string(schema.type), Self.types))
        }
        func forbid(_ isSet: Bool, _ name: String, _ detail: String) {
            if isSet { errors.append(.forbidden(path[name], detail)) }
        }
        if let why = defaultsForbidden { forbid(schema.hasDefault, "default", "must not be set \(why)") }
        forbid(!schema.id.isEmpty, "id", "id is not supported")
        forbid(schema.additionalItems != nil, "additionalItems", "additionalItems is not supported")
        forbid(!schema.patternProperties.isEmpty, "patternProperties", "patternProperties is not supported")
        forbid(!schema.definitions.isEmpty, "definitions", "definitions is not supported")
        forbid(schema.dependencies != nil, "dependencies", "dependencies is not supported")
        forbid(schema.reference != nil, "$ref", "$ref is not supported")
        forbid(schema.type == "null", "type", "type cannot be set to null, use nullable as an alternative")
        forbid(
            !(schema.itemSchemas ?? []).isEmpty, "items", "items must be a schema object and not an array")
        forbid(
            isInMetadata && schema.isEmbeddedResource, "x-kubernetes-embedded-resource",
            "must not be used inside of resource meta")
        forbid(
            schema.uniqueItems, "uniqueItems",
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic")
        return errors
    }

    private func additionalErrors(_ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        guard let additional = schema.additionalProperties else { return [] }
        let place = path["additionalProperties"]
        var errors: [FieldError] = []
        if case .allowed(true) = additional {
        } else if !schema.properties.isEmpty {
            errors.append(.forbidden(place, "additionalProperties and properties are mutual exclusive"))
        }
        guard case .schema(let others) = additional else { return errors }
        var rules = self
        if isInMetadata { rules.defaultsForbidden = "inside additionalProperties applying to object metadata" }
        return errors + rules.check(others, place)
    }

    private func extensionErrors(_ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if schema.preservesUnknown == false {
            errors.append(
                .of(.invalid, path["x-kubernetes-preserve-unknown-fields"], false, "must be true or undefined"))
        }
        if let mapType = schema.mapType {
            errors += typeErrors(schema, "object", "must be object if x-kubernetes-map-type is specified", path)
            if mapType != "atomic", mapType != "granular" {
                errors.append(.notOneOf(path["x-kubernetes-map-type"], .string(mapType), ["atomic", "granular"]))
            }
        }
        return errors
    }

    private func typeErrors(_ schema: JSONSchema, _ type: String, _ detail: String, _ path: FieldPath) -> [FieldError] {
        guard schema.type != type else { return [] }
        let place = path["type"]
        return [schema.type.isEmpty ? .required(place, detail) : .of(.invalid, place, .string(schema.type), detail)]
    }

    // MARK: Lists

    private func listErrors(_ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let place = path["x-kubernetes-list-type"]
        if let listType = schema.listType {
            let wrong = typeErrors(schema, "array", "must be array if x-kubernetes-list-type is specified", path)
            errors += wrong
            if wrong.isEmpty, listType == "set", let items = schema.items { errors += setErrors(items, path["items"]) }
            if !["atomic", "set", "map"].contains(listType) {
                errors.append(.notOneOf(place, .string(listType), ["atomic", "set", "map"]))
            }
        }
        if !schema.listMapKeys.isEmpty, schema.listType != "map" {
            let detail = "must be map if x-kubernetes-list-map-keys is non-empty"
            errors.append(
                schema.listType.map { .of(.invalid, place, .string($0), detail) } ?? .required(place, detail))
        }
        if schema.listType == "map" { errors += mapErrors(schema, path) }
        return errors + itemErrors(schema, path)
    }

    private func setErrors(_ items: JSONSchema, _ path: FieldPath) -> [FieldError] {
        let detail = "must be atomic as item of a list with x-kubernetes-list-type=set"
        // Both show the list type, as the original does.
        let shown: JSON = items.listType.map { .string($0) } ?? .null
        if items.type == "array", items.listType != nil, items.listType != "atomic" {
            return [.of(.invalid, path["x-kubernetes-list-type"], shown, detail)]
        }
        if items.type == "object", items.mapType != "atomic" {
            return [.of(.invalid, path["x-kubernetes-map-type"], shown, detail)]
        }
        return []
    }

    private func mapErrors(_ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let keysPath = path["x-kubernetes-list-map-keys"]
        if schema.listMapKeys.isEmpty {
            errors.append(.required(keysPath, "must not be empty if x-kubernetes-list-type is map"))
        }
        guard let items = schema.items else {
            if schema.itemSchemas == nil {
                errors.append(.required(path["items"], "must have a schema if x-kubernetes-list-type is map"))
            } else {
                let detail = "must only have a single schema if x-kubernetes-list-type is map"
                errors.append(.of(.invalid, path["items"], schema.json["items"], detail))
            }
            return errors
        }
        guard items.type == "object" else {
            let detail = "must be object if parent array's x-kubernetes-list-type is map"
            return errors + [.of(.invalid, path["items"]["type"], .string(items.type), detail)]
        }
        var seen: Set<String> = []
        for key in schema.listMapKeys {
            if let property = items.properties[key] {
                if property.type == "array" || property.type == "object" {
                    let place = path["items"]["properties"][key: key]["type"]
                    let detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
                    errors.append(.of(.invalid, place, .string(items.type), detail))
                }
            } else {
                let detail = "entries must all be names of item properties"
                errors.append(.of(.invalid, keysPath, JSON(schema.listMapKeys), detail))
            }
            if !seen.insert(key).inserted {
                errors.append(
                    .of(.invalid, keysPath, JSON(schema.listMapKeys), "must not contain duplicate entries"))
            }
        }
        return errors
    }

    /// Elements of sets and maps, and the keys of maps, are never null, and keys are always there.
    private func itemErrors(_ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        guard let items = schema.items, let listType = schema.listType, listType == "set" || listType == "map" else {
            return []
        }
        var errors: [FieldError] = []
        if items.isNullable {
            let detail = "cannot be nullable when x-kubernetes-list-type is \(listType)"
            errors.append(.forbidden(path["items"]["nullable"], detail))
        }
        guard listType == "map" else { return errors }
        for key in schema.listMapKeys {
            guard let property = items.properties[key] else { continue }
            let place = path["items"]["properties"][key: key]
            if !items.required.contains(key), !property.hasDefault {
                errors.append(
                    .required(
                        place["default"],
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
                    ))
            }
            if property.isNullable {
                errors.append(
                    .forbidden(
                        place["nullable"],
                        "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"))
            }
        }
        return errors
    }

    // MARK: Rules in CEL

    private static let reasons = [
        "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired",
    ]

    private func ruleErrors(_ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        schema.rules.enumerated().flatMap { index, rule in
            Self.errors(of: rule, schema, path["x-kubernetes-validations"][index])
        }
    }

    private static func errors(of rule: JSON, _ schema: JSONSchema, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let message = rule["message"].string ?? "", expression = rule["messageExpression"].string ?? ""
        let fieldPath = rule["fieldPath"].string ?? ""
        let trimmedRule = trimmed(rule["rule"].string ?? ""), trimmedMessage = trimmed(message)
        if trimmedRule.isEmpty {
            errors.append(.required(path["rule"], "rule is not specified"))
        } else if !message.isEmpty, trimmedMessage.isEmpty {
            errors.append(.of(.invalid, path["message"], .string(message), "must be non-empty if specified"))
        } else if hasNewline(trimmedMessage) {
            errors.append(.of(.invalid, path["message"], .string(message), "must not contain line breaks"))
        } else if hasNewline(trimmedRule), trimmedMessage.isEmpty {
            errors.append(.required(path["message"], "message must be specified if rule contains line breaks"))
        }
        if !expression.isEmpty, trimmed(expression).isEmpty {
            errors.append(
                .required(path["messageExpression"], "messageExpression must be non-empty if specified"))
        }
        if let reason = rule["reason"].string, !reasons.contains(reason) {
            errors.append(.notOneOf(path["reason"], .string(reason), reasons))
        }
        guard !fieldPath.isEmpty else { return errors }
        let place = path["fieldPath"]
        if trimmed(fieldPath).isEmpty {
            errors.append(.of(.invalid, place, .string(fieldPath), "must be non-empty if specified"))
        }
        if hasNewline(fieldPath) {
            errors.append(.of(.invalid, place, .string(fieldPath), "must not contain line breaks"))
        }
        if StructuralRules.unsupported(schema) == nil,
            (try? SchemaFieldPath(fieldPath, schema, allowsBrackets: true)) == nil
        {
            errors.append(.of(.invalid, place, .string(fieldPath), "must be a valid path"))
        }
        return errors
    }

    private static func trimmed(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars[first...last])
        return String(view)
    }

    private static func hasNewline(_ text: String) -> Bool { text.utf8.contains { $0 == 0x0A || $0 == 0x0D } }
}
