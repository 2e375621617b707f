import JSON
import TestKit
import Testing

@testable import KubeModel

/// A definition that is good, with the defaults set and the server's preparation done.
func definition(_ change: (inout JSON) -> Void = { _ in }) throws -> JSON {
    var json = try JSON(
        parsing: #"""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.example.com"},
            "spec":{"group":"example.com","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget","shortNames":["wd"]},
            "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{
            "spec":{"type":"object","properties":{"size":{"type":"integer","minimum":1},"color":{"type":"string"}}}}}}}]}}
            """#)
    change(&json)
    CustomResourceDefinition.rules.prepareForCreate(&json)
    CustomResourceDefinition.rules.defaults(&json)
    return json
}

extension JSON {
    /// Changes the version at that place.
    fileprivate mutating func version(_ index: Int = 0, _ change: (inout JSON) -> Void) {
        var versions = self["spec", "versions"].array ?? []
        change(&versions[index])
        self["spec", "versions"] = .array(versions)
    }
    fileprivate mutating func schema(_ text: String) {
        version { $0["schema", "openAPIV3Schema"] = (try? JSON(parsing: text)) ?? .null }
    }
}

private func faults(_ json: JSON) -> [String] { CustomResourceDefinition.rules.validate(json).map(\.description) }

/// An input and the faults that it must have.
struct Case: Sendable {
    let input: String
    let faults: [String]

    init(_ input: String, _ faults: [String]) {
        self.input = input
        self.faults = faults
    }
}

@Suite struct DefinitionRulesTests {
    private static let top = "spec.validation.openAPIV3Schema"

    @Test("a good definition has no fault, and gets its names, conversion and stored version")
    func good() throws {
        let json = try definition()
        #expect(faults(json) == [])
        #expect(json["spec", "names", "singular"] == "widget" && json["spec", "names", "listKind"] == "WidgetList")
        #expect(json["spec", "conversion", "strategy"] == "None")
        #expect(json["status", "storedVersions"] == ["v1"] && json["metadata", "generation"] == 1)
        #expect(AllKinds.rules(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition").countsGeneration)
    }

    /// Merge patches on the good definition; "version" on its only version.
    private static let specCases: [Case] = [
        Case(
            ##"{"metadata":{"name":"x.example.com"}}"##,
            [
                ##"metadata.name: Invalid value: "x.example.com": must be spec.names.plural+"."+spec.group"##
            ]),
        Case(
            ##"{"spec":{"group":"example"},"metadata":{"name":"widgets.example"}}"##,
            [
                ##"spec.group: Invalid value: "example": should be a domain with at least one dot"##
            ]),
        Case(
            ##"{"spec":{"scope":"Galaxy"}}"##,
            [
                ##"spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced""##
            ]),
        Case(
            ##"{"spec":{"scope":null}}"##,
            [
                ##"spec.scope: Required value"##
            ]),
        Case(
            ##"{"spec":{"names":{"kind":"Wid get"}}}"##,
            [
                ##"spec.names.kind: Invalid value: "Wid get": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"##
            ]),
        Case(
            ##"{"spec":{"names":{"listKind":"Widget"}}}"##,
            [
                ##"spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same"##
            ]),
        Case(
            ##"{"version":{"storage":false}}"##,
            [
                ##"spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version"##,
                ##"status.storedVersions: Invalid value: null: must have at least one stored version"##,
            ]),
        Case(
            ##"{"version":{"schema":null}}"##,
            [
                ##"spec.versions[0].schema.openAPIV3Schema: Required value"##
            ]),
        Case(
            ##"{"version":{"deprecationWarning":"old"}}"##,
            [
                ##"spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions"##
            ]),
        Case(
            ##"{"version":{"deprecated":true,"deprecationWarning":"a\tb"}}"##,
            [
                ##"spec.versions[0].deprecationWarning: Invalid value: "a\tb": must only contain printable UTF-8 characters; non-printable character found at index 1"##
            ]),
        Case(
            ##"{"spec":{"preserveUnknownFields":true}}"##,
            [
                ##"spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"##
            ]),
        Case(
            ##"{"version":{"additionalPrinterColumns":[{"name":"A","type":"text","jsonPath":"spec"}]}}"##,
            [
                ##"spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string"##,
                ##"spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec": must be a simple json path starting with ."##,
            ]),
        Case(
            ##"{"version":{"additionalPrinterColumns":[{"format":"x"}]}}"##,
            [
                ##"spec.additionalPrinterColumns[0].name: Required value"##,
                ##"spec.additionalPrinterColumns[0].type: Required value: must be one of boolean,date,integer,number,string"##,
                ##"spec.additionalPrinterColumns[0].format: Invalid value: "x": must be one of byte,date,date-time,double,float,int32,int64,password"##,
                ##"spec.additionalPrinterColumns[0].JSONPath: Required value"##,
            ]),
        Case(
            ##"{"version":{"subresources":{"scale":{"specReplicasPath":".status.n","labelSelectorPath":"x"}}}}"##,
            [
                ##"spec.subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec"##,
                ##"spec.subresources.scale.statusReplicasPath: Required value"##,
                ##"spec.subresources.scale.labelSelectorPath: Invalid value: "x": must be a simple json path starting with ."##,
            ]),
        Case(
            ##"{"spec":{"conversion":{"strategy":"Webhook"}}}"##,
            [
                ##"spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook"##,
                ##"spec.conversion.conversionReviewVersions: Required value"##,
            ]),
        Case(
            ##"{"spec":{"conversion":{"strategy":"None","webhook":{"conversionReviewVersions":["v1"]}}}}"##,
            [
                ##"spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook"##
            ]),
        Case(
            ##"{"spec":{"conversion":{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v9"],"clientConfig":{"url":"http://u@h/p?q#f"}}}}}"##,
            [
                ##"spec.conversion.webhookClientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]"##,
                ##"spec.conversion.webhookClientConfig.url: Invalid value: "u": user information is not permitted in the URL"##,
                ##"spec.conversion.webhookClientConfig.url: Invalid value: "f": fragments are not permitted in the URL"##,
                ##"spec.conversion.webhookClientConfig.url: Invalid value: "q": query parameters are not permitted in the URL"##,
                ##"spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1"##,
            ]),
        Case(
            ##"{"spec":{"group":"x.k8s.io"},"metadata":{"name":"widgets.x.k8s.io"}}"##,
            [
                ##"metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111"##
            ]),
        Case(
            ##"{"version":{"selectableFields":[{"jsonPath":".spec.size"},{"jsonPath":".spec"},{"jsonPath":".spec.nope"},{"jsonPath":".spec.size"},{"jsonPath":".spec[\u0027a\u0027]"},{}]}}"##,
            [
                ##"spec.selectableFields[1].jsonPath: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."##,
                ##"spec.selectableFields[2].jsonPath: Invalid value: ".spec.nope": is an invalid path: does not refer to a valid field"##,
                ##"spec.selectableFields[3].jsonPath: Duplicate value: ".spec.size""##,
                ##"spec.selectableFields[4].jsonPath: Invalid value: ".spec['a']": is an invalid path: array notation is not allowed"##,
                ##"spec.selectableFields[5].jsonPath: Required value"##,
            ]),
    ]

    @Test("a spec's own faults", arguments: specCases)
    func spec(_ given: Case) throws {
        let patch = try JSON(parsing: given.input)
        let good = try definition()
        var changed = good
        if patch.has("version") {
            changed["spec", "versions"] = [try MergePatch.apply(patch["version"], to: good["spec", "versions"][0])]
        }
        var rest = patch
        rest.remove("version")
        let patched = try MergePatch.apply(rest, to: changed)
        let json = try definition { $0 = patched }
        let found = faults(json)
        #expect(found == given.faults)
    }

    @Test("more than eight selectable fields are too many")
    func selectableFields() throws {
        let json = try definition { json in
            let names = (0..<9).map { "f\($0)" }
            let properties = names.map { "\"\($0)\":{\"type\":\"string\"}" }.joined(separator: ",")
            json.schema(#"{"type":"object","properties":{\#(properties)}}"#)
            json.version { $0["selectableFields"] = .array(names.map { ["jsonPath": .string(".\($0)")] }) }
        }
        #expect(faults(json) == ["spec.selectableFields: Too many: 9: must have at most 8 items"])
    }

    private static let structuralCases: [Case] = [
        Case(
            #"{"properties":{"a":{"type":"string"}}}"#, ["\(top).type: Required value: must not be empty at the root"]),
        Case(
            #"{"type":"array","items":{"type":"string"}}"#,
            [#"\#(top).type: Invalid value: "array": must be object at the root"#]),
        Case(
            #"{"type":"object","properties":{"a":{}}}"#,
            ["\(top).properties[a].type: Required value: must not be empty for specified object fields"]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"array"}}}"#,
            ["\(top).properties[a].items: Required value: must be specified"]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"array","items":{}}}}"#,
            ["\(top).properties[a].items.type: Required value: must not be empty for specified array items"]),
        Case(
            #"{"type":"object","additionalProperties":{"type":"string"}}"#,
            ["\(top).additionalProperties: Forbidden: must not be used at the root"]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"object","oneOf":[{"type":"object"}]}}}"#,
            ["\(top).properties[a].oneOf[0].type: Forbidden: must be empty to be structural"]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"object"}},"anyOf":[{"properties":{"a":{"properties":{"b":{"minimum":1}}}}}]}"#,
            [
                "\(top).properties[a].properties[b]: Required value: because it is defined in \(top).anyOf[0].properties[a].properties[b]"
            ]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"string","not":{"description":"x","nullable":true}}}}"#,
            [
                "\(top).properties[a].not.description: Forbidden: must be empty to be structural",
                "\(top).properties[a].not.nullable: Forbidden: must be false to be structural",
            ]),
        Case(
            #"{"type":"object","properties":{"kind":{"type":"integer"}}}"#,
            [#"\#(top).properties[kind].type: Invalid value: "integer": must be string"#]),
        Case(
            #"{"type":"object","properties":{"metadata":{"type":"object","properties":{"labels":{"type":"object"}}}}}"#,
            [
                "\(top).properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified"
            ]),
        Case(
            #"{"type":"object","properties":{"metadata":{"type":"object","properties":{"name":{"type":"string","maxLength":5}}}}}"#,
            []),
        Case(
            #"{"type":"object","properties":{"e":{"type":"object","x-kubernetes-embedded-resource":true}}}"#,
            [
                "\(top).properties[e].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
            ]),
        Case(
            #"{"type":"object","properties":{"e":{"x-kubernetes-int-or-string":true,"x-kubernetes-preserve-unknown-fields":true}}}"#,
            [
                "\(top).properties[e].x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true"
            ]),
        Case(
            #"{"type":"object","properties":{"e":{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]}}}"#,
            []),
        Case(
            #"{"type":"object","properties":{"e":{"x-kubernetes-int-or-string":true,"allOf":[{"anyOf":[{"type":"integer"},{"type":"string"}]},{"pattern":"a"}]}}}"#,
            []),
        Case(
            #"{"type":"object","properties":{"e":{"type":"string","pattern":"("}}}"#,
            [
                #"\#(top).properties[e].pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): `(`"#
            ]),
        Case(#"{"type":"object","properties":{"e":{"x-kubernetes-preserve-unknown-fields":true}}}"#, []),
        Case(#"{"type":"object","x-kubernetes-preserve-unknown-fields":true}"#, []),
    ]

    @Test("a schema must be structural", arguments: structuralCases)
    func structural(_ given: Case) throws {
        let found = faults(try definition { $0.schema(given.input) })
        #expect(found == given.faults)
    }

    private static let openAPICases: [Case] = [
        Case(
            #"{"type":"object","properties":{"a":{"type":"text"}}}"#,
            [
                #"\#(top).properties[a].type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string""#
            ]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"},"uniqueItems":true}}}"#,
            [
                "\(top).properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
            ]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}},"additionalProperties":{"type":"string"}}}}"#,
            [
                "\(top).properties[a].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"
            ]),
        Case(
            ##"{"type":"object","properties":{"a":{"$ref":"#/x"}}}"##,
            ["\(top).properties[a].$ref: Forbidden: $ref is not supported"]),
        Case(
            #"{"type":"object","definitions":{"a":{"type":"string"}},"id":"x"}"#,
            [
                "\(top).id: Forbidden: id is not supported",
                "\(top).definitions: Forbidden: definitions is not supported",
            ]),
        Case(
            #"{"type":"object","$schema":"http://x"}"#,
            [#"\#(top): Invalid value: "": OpenAPIV3Schema 'schema' is not supported"#]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"array","items":[{"type":"string"}]}}}"#,
            ["\(top).properties[a].items: Forbidden: items must be a schema object and not an array"]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"object","x-kubernetes-preserve-unknown-fields":false}}}"#,
            [
                "\(top).properties[a].x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined"
            ]),
        Case(
            #"{"type":"object","nullable":true}"#,
            ["spec.validation.openAPIV3Schema.nullable: Forbidden: nullable cannot be true at the root"]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"string","x-kubernetes-map-type":"atomic"}}}"#,
            [
                #"\#(top).properties[a].type: Invalid value: "string": must be object if x-kubernetes-map-type is specified"#
            ]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object"},"x-kubernetes-list-type":"set"}}}"#,
            [
                "\(top).properties[a].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set"
            ]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"bag"}}}"#,
            [
                #"\#(top).properties[a].x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map""#
            ]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"k":{"type":"string"}}},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k","k","j"]}}}"#,
            [
                #"\#(top).properties[a].x-kubernetes-list-map-keys: Invalid value: ["k","k","j"]: must not contain duplicate entries"#,
                #"\#(top).properties[a].x-kubernetes-list-map-keys: Invalid value: ["k","k","j"]: entries must all be names of item properties"#,
                "\(top).properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
                "\(top).properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
            ]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object"},"x-kubernetes-list-map-keys":["k"]}}}"#,
            [
                "\(top).properties[a].x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty"
            ]),
        Case(
            #"{"type":"object","properties":{"metadata":{"type":"object","default":{}}}}"#,
            ["\(top).properties[metadata].default: Forbidden: must not be set in top-level metadata"]),
        Case(
            #"{"type":"object","x-kubernetes-validations":[{"rule":" "},{"rule":"self.a\n> 1"},{"rule":"true","message":"a\nb","reason":"Odd","fieldPath":".nope"}]}"#,
            [
                "\(top).x-kubernetes-validations[0].rule: Required value: rule is not specified",
                "\(top).x-kubernetes-validations[1].message: Required value: message must be specified if rule contains line breaks",
                #"\#(top).x-kubernetes-validations[2].message: Invalid value: "a\nb": must not contain line breaks"#,
                #"\#(top).x-kubernetes-validations[2].reason: Unsupported value: "Odd": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired""#,
                #"\#(top).x-kubernetes-validations[2].fieldPath: Invalid value: ".nope": must be a valid path"#,
            ]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"object","properties":{"b.c":{"type":"string"}},"x-kubernetes-validations":[{"rule":"self == self","fieldPath":"['b.c']"}]}}}"#,
            []),
    ]

    @Test("a schema may not say everything that OpenAPI has", arguments: openAPICases)
    func openAPI(_ given: Case) throws {
        let found = faults(try definition { $0.schema(given.input) })
        #expect(found == given.faults)
    }

    private static let defaultCases: [Case] = [
        Case(
            #"{"type":"object","properties":{"a":{"type":"integer","default":"x"}}}"#,
            ["\(top).properties[a].default: Invalid value: \"string\":  in body must be of type integer: \"string\""]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}},"default":{"c":1}}}}"#,
            [#"\#(top).properties[a].default: Invalid value: {"c":1}: must not have unknown fields"#]),
        Case(
            #"{"type":"object","properties":{"a":{"type":"object","default":{"b":"x"},"properties":{"b":{"type":"string","enum":["y"]}}}}}"#,
            [#"\#(top).properties[a].default.b: Unsupported value: "x": supported values: "y""#]),
        Case(
            #"{"type":"object","properties":{"e":{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true,"properties":{"kind":{"type":"string","default":"not a kind"}}}}}"#,
            [
                #"\#(top).properties[e].properties[kind].default: Invalid value: "not a kind": must result in valid metadata: kind: Invalid value: "not a kind": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"#
            ]),
        Case(#"{"type":"object","properties":{"a":{"type":"string","default":"x","maxLength":1}}}"#, []),
    ]

    @Test("defaults fit their schema and hold nothing unknown", arguments: defaultCases)
    func defaults(_ given: Case) throws {
        let found = faults(try definition { $0.schema(given.input) })
        #expect(found == given.faults)
    }

    @Test("with a status subresource nothing may stand at the top that a status would lose")
    func statusRoot() throws {
        let json = try definition { json in
            json.schema(#"{"type":"object","oneOf":[{"required":["spec"]}],"properties":{"spec":{"type":"object"}}}"#)
            json.version { $0["subresources"] = ["status": [:]] }
        }
        let found = faults(json)
        #expect(found.count == 1)
        #expect(
            found[0].hasPrefix(#"spec.validation.openAPIV3Schema: Invalid value: {"ID":"","Schema":"","Ref":null,"#))
        #expect(
            found[0].hasSuffix(
                ": only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength "
                    + "Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example "
                    + "XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the status "
                    + "subresource is enabled"))
    }

    @Test("versions that differ are told of one by one, versions that agree at the top")
    func versions() throws {
        let json = try definition { json in
            var second = json["spec", "versions"][0]
            second["name"] = "v2"
            second["storage"] = false
            second["schema", "openAPIV3Schema"] = ["type": "object", "properties": ["a": [:]]]
            json["spec", "versions"] = [json["spec", "versions"][0], second]
        }
        #expect(
            faults(json) == [
                "spec.versions[1].schema.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields"
            ])
    }

    private func updateFaults(_ change: (inout JSON) -> Void, old: (inout JSON) -> Void = { _ in }) throws -> [String] {
        var before = try definition()
        old(&before)
        var after = before
        change(&after)
        CustomResourceDefinition.rules.prepareForUpdate(&after, before)
        return CustomResourceDefinition.rules.validateUpdate(after, before).map(\.description)
    }

    @Test("group and plural never change, scope and kind not once it is served")
    func immutable() throws {
        let served: (inout JSON) -> Void = { $0["status", "conditions"] = [["type": "Established", "status": "True"]] }
        #expect(try updateFaults({ $0["spec", "scope"] = "Cluster" }) == [])
        #expect(
            try updateFaults({ $0["spec", "scope"] = "Cluster" }, old: served) == [
                #"spec.scope: Invalid value: "Cluster": field is immutable"#
            ])
        #expect(
            try updateFaults({ $0["spec", "names", "kind"] = "Thing" }, old: served) == [
                #"spec.names.kind: Invalid value: "Thing": field is immutable"#
            ])
        #expect(
            try updateFaults({ $0["spec", "group"] = "other.com" }) == [
                #"spec.group: Invalid value: "other.com": field is immutable"#
            ])
    }

    @Test("a version that objects are stored in stays")
    func storedVersions() throws {
        let change: (inout JSON) -> Void = { json in json.version { $0["name"] = "v2" } }
        #expect(
            try updateFaults(change) == [
                #"status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions"#
            ])
    }

    @Test("the generation counts changes of the spec, and a status update changes nothing else")
    func generation() throws {
        let rules = CustomResourceDefinition.rules
        let old = try definition()
        var same = old
        same["metadata", "labels", "a"] = "b"
        rules.prepareForUpdate(&same, old)
        #expect(same["metadata", "generation"] == 1)
        var changed = old
        changed["spec", "names", "shortNames"] = ["w"]
        changed["status"] = nil
        rules.prepareForUpdate(&changed, old)
        #expect(changed["metadata", "generation"] == 2 && changed["status"] == old["status"])
        var status = changed
        status["status", "acceptedNames", "plural"] = "Bad Name"
        rules.prepareForStatusUpdate(&status, old)
        #expect(status["spec"] == old["spec"])
        #expect(rules.validateStatusUpdate(status, old).first?.path.description == "status.acceptedNames.plural")
    }

    @Test("unknown formats are warned of, once they are new")
    func warnings() throws {
        let json = try definition {
            $0.schema(#"{"type":"object","properties":{"a":{"type":"string","format":"colour"}}}"#)
        }
        #expect(CustomResourceDefinition.rules.warnings(json, nil) == [#"unrecognized format "colour""#])
        #expect(CustomResourceDefinition.rules.warnings(json, json) == [])
    }

    @Test("schemas nested too deep are refused, not followed")
    func depth() throws {
        let deep =
            String(repeating: #"{"type":"object","properties":{"a":"#, count: 200) + #"{"type":"string"}"#
            + String(repeating: "}}", count: 200)
        #expect(
            faults(try definition { $0.schema(deep) }) == [
                #"spec.validation.openAPIV3Schema: Invalid value: "": must not be nested deeper than 128 schemas"#
            ])
    }

    @Test("random schemas are judged without a crash, and those that pass can be used", arguments: Fuzz.seeds(3))
    func fuzz(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            let schema = RandomSchema.schema(depth: 3, &generator)
            let json = try definition { json in json.version { $0["schema", "openAPIV3Schema"] = schema } }
            let first = faults(json)
            #expect(first == faults(json))
        }
    }
}
