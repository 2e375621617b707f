import JSON

/// One node of a CustomResourceDefinition's `openAPIV3Schema` (`JSONSchemaProps`), read once; patterns are compiled.
///
/// A fault of a member's type leaves the member unset: the definition itself was decoded by its own schema before.
package final class JSONSchema: Sendable {
    enum Limit {
        /// Schemas inside schemas. Real ones reach some 30; every walk over a schema is recursive, and a worker thread's
        /// stack is 512 KiB.
        static let depth = 128
        /// Instructions of all patterns of one schema: 500,000 take some 15 MB.
        static let patternInstructions = 500_000
    }

    enum AdditionalProperties: Sendable {
        case allowed(Bool)
        case schema(JSONSchema)
    }

    /// As it was written.
    let json: JSON
    let id: String, schemaURL: String, reference: String?
    let descriptionText: String, type: String, format: String, title: String
    let isNullable: Bool
    /// Nil also when it is written as `null`, which the original can't tell from a missing one.
    let defaultValue: JSON?
    let example: JSON?
    let maximum: Double?, minimum: Double?, multipleOf: Double?
    let exclusiveMaximum: Bool, exclusiveMinimum: Bool
    let maxLength: Int64?, minLength: Int64?, maxItems: Int64?, minItems: Int64?
    let maxProperties: Int64?, minProperties: Int64?
    let uniqueItems: Bool
    let pattern: String
    let compiledPattern: RE2Pattern?
    /// Why the pattern is none; nil when it is one, or missing.
    let patternFault: String?
    let enumeration: [JSON]
    let required: [String]
    let items: JSONSchema?
    /// `items` as a list of schemas, which no definition may have; nil when it isn't one.
    let itemSchemas: [JSONSchema]?
    let allOf: [JSONSchema], oneOf: [JSONSchema], anyOf: [JSONSchema]
    let not: JSONSchema?
    let properties: [String: JSONSchema]
    /// The names of `properties`, sorted: the original's order is random.
    let propertyNames: [String]
    let additionalProperties: AdditionalProperties?
    let patternProperties: [String: JSONSchema], definitions: [String: JSONSchema]
    /// Nil values are lists of property names.
    let dependencies: [String: JSONSchema?]?
    let additionalItems: AdditionalProperties?
    let externalDocs: JSON
    /// Nil: not said. `false` is refused.
    let preservesUnknown: Bool?
    let isEmbeddedResource: Bool, isIntOrString: Bool
    let listMapKeys: [String]
    let listType: String?, mapType: String?
    /// `x-kubernetes-validations`.
    let rules: [JSON]

    /// The members' count of instructions so far, handed from node to node while reading.
    private struct Reading {
        var instructions = 0
        var isTooDeep = false
    }

    /// Nil when schemas are nested deeper than `Limit.depth`.
    package convenience init?(_ json: JSON) {
        var reading = Reading()
        self.init(json, 0, &reading)
        if reading.isTooDeep { return nil }
    }

    private init(_ json: JSON, _ depth: Int, _ reading: inout Reading) {
        let isLeaf = depth >= Limit.depth
        func child(_ value: JSON, _ reading: inout Reading) -> JSONSchema? {
            guard value.object != nil else { return nil }
            if isLeaf {
                reading.isTooDeep = true
                return nil
            }
            return JSONSchema(value, depth + 1, &reading)
        }
        func list(_ value: JSON, _ reading: inout Reading) -> [JSONSchema] {
            var schemas: [JSONSchema] = []
            for element in value.array ?? [] { if let schema = child(element, &reading) { schemas.append(schema) } }
            return schemas
        }
        func map(_ value: JSON, _ reading: inout Reading) -> [String: JSONSchema] {
            var schemas: [String: JSONSchema] = [:]
            for (key, element) in value.object ?? JSONObject() {
                if let schema = child(element, &reading) { schemas[key] = schema }
            }
            return schemas
        }
        func orBool(_ value: JSON, _ reading: inout Reading) -> AdditionalProperties? {
            if let allows = value.bool { return .allowed(allows) }
            return child(value, &reading).map { .schema($0) }
        }

        self.json = json
        id = json["id"].string ?? ""
        schemaURL = json["$schema"].string ?? ""
        reference = json["$ref"].string
        descriptionText = json["description"].string ?? ""
        type = json["type"].string ?? ""
        format = json["format"].string ?? ""
        title = json["title"].string ?? ""
        isNullable = json["nullable"].bool ?? false
        defaultValue = Self.present(json["default"])
        example = Self.present(json["example"])
        maximum = json["maximum"].double
        minimum = json["minimum"].double
        multipleOf = json["multipleOf"].double
        exclusiveMaximum = json["exclusiveMaximum"].bool ?? false
        exclusiveMinimum = json["exclusiveMinimum"].bool ?? false
        maxLength = json["maxLength"].int.map(Int64.init)
        minLength = json["minLength"].int.map(Int64.init)
        maxItems = json["maxItems"].int.map(Int64.init)
        minItems = json["minItems"].int.map(Int64.init)
        maxProperties = json["maxProperties"].int.map(Int64.init)
        minProperties = json["minProperties"].int.map(Int64.init)
        uniqueItems = json["uniqueItems"].bool ?? false
        pattern = json["pattern"].string ?? ""
        (compiledPattern, patternFault) = Self.compile(pattern, &reading)
        enumeration = json["enum"].array ?? []
        required = json["required"].strings
        items = child(json["items"], &reading)
        itemSchemas = json["items"].array == nil ? nil : list(json["items"], &reading)
        allOf = list(json["allOf"], &reading)
        oneOf = list(json["oneOf"], &reading)
        anyOf = list(json["anyOf"], &reading)
        not = child(json["not"], &reading)
        properties = map(json["properties"], &reading)
        propertyNames = properties.keys.sorted()
        additionalProperties = orBool(json["additionalProperties"], &reading)
        patternProperties = map(json["patternProperties"], &reading)
        definitions = map(json["definitions"], &reading)
        var dependencies: [String: JSONSchema?] = [:]
        for (key, value) in json["dependencies"].object ?? JSONObject() {
            dependencies.updateValue(child(value, &reading), forKey: key)
        }
        self.dependencies = json["dependencies"].object == nil ? nil : dependencies
        additionalItems = orBool(json["additionalItems"], &reading)
        externalDocs = json["externalDocs"]
        preservesUnknown = json["x-kubernetes-preserve-unknown-fields"].bool
        isEmbeddedResource = json["x-kubernetes-embedded-resource"].bool ?? false
        isIntOrString = json["x-kubernetes-int-or-string"].bool ?? false
        listMapKeys = json["x-kubernetes-list-map-keys"].strings
        listType = json["x-kubernetes-list-type"].string
        mapType = json["x-kubernetes-map-type"].string
        rules = json["x-kubernetes-validations"].array ?? []
    }

    private static func present(_ value: JSON) -> JSON? { value.isNull ? Optional<JSON>.none : value }

    private static func compile(_ pattern: String, _ reading: inout Reading) -> (RE2Pattern?, String?) {
        guard !pattern.isEmpty else { return (nil, nil) }
        do throws(RE2Error) {
            let compiled = try RE2Pattern(pattern)
            reading.instructions += compiled.size
            guard reading.instructions <= Limit.patternInstructions else {
                throw RE2Error(code: .large, part: pattern)
            }
            return (compiled, nil)
        } catch {
            return (nil, error.description)
        }
    }

    var hasDefault: Bool { if case .some = defaultValue { true } else { false } }

    /// The types that a value may have; empty: any.
    var valueTypes: [String] { isIntOrString ? ["integer", "string"] : type.isEmpty ? [] : [type] }

    /// The format, where it is known for the type; "" else: an unknown one is ignored.
    var checkedFormat: String { SchemaFormats.isKnown(format, type: isIntOrString ? "" : type) ? format : "" }

    /// The schema of a member with that name: its own, or that of all others.
    func member(_ name: String) -> JSONSchema? {
        if let own = properties[name] { return own }
        if case .schema(let schema) = additionalProperties { return schema }
        return nil
    }

    /// Every node of the schema, the nodes of forbidden places too.
    func forEach(_ body: (JSONSchema) -> Void) {
        body(self)
        let lists = [allOf, anyOf, oneOf, itemSchemas ?? []]
        let maps = [properties, patternProperties, definitions]
        var children = [items, not].compactMap { $0 } + lists.flatMap { $0 } + maps.flatMap(\.values)
        if case .schema(let schema) = additionalProperties { children.append(schema) }
        if case .schema(let schema) = additionalItems { children.append(schema) }
        children += (dependencies ?? [:]).values.compactMap { $0 }
        for child in children { child.forEach(body) }
    }

    /// Whether any node is as `predicate` says.
    func contains(_ predicate: (JSONSchema) -> Bool) -> Bool {
        var found = false
        forEach { found = found || predicate($0) }
        return found
    }
}
