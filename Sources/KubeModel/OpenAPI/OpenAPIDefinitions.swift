import JSON

/// Types as OpenAPI schemas, as the original publishes them; the descriptions are our own.
struct OpenAPIDefinitions {
    /// 2 and 3 differ in how they refer to definitions, and in what they can say of a value.
    enum Version { case v2, v3 }

    let version: Version

    var prefix: String { version == .v2 ? "#/definitions/" : "#/components/schemas/" }

    func reference(_ name: String) -> JSON { ["$ref": .string(prefix + name)] }

    /// A named type's definition.
    /// - Parameter groupVersion: of the document; kinds that every group-version has are said to be of it too.
    func definition(_ type: SchemaType, in groupVersion: GroupVersion? = nil) -> JSON {
        var schema = body(type)
        if let text = SchemaDescriptions.builtIn.type(type.name) { schema["description"] = .string(text) }
        let kinds = kinds(of: type, groupVersion)
        if !kinds.isEmpty { schema["x-kubernetes-group-version-kind"] = .array(kinds.map(OpenAPIDefinitions.json)) }
        if type.isAtomic { schema["x-kubernetes-map-type"] = "atomic" }
        if !type.unions.isEmpty, let unions = try? JSON(parsing: type.unions) { schema["x-kubernetes-unions"] = unions }
        return schema
    }

    static func json(_ kind: GroupVersionKind) -> JSON {
        [
            "group": .string(kind.groupVersion.group), "kind": .string(kind.kind),
            "version": .string(kind.groupVersion.version),
        ]
    }

    private func kinds(of type: SchemaType, _ groupVersion: GroupVersion?) -> [GroupVersionKind] {
        let kinds = Schema.builtIn.kinds[type.name] ?? []
        guard let groupVersion, let kind = kinds.first?.kind, kind == "DeleteOptions" || kind == "WatchEvent",
            !groupVersion.group.isEmpty
        else { return kinds }
        return kinds + [GroupVersionKind(groupVersion, kind)]
    }

    private func body(_ type: SchemaType) -> JSON {
        guard case .object(let fields) = type.shape else { return leaf(type) }
        var schema: JSON = ["type": "object"]
        if !fields.isEmpty {
            schema["properties"] = .object(JSONObject(fields.map { ($0.name, property($0, of: type)) }))
        }
        let required = fields.filter(\.isRequired).map(\.name)
        if !required.isEmpty { schema["required"] = JSON(required) }
        return schema
    }

    private func property(_ field: SchemaField, of owner: SchemaType) -> JSON {
        var schema = use(of: field.type)
        if let text = SchemaDescriptions.builtIn.field(field.name, of: owner.name) {
            schema["description"] = .string(text)
        }
        if let value = field.defaultValue { schema["default"] = value }
        if !field.enumValues.isEmpty {
            // Of a list or map, its elements are meant.
            switch field.type.shape {
            case .list: schema["items"]["enum"] = JSON(field.enumValues)
            case .map: schema["additionalProperties"]["enum"] = JSON(field.enumValues)
            default: schema["enum"] = JSON(field.enumValues)
            }
        }
        if let isAtomic = field.isAtomic { schema["x-kubernetes-map-type"] = isAtomic ? "atomic" : "granular" }
        if let key = field.patchMergeKey { schema["x-kubernetes-patch-merge-key"] = .string(key) }
        let names: [(SchemaField.PatchStrategy, String)] = [
            (.merge, "merge"), (.retainKeys, "retainKeys"), (.replace, "replace"),
        ]
        let strategy = names.filter { field.patchStrategy.contains($0.0) }.map(\.1)
        if !strategy.isEmpty { schema["x-kubernetes-patch-strategy"] = .string(strategy.joined(separator: ",")) }
        // Version 3 allows nothing beside a reference.
        if version == .v3, let reference = schema.object?["$ref"], schema.object?.count != 1 {
            schema.remove("$ref")
            schema["allOf"] = [["$ref": reference]]
        }
        return schema
    }

    /// The type where another mentions it.
    private func use(of type: SchemaType) -> JSON { type.name.isEmpty ? leaf(type) : reference(type.name) }

    private func leaf(_ type: SchemaType) -> JSON {
        switch type.shape {
        case .object: return body(type)
        case .map(let element):
            var schema: JSON = ["type": "object", "additionalProperties": use(of: element)]
            if type.isAtomic { schema["x-kubernetes-map-type"] = "atomic" }
            if type.traits.contains(.statesGranular) { schema["x-kubernetes-map-type"] = "granular" }
            return schema
        case .list(let element, let kind):
            var schema: JSON = ["type": "array", "items": use(of: element)]
            if type.traits.contains(.omitsListKind) { return schema }
            switch kind {
            case .atomic: schema["x-kubernetes-list-type"] = "atomic"
            case .set: schema["x-kubernetes-list-type"] = "set"
            case .map(let keys):
                schema["x-kubernetes-list-type"] = "map"
                schema["x-kubernetes-list-map-keys"] = JSON(keys)
            }
            return schema
        case .string(.byte): return ["type": "string", "format": "byte"]
        case .string(.dateTime), .string(.microTime): return ["type": "string", "format": "date-time"]
        case .string: return ["type": "string"]
        case .integer(let bits): return ["type": "integer", "format": .string("int\(bits)")]
        case .number: return ["type": "number", "format": "double"]
        case .boolean: return ["type": "boolean"]
        case .intOrString:
            if version == .v2 { return ["type": "string", "format": "int-or-string"] }
            return ["format": "int-or-string", "oneOf": [["type": "integer"], ["type": "string"]]]
        case .quantity:
            return version == .v2 ? ["type": "string"] : ["oneOf": [["type": "string"], ["type": "number"]]]
        case .any:
            // Schemas and JSON values may be no objects.
            return type.name.hasPrefix("io.k8s.apiextensions-apiserver.") ? [:] : ["type": "object"]
        }
    }

    /// The named types that these mention, themselves included, by their names in order.
    static func closure(_ roots: [SchemaType]) -> [SchemaType] {
        var found: [String: SchemaType] = [:]
        var open = roots
        while let type = open.popLast() {
            if !type.name.isEmpty, found.updateValue(type, forKey: type.name) != nil { continue }
            switch type.shape {
            case .object(let fields): open.append(contentsOf: fields.map(\.type))
            case .map(let element), .list(let element, _): open.append(element)
            default: break
            }
        }
        return found.values.sorted { $0.name < $1.name }
    }
}
