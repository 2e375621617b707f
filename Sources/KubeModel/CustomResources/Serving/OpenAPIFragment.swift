import JSON

/// The schemas of a custom resource and its list, as the documents under `/openapi` publish them.
package enum OpenAPIFragment {
    package enum Version: Sendable { case v2, v3 }

    /// `example.com`, `v1`, `Widget`: `com.example.v1.Widget`.
    package static func name(_ group: String, _ version: String, _ kind: String) -> String {
        (group.split(separator: ".").reversed().map(String.init) + [version, kind]).joined(separator: ".")
    }

    /// The definitions of one version by name: the kind's, and its list's.
    package static func definitions(
        _ definition: CustomResourceDefinition, version name: String, _ openAPI: Version
    ) -> [(name: String, schema: JSON)] {
        guard let version = definition.version(name) else { return [] }
        let names = definition.names
        let own = self.name(definition.group, name, names.kind)
        var fields: JSON = .null
        if !version.selectableFields.isEmpty {
            fields = .array(
                version.selectableFields.map {
                    ["fieldPath": .string($0.hasPrefix(".") ? String($0.dropFirst()) : $0)]
                })
        }
        func finished(_ schema: JSON, _ kind: String) -> JSON {
            var result = schema
            result["x-kubernetes-group-version-kind"] = [
                ["group": .string(definition.group), "version": .string(name), "kind": .string(kind)]
            ]
            if !fields.isNull { result["x-kubernetes-selectable-fields"] = fields }
            return result
        }
        let schema = published(version, preservesUnknown: definition.preservesUnknownFields, openAPI)
        return [
            (own, finished(schema, names.kind)),
            (
                self.name(definition.group, name, names.listKind),
                finished(list(definition, own, openAPI), names.listKind)
            ),
        ]
    }

    /// The kind's schema alone, in OpenAPI v3.
    package static func v3(_ definition: CustomResourceDefinition, version: String) -> JSON {
        definitions(definition, version: version, .v3).first?.schema ?? ["type": "object"]
    }

    /// The same in OpenAPI v2, without what kubectl would misread.
    package static func v2(_ definition: CustomResourceDefinition, version: String) -> JSON {
        definitions(definition, version: version, .v2).first?.schema ?? ["type": "object"]
    }

    private static let text: JSON = ["type": "string"]

    private static func reference(_ name: String, _ openAPI: Version) -> JSON {
        let prefix = openAPI == .v2 ? "#/definitions/" : "#/components/schemas/"
        return ["$ref": .string(prefix + name)]
    }

    private static func described(_ schema: JSON, _ description: String) -> JSON {
        var result: JSON = ["description": .string(description)]
        for (key, value) in schema.object ?? JSONObject() { result[key] = value }
        return result
    }

    private static func addResourceFields(_ schema: inout JSON, _ openAPI: Version) {
        schema["properties", "apiVersion"] = described(text, "Group and version of the object's schema.")
        schema["properties", "kind"] = described(text, "Kind of the object.")
        let metadata = reference("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", openAPI)
        schema["properties", "metadata"] = described(metadata, "The object's name, labels and other standard data.")
    }

    private static func list(_ definition: CustomResourceDefinition, _ own: String, _ openAPI: Version) -> JSON {
        let names = definition.names
        var schema: JSON = [
            "description": .string("\(names.listKind) is a list of \(names.kind)"), "type": "object",
            "required": ["items"],
        ]
        let items: JSON = ["type": "array", "items": reference(own, openAPI)]
        schema["properties", "items"] = described(items, "List of \(names.plural).")
        addResourceFields(&schema, openAPI)
        let metadata = reference("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", openAPI)
        schema["properties", "metadata"] = described(metadata, "The list's own standard data.")
        return schema
    }

    private static func published(
        _ version: CustomResourceDefinition.Version, preservesUnknown: Bool, _ openAPI: Version
    ) -> JSON {
        let json = version.json["schema", "openAPIV3Schema"]
        guard let schema = JSONSchema(json), !json.isNull, StructuralRules.unsupported(schema) == nil else {
            return ["type": "object"]
        }
        // kubectl would refuse every unknown field of a schema with any field at all.
        if openAPI == .v2, preservesUnknown || schema.preservesUnknown == true { return ["type": "object"] }
        var result = node(schema, openAPI)
        addResourceFields(&result, openAPI)
        return result
    }

    /// One node: integers-or-strings say so in words that every reader knows; v2 loses what kubectl can't read.
    private static func node(_ schema: JSONSchema, _ openAPI: Version) -> JSON {
        var result = schema.json
        for name in schema.propertyNames {
            if let property = schema.properties[name] { result["properties", name] = node(property, openAPI) }
        }
        if let items = schema.items { result["items"] = node(items, openAPI) }
        if case .schema(let others) = schema.additionalProperties {
            result["additionalProperties"] = node(others, openAPI)
        }
        if schema.isIntOrString, openAPI == .v3 { addTypes(&result, schema) }
        if openAPI == .v2 { simplify(&result, schema) }
        if schema.isEmbeddedResource, !(openAPI == .v2 && schema.preservesUnknown == true) {
            addResourceFields(&result, openAPI)
            let missing = ["kind", "apiVersion"].filter { !schema.required.contains($0) }
            result["required"] = JSON(schema.required + missing)
        }
        return result
    }

    private static func addTypes(_ result: inout JSON, _ schema: JSONSchema) {
        let types: JSON = [["type": "integer"], ["type": "string"]]
        if schema.json["anyOf"] == types || schema.json["allOf"][0]["anyOf"] == types { return }
        if schema.anyOf.isEmpty {
            result["anyOf"] = types
        } else {
            result["allOf"] = .array([["anyOf": types]] + (result["allOf"].array ?? []))
        }
    }

    private static func simplify(_ result: inout JSON, _ schema: JSONSchema) {
        for name in ["allOf", "anyOf", "oneOf", "not"] { result.remove(name) }
        let keeps = schema.preservesUnknown == true
        if schema.isNullable || keeps {
            result.remove("items")
            result.remove("properties")
        }
        if schema.isNullable {
            result.remove("type")
            result.remove("nullable")
        }
        if schema.type == "array", result["items"].isNull { result.remove("type") }
        if schema.type == "object", keeps { result.remove("type") }
        let nullable = schema.propertyNames.filter { schema.properties[$0]?.isNullable == true }
        let required = schema.required.filter { !nullable.contains($0) }
        if required.isEmpty { result.remove("required") } else { result["required"] = JSON(required) }
        if case .schema(let others) = schema.additionalProperties, others.isNullable { result.remove("required") }
    }
}
