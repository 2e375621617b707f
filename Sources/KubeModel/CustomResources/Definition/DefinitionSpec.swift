import JSON

/// A definition's spec in the original's internal form, whose paths and values its messages show: what all versions
/// say alike stands at the top, and is gone from the versions.
struct DefinitionSpec {
    let json: JSON
    let versions: [JSON]
    /// Each `.null` when the versions differ in it, or none has it.
    let validation: JSON, subresources: JSON, columns: JSON, selectableFields: JSON

    init(_ spec: JSON) {
        json = spec
        var versions = spec["versions"].array ?? []
        func lifted(_ name: String) -> JSON {
            guard let first = versions.first?[name], versions.allSatisfy({ Self.same($0[name], first) }) else {
                return .null
            }
            for at in versions.indices { versions[at].remove(name) }
            return first
        }
        validation = lifted("schema")
        subresources = lifted("subresources")
        columns = lifted("additionalPrinterColumns")
        selectableFields = lifted("selectableFields")
        self.versions = versions
    }

    /// Equal, with nothing and an empty list alike (`Semantic.DeepEqual`).
    private static func same(_ one: JSON, _ other: JSON) -> Bool {
        one == other || ((one.isNull || one == []) && (other.isNull || other == []))
    }

    /// The versions as the original's messages show them: Go's field names, every field.
    var shownVersions: JSON {
        .array(
            versions.map { version in
                [
                    "Name": .string(version["name"].string ?? ""), "Served": .bool(version["served"].bool ?? false),
                    "Storage": .bool(version["storage"].bool ?? false),
                    "Deprecated": .bool(version["deprecated"].bool ?? false),
                    "DeprecationWarning": version["deprecationWarning"],
                    "Schema": version["schema"].isNull
                        ? .null : ["OpenAPIV3Schema": ShownSchema.json(version["schema", "openAPIV3Schema"])],
                    "Subresources": Self.shown(subresources: version["subresources"]),
                    "AdditionalPrinterColumns": Self.shown(columns: version["additionalPrinterColumns"]),
                    "SelectableFields": version["selectableFields"].array.map { fields in
                        .array(fields.map { ["JSONPath": .string($0["jsonPath"].string ?? "")] })
                    } ?? .null,
                ]
            })
    }

    private static func shown(subresources: JSON) -> JSON {
        guard subresources.object.map({ _ in true }) ?? false else { return .null }
        let scale = subresources["scale"]
        return [
            "Status": subresources["status"].isNull ? .null : [:],
            "Scale": scale.isNull
                ? .null
                : [
                    "SpecReplicasPath": .string(scale["specReplicasPath"].string ?? ""),
                    "StatusReplicasPath": .string(scale["statusReplicasPath"].string ?? ""),
                    "LabelSelectorPath": scale["labelSelectorPath"],
                ],
        ]
    }

    private static func shown(columns: JSON) -> JSON {
        guard let columns = columns.array else { return .null }
        return .array(
            columns.map { column in
                [
                    "Name": .string(column["name"].string ?? ""), "Type": .string(column["type"].string ?? ""),
                    "Format": .string(column["format"].string ?? ""),
                    "Description": .string(column["description"].string ?? ""),
                    "Priority": JSON(column["priority"].int ?? 0),
                    "JSONPath": .string(column["jsonPath"].string ?? ""),
                ]
            })
    }
}

/// A schema as the original's messages show it: Go's field names in their order, every field.
enum ShownSchema {
    /// Field by field: Go's name, JSON's name, and how its value is shown.
    private enum Kind { case text, optional, flag, schema, schemas, map, orBool, items, dependencies, docs, rules }

    private static let fields: [(go: String, json: String, kind: Kind)] = [
        ("ID", "id", .text), ("Schema", "$schema", .text), ("Ref", "$ref", .optional),
        ("Description", "description", .text), ("Type", "type", .text), ("Nullable", "nullable", .flag),
        ("Format", "format", .text), ("Title", "title", .text), ("Default", "default", .optional),
        ("Maximum", "maximum", .optional), ("ExclusiveMaximum", "exclusiveMaximum", .flag),
        ("Minimum", "minimum", .optional), ("ExclusiveMinimum", "exclusiveMinimum", .flag),
        ("MaxLength", "maxLength", .optional), ("MinLength", "minLength", .optional), ("Pattern", "pattern", .text),
        ("MaxItems", "maxItems", .optional), ("MinItems", "minItems", .optional), ("UniqueItems", "uniqueItems", .flag),
        ("MultipleOf", "multipleOf", .optional), ("Enum", "enum", .optional),
        ("MaxProperties", "maxProperties", .optional), ("MinProperties", "minProperties", .optional),
        ("Required", "required", .optional), ("Items", "items", .items), ("AllOf", "allOf", .schemas),
        ("OneOf", "oneOf", .schemas), ("AnyOf", "anyOf", .schemas), ("Not", "not", .schema),
        ("Properties", "properties", .map), ("AdditionalProperties", "additionalProperties", .orBool),
        ("PatternProperties", "patternProperties", .map), ("Dependencies", "dependencies", .dependencies),
        ("AdditionalItems", "additionalItems", .orBool), ("Definitions", "definitions", .map),
        ("ExternalDocs", "externalDocs", .docs), ("Example", "example", .optional),
        ("XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields", .optional),
        ("XEmbeddedResource", "x-kubernetes-embedded-resource", .flag),
        ("XIntOrString", "x-kubernetes-int-or-string", .flag),
        ("XListMapKeys", "x-kubernetes-list-map-keys", .optional), ("XListType", "x-kubernetes-list-type", .optional),
        ("XMapType", "x-kubernetes-map-type", .optional), ("XValidations", "x-kubernetes-validations", .rules),
    ]

    /// The Go names of the fields that are set, in order.
    static func setFields(_ schema: JSON) -> [String] {
        fields.filter { field in
            let value = schema[field.json]
            return !value.isNull && value != "" && value != false && value != [] && value != [:]
        }.map(\.go)
    }

    static func json(_ schema: JSON) -> JSON {
        guard schema.object.map({ _ in true }) ?? false else { return .null }
        return .object(JSONObject(fields.map { ($0.go, shown(schema[$0.json], $0.kind)) }))
    }

    private static func shown(_ value: JSON, _ kind: Kind) -> JSON {
        switch kind {
        case .text: .string(value.string ?? "")
        case .flag: .bool(value.bool ?? false)
        case .optional: value
        case .schema: json(value)
        case .schemas: value.array.map { .array($0.map(json)) } ?? .null
        case .map: value.object.map { .object(JSONObject($0.sortedByKey().map { ($0.key, json($0.value)) })) } ?? .null
        case .orBool:
            value.isNull ? .null : ["Allows": .bool(value.bool ?? true), "Schema": json(value)]
        case .items:
            value.isNull ? .null : ["Schema": json(value), "JSONSchemas": shown(value, .schemas)]
        case .dependencies:
            value.object.map { members in
                .object(
                    JSONObject(
                        members.sortedByKey().map { entry in
                            let names: JSON = entry.value.array.map(JSON.array) ?? .null
                            return (entry.key, ["Schema": json(entry.value), "Property": names])
                        }))
            } ?? .null
        case .docs:
            value.isNull
                ? .null
                : [
                    "Description": .string(value["description"].string ?? ""),
                    "URL": .string(value["url"].string ?? ""),
                ]
        case .rules:
            value.array.map { rules in
                .array(
                    rules.map { rule in
                        [
                            "Rule": .string(rule["rule"].string ?? ""),
                            "Message": .string(rule["message"].string ?? ""),
                            "MessageExpression": .string(rule["messageExpression"].string ?? ""),
                            "Reason": rule["reason"], "FieldPath": .string(rule["fieldPath"].string ?? ""),
                            "OptionalOldSelf": rule["optionalOldSelf"],
                        ]
                    })
            } ?? .null
        }
    }

    /// The text in a message: fields stay in Go's order, unlike a map's keys.
    static func text(_ schema: JSON) -> String { ordered(json(schema)) }

    static func ordered(_ value: JSON) -> String { String(decoding: value.bytes(escapeHTML: true), as: UTF8.self) }
}
