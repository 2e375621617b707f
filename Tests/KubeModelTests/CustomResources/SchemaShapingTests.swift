import JSON
import Testing

@testable import KubeModel

private func schema(_ text: String) throws -> JSONSchema { try #require(JSONSchema(JSON(parsing: text))) }

@Suite struct SchemaShapingTests {
    @Test(
        "pruning takes out what the schema doesn't name",
        arguments: [
            (
                #"{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}}}}}"#,
                #"{"a":{"b":"x","c":1},"d":2,"kind":"K","metadata":{"x":1}}"#,
                #"{"a":{"b":"x"},"kind":"K","metadata":{"x":1}}"#, ["a.c", "d"]
            ),
            (
                #"{"type":"object","x-kubernetes-preserve-unknown-fields":true,"properties":{"a":{"type":"object","properties":{"b":{"type":"string"}}}}}"#,
                #"{"a":{"b":"x","c":1},"d":{"e":2}}"#, #"{"a":{"b":"x"},"d":{"e":2}}"#, ["a.c"]
            ),
            (
                #"{"type":"object","additionalProperties":{"type":"object","properties":{"b":{"type":"string"}}}}"#,
                #"{"x":{"b":"1","c":2}}"#, #"{"x":{"b":"1"}}"#, ["x.c"]
            ),
            (
                #"{"type":"object","properties":{"l":{"type":"array","items":{"type":"object","properties":{"b":{"type":"string"}}}}}}"#,
                #"{"l":[{"b":"1"},{"c":1}]}"#, #"{"l":[{"b":"1"},{}]}"#, ["l[1].c"]
            ),
            (#"{"type":"object","properties":{"o":{"type":"object"}}}"#, #"{"o":{"x":1}}"#, #"{"o":{}}"#, ["o.x"]),
            (
                #"{"type":"object","properties":{"e":{"type":"object","x-kubernetes-embedded-resource":true,"properties":{"spec":{"type":"object"}}}}}"#,
                #"{"e":{"kind":"P","metadata":{"name":"n"},"spec":{"z":1},"y":1}}"#,
                #"{"e":{"kind":"P","metadata":{"name":"n"},"spec":{}}}"#, ["e.spec.z", "e.y"]
            ),
            (
                #"{"type":"object","properties":{"l":{"type":"array","x-kubernetes-preserve-unknown-fields":true,"items":{"type":"object","properties":{"a":{"type":"object"}}}}}}"#,
                #"{"l":[{"a":{"x":1},"b":2}]}"#, #"{"l":[{"a":{},"b":2}]}"#, ["l[0].a.x"]
            ),
            (#"{"type":"object","additionalProperties":true}"#, #"{"x":{"y":1},"z":2}"#, #"{"x":{},"z":2}"#, ["x.y"]),
        ])
    func pruning(_ text: String, _ value: String, _ expected: String, _ unknown: [String]) throws {
        let result = SchemaPruning.prune(try JSON(parsing: value), try schema(text), isResource: true)
        #expect(result.value == (try JSON(parsing: expected)))
        #expect(result.unknown == unknown)
    }

    @Test("without a schema only the standard members stay")
    func noSchema() throws {
        let result = SchemaPruning.prune(try JSON(parsing: #"{"apiVersion":"g/v1","spec":{}}"#), nil, isResource: true)
        #expect(result.value.text == #"{"apiVersion":"g/v1"}"#)
    }

    @Test(
        "defaults go where the parent is, and take the place of a null that may not be",
        arguments: [
            (#"{"properties":{"a":{"default":1},"b":{"properties":{"c":{"default":2}}}}}"#, "{}", #"{"a":1}"#),
            (#"{"properties":{"b":{"properties":{"c":{"default":2}}}}}"#, #"{"b":{}}"#, #"{"b":{"c":2}}"#),
            (#"{"properties":{"b":{"default":{},"properties":{"c":{"default":2}}}}}"#, "{}", #"{"b":{"c":2}}"#),
            (#"{"properties":{"a":{"default":1}}}"#, #"{"a":null}"#, #"{"a":1}"#),
            (#"{"properties":{"a":{"default":1,"nullable":true}}}"#, #"{"a":null}"#, #"{"a":null}"#),
            (#"{"properties":{"a":{}}}"#, #"{"a":null}"#, "{}"),
            (#"{"properties":{"a":{"nullable":true}}}"#, #"{"a":null}"#, #"{"a":null}"#),
            (#"{"additionalProperties":{"properties":{"c":{"default":2}}}}"#, #"{"x":{}}"#, #"{"x":{"c":2}}"#),
            (
                #"{"properties":{"l":{"items":{"properties":{"c":{"default":2}}}}}}"#, #"{"l":[{},{"c":3}]}"#,
                #"{"l":[{"c":2},{"c":3}]}"#
            ),
            (#"{"properties":{"l":{"items":{"default":7}}}}"#, #"{"l":[null,1]}"#, #"{"l":[7,1]}"#),
            (#"{"properties":{"a":{"default":null}}}"#, "{}", "{}"),
        ])
    func defaulting(_ text: String, _ value: String, _ expected: String) throws {
        let parsed = try schema(text)
        let clean = SchemaDefaulting.withoutNulls(try JSON(parsing: value), parsed)
        #expect(SchemaDefaulting.defaulted(clean, parsed) == (try JSON(parsing: expected)))
    }

    @Test(
        "lists that are sets or maps have nothing twice",
        arguments: [
            (#"{"x-kubernetes-list-type":"set"}"#, #"["a","b","a","a"]"#, [#"l[2]: Duplicate value: "a""#]),
            (#"{"x-kubernetes-list-type":"set"}"#, #"[{"a":1},{"a":1}]"#, [#"l[1]: Duplicate value: {"a":1}"#]),
            (
                #"{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"]}"#,
                #"[{"k":1,"v":2},{"k":1,"v":3}]"#, [#"l[1]: Duplicate value: {"k":1}"#]
            ),
            (
                #"{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"]}"#, "[{},{}]",
                ["l[1]: Duplicate value: {}"]
            ),
            (
                #"{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k","j"]}"#,
                #"[{"k":1,"j":2},{"k":1,"j":3},{"j":2,"k":1}]"#, [#"l[2]: Duplicate value: {"j":2,"k":1}"#]
            ),
            (
                #"{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"]}"#, #"["x"]"#,
                [#"l[0]: Invalid value: "x": must be an object for an array of list-type map"#]
            ),
            (#"{"x-kubernetes-list-type":"atomic"}"#, #"["a","a"]"#, []),
        ])
    func lists(_ list: String, _ value: String, _ expected: [String]) throws {
        let parsed = try schema(#"{"properties":{"l":\#(list)}}"#)
        let object = try JSON(parsing: #"{"l":\#(value)}"#)
        #expect(ListInvariants.errors(object, parsed).map(\.description) == expected)
    }

    private static let embedded =
        #"{"properties":{"e":{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true}}}"#

    @Test("an embedded resource keeps of its metadata what ObjectMeta has")
    func embeddedMetadata() throws {
        let value = try JSON(
            parsing:
                #"{"e":{"apiVersion":"v1","kind":"P","metadata":{"name":"n","odd":1,"labels":{"a":"b"},"ownerReferences":[{"uid":"u","x":1}],"creationTimestamp":null}}}"#
        )
        var unknown: [String] = []
        let result = try EmbeddedResources.coerced(value, try schema(Self.embedded), unknown: &unknown)
        #expect(
            result["e", "metadata"]
                == (try JSON(parsing: #"{"name":"n","labels":{"a":"b"},"ownerReferences":[{"uid":"u"}]}"#)))
        #expect(unknown.sorted() == ["e.metadata.odd", "e.metadata.ownerReferences[0].x"])
    }

    @Test(
        "an embedded resource that is none is told of",
        arguments: [
            (
                #"{"metadata":{"name":1},"apiVersion":"v1","kind":"P"}"#,
                #"e.metadata: Invalid value: {"name":1}: json: cannot unmarshal number into Go struct field ObjectMeta.name of type string"#
            ),
            (#"{"apiVersion":"v1","kind":7}"#, #"e.kind: Invalid value: 7: must be a string"#),
            (#"{"apiVersion":"v1"}"#, "e.kind: Required value"),
            (
                #"{"apiVersion":"a/b/c","kind":"P"}"#,
                #"e.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c"#
            ),
            (#"{"apiVersion":"","kind":"P"}"#, #"e.apiVersion: Invalid value: "": must not be empty"#),
            (
                #"{"apiVersion":"v1","kind":"P","metadata":{"name":"a/b"}}"#,
                #"e.metadata.name: Invalid value: "a/b": may not contain '/'"#
            ),
            (
                #"{"apiVersion":"v1","kind":"P","metadata":{"generation":-1}}"#,
                "e.metadata.generation: Invalid value: -1: must be greater than or equal to 0"
            ),
        ])
    func embeddedFaults(_ value: String, _ expected: String) throws {
        let parsed = try schema(Self.embedded)
        #expect(
            EmbeddedResources.errors(try JSON(parsing: #"{"e":\#(value)}"#), parsed).map(\.description) == [expected])
    }
}
