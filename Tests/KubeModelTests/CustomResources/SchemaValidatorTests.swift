import JSON
import TestKit
import Testing

@testable import KubeModel

private func faults(_ schema: String, _ value: String, old: String? = nil) throws -> [String] {
    let parsed = try #require(JSONSchema(JSON(parsing: schema)))
    let new = try JSON(parsing: value)
    let correlation = try old.map { SchemaCorrelation(new: new, old: try JSON(parsing: $0), schema: parsed) }
    return SchemaValidator.errors(new, parsed, correlation: correlation).map(\.description)
}

/// `{"spec": {"x": …}}` under a schema for x.
private func faultsOfX(_ schema: String, _ value: String) throws -> [String] {
    let root =
        #"{"type":"object","properties":{"spec":{"type":"object","properties":{"x":\#(schema)}}}}"#
    return try faults(root, #"{"spec":{"x":\#(value)}}"#)
}

@Suite struct SchemaValidatorTests {
    @Test(
        "a value of the wrong kind or out of bounds is told of in the original's words",
        arguments: [
            (
                #"{"type":"integer","maximum":10}"#, "11",
                "Invalid value: 11: spec.x in body should be less than or equal to 10"
            ),
            (
                #"{"type":"integer","maximum":10,"exclusiveMaximum":true}"#, "10",
                "Invalid value: 10: spec.x in body should be less than 10"
            ),
            (
                #"{"type":"integer","minimum":1}"#, "0",
                "Invalid value: 0: spec.x in body should be greater than or equal to 1"
            ),
            (
                #"{"type":"number","minimum":1.5,"exclusiveMinimum":true}"#, "1.5",
                "Invalid value: 1.5: spec.x in body should be greater than 1.5"
            ),
            (
                #"{"type":"integer"}"#, #""a""#,
                #"Invalid value: "string": spec.x in body must be of type integer: "string""#
            ),
            (
                #"{"type":"string"}"#, "5",
                #"Invalid value: "integer": spec.x in body must be of type string: "integer""#
            ),
            (#"{"type":"object"}"#, "[]", #"Invalid value: "array": spec.x in body must be of type object: "array""#),
            (#"{"type":"string"}"#, "null", #"Invalid value: "null": spec.x in body must be of type string: "null""#),
            (
                #"{"x-kubernetes-int-or-string":true}"#, "true",
                #"Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean""#
            ),
            (#"{"type":"string","enum":["b","a"]}"#, #""c""#, #"Unsupported value: "c": supported values: "b", "a""#),
            (#"{"type":"integer","enum":[1,2]}"#, "3", #"Unsupported value: 3: supported values: "1", "2""#),
            (#"{"type":"string","maxLength":2}"#, #""abc""#, "Too long: may not be more than 2 bytes"),
            (#"{"type":"string","maxLength":1}"#, #""é!""#, "Too long: may not be more than 1 byte"),
            (
                #"{"type":"string","minLength":2}"#, #""é""#,
                #"Invalid value: "é": spec.x in body should be at least 2 chars long"#
            ),
            (
                #"{"type":"string","pattern":"^a+$"}"#, #""b""#,
                #"Invalid value: "b": spec.x in body should match '^a+$'"#
            ),
            (
                #"{"type":"array","items":{"type":"string"},"minItems":1}"#, "[]",
                "Invalid value: 0: spec.x in body should have at least 1 items"
            ),
            (
                #"{"type":"array","items":{"type":"integer"},"maxItems":1}"#, "[1,2]",
                "Too many: 2: must have at most 1 item"
            ),
            (
                #"{"type":"array","items":{"type":"integer"},"uniqueItems":true}"#, "[1,1]",
                #"Invalid value: "": spec.x in body shouldn't contain duplicates"#
            ),
            (
                #"{"type":"object","minProperties":1}"#, "{}",
                "Invalid value: 0: spec.x in body should have at least 1 properties"
            ),
            (
                #"{"type":"object","additionalProperties":{"type":"string"},"maxProperties":1}"#, #"{"a":"","b":""}"#,
                "Too many: 2: must have at most 1 item"
            ),
            (
                #"{"type":"object","additionalProperties":false}"#, #"{"a":1}"#,
                #"Invalid value: "a": spec.x.a in body is a forbidden property"#
            ),
            (#"{"type":"integer","multipleOf":3}"#, "4", "Invalid value: 4: spec.x in body should be a multiple of 3"),
            (
                #"{"type":"number","multipleOf":0.1}"#, "0.25",
                "Invalid value: 0.25: spec.x in body should be a multiple of 0.1"
            ),
            (
                #"{"type":"number","multipleOf":0.5}"#, "1",
                "Invalid value: 0: factor MultipleOf declared for spec.x must be positive: 0"
            ),
            (
                #"{"type":"string","format":"date"}"#, #""2023-02-29""#,
                #"Invalid value: "2023-02-29": spec.x in body must be of type date: "2023-02-29""#
            ),
            (
                #"{"type":"string","format":"date-time"}"#, #""x""#,
                #"Invalid value: "x": spec.x in body must be of type date-time: "x""#
            ),
            (
                #"{"type":"string","format":"date"}"#, "5",
                #"Invalid value: "int64": spec.x in body must be of type date: "int64""#
            ),
            (
                #"{"type":"integer","format":"int32"}"#, #""5""#,
                #"Invalid value: "string": spec.x in body must be of type integer: "string""#
            ),
        ])
    func onField(_ schema: String, _ value: String, _ expected: String) throws {
        #expect(try faultsOfX(schema, value) == ["spec.x: \(expected)"])
    }

    @Test(
        "a value that fits is passed",
        arguments: [
            (#"{"type":"integer"}"#, "1.0"), (#"{"type":"number"}"#, "1"),
            (#"{"type":"string","nullable":true}"#, "null"),
            (#"{"type":"string","format":"nonsense"}"#, #""x""#), (#"{"type":"string","format":"date"}"#, "[1]"),
            (#"{"x-kubernetes-int-or-string":true}"#, #""50%""#),
            (#"{"x-kubernetes-preserve-unknown-fields":true}"#, "null"),
            (#"{"type":"number","multipleOf":0.1}"#, "0.3"), (#"{"type":"integer","enum":[1]}"#, "1.0"),
            (#"{"type":"integer","maximum":10}"#, "10"),
            (#"{"type":"object","additionalProperties":true}"#, #"{"a":1}"#),
            (#"{"type":"integer","format":"int64"}"#, "9223372036854775807"),
            (#"{"anyOf":[{"type":"integer"},{"type":"string"}]}"#, "1"),
        ])
    func passes(_ schema: String, _ value: String) throws {
        #expect(try faultsOfX(schema, value) == [])
    }

    @Test(
        "numbers out of their type's range belong to no field",
        arguments: [
            (
                #"{"type":"integer","format":"int32"}"#, "2147483648",
                #"<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x"#
            ),
            (
                #"{"type":"integer"}"#, "1.5",
                #"<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.x"#
            ),
            (
                #"{"type":"integer"}"#, "1e30",
                #"<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.x"#
            ),
            (
                #"{"type":"number","format":"float"}"#, "1e39",
                #"<nil>: Invalid value: "": Checked value must be of type number with format float in spec.x"#
            ),
        ])
    func ranges(_ schema: String, _ value: String, _ expected: String) throws {
        #expect(try faultsOfX(schema, value).contains(expected))
    }

    @Test("missing members are required by path, at the top and below")
    func required() throws {
        let schema =
            #"{"type":"object","required":["spec"],"properties":{"spec":{"type":"object","required":["a","b"],"properties":{"a":{"type":"string"}}}}}"#
        #expect(try faults(schema, "{}") == ["spec: Required value"])
        #expect(try faults(schema, #"{"spec":{"a":"x"}}"#) == ["spec.b: Required value"])
    }

    @Test(
        "alternatives tell of themselves and of the one that came nearest",
        arguments: [
            (
                #"{"type":"object","oneOf":[{"required":["a"]},{"required":["b"]}]}"#, #"{"a":1,"b":2}"#,
                [
                    #"<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives"#
                ]
            ),
            (
                #"{"type":"object","oneOf":[{"required":["a"]},{"required":["b"]}]}"#, "{}",
                [
                    #"<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found none valid"#,
                    "spec.x.a: Required value",
                ]
            ),
            (
                #"{"type":"object","anyOf":[{"required":["a"]},{"required":["b"]}]}"#, "{}",
                [
                    #"<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)"#,
                    "spec.x.a: Required value",
                ]
            ),
            (
                #"{"type":"object","allOf":[{"required":["a"]},{"required":["b"]}]}"#, #"{"a":1}"#,
                [
                    "spec.x.b: Required value",
                    #"<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf)"#,
                ]
            ),
            (
                #"{"type":"object","allOf":[{"required":["a"]}]}"#, "{}",
                [
                    "spec.x.a: Required value",
                    #"<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf). None validated"#,
                ]
            ),
            (
                #"{"type":"object","not":{"required":["a"]}}"#, #"{"a":1}"#,
                [#"<nil>: Invalid value: "": "spec.x" must not validate the schema (not)"#]
            ),
        ])
    func junctors(_ schema: String, _ value: String, _ expected: [String]) throws {
        #expect(try faultsOfX(schema, value) == expected)
    }

    @Test("what was stored before may stay as it is, and only that")
    func ratcheting() throws {
        let schema = """
            {"type":"object","properties":{"a":{"type":"string","maxLength":1},"b":{"type":"string","maxLength":1},
            "list":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"],"items":{"type":"object",
            "properties":{"k":{"type":"string"},"v":{"type":"string","maxLength":1}}}}}}
            """
        #expect(try faults(schema, #"{"a":"long","b":"x"}"#, old: #"{"a":"long","b":"y"}"#) == [])
        #expect(
            try faults(schema, #"{"a":"long","b":"xx"}"#, old: #"{"a":"long","b":"y"}"#)
                == ["b: Too long: may not be more than 1 byte"])
        #expect(
            try faults(schema, #"{"a":"other"}"#, old: #"{"a":"long"}"#) == ["a: Too long: may not be more than 1 byte"]
        )
        let old = #"{"list":[{"k":"1","v":"long"},{"k":"2","v":"x"}]}"#
        #expect(try faults(schema, #"{"list":[{"k":"2","v":"y"},{"k":"1","v":"long"}]}"#, old: old) == [])
        #expect(
            try faults(schema, #"{"list":[{"k":"3","v":"long"}]}"#, old: old)
                == ["list[0].v: Too long: may not be more than 1 byte"])
    }

    @Test("the same fault is told once, and not too many in all")
    func amount() throws {
        let schema = #"{"type":"object","properties":{"l":{"type":"array","items":{"type":"string"}}}}"#
        let many = "[" + (0..<5_000).map(String.init).joined(separator: ",") + "]"
        #expect(try faults(schema, #"{"l":\#(many)}"#).count == SchemaValidator.Limit.faults)
        #expect(try faultsOfX(#"{"type":"string","allOf":[{"minLength":2},{"minLength":2}]}"#, #""a""#).count == 2)
    }

    @Test("hostile schemas and values take bounded time and no stack", .timeLimit(.minutes(1)))
    func hostile() throws {
        let deep = String(repeating: #"{"not":"#, count: 300) + "{}" + String(repeating: "}", count: 300)
        #expect(JSONSchema(try JSON(parsing: deep)) == nil)
        let nested = String(repeating: #"{"not":"#, count: 100) + "{}" + String(repeating: "}", count: 100)
        #expect(try faults(nested, "{}").isEmpty)
        let alternatives = (0..<2_000).map { #"{"maxLength":\#($0 % 2)}"# }.joined(separator: ",")
        let values = (0..<4_000).map { _ in #""long""# }.joined(separator: ",")
        let schema = #"{"type":"array","items":{"type":"string","oneOf":[\#(alternatives)]}}"#
        let parsed = try #require(JSONSchema(JSON(parsing: schema)))
        let errors = SchemaValidator.errors(try JSON(parsing: "[\(values)]"), parsed, visits: 50_000)
        #expect(errors.first?.message.contains("too complex") == true)
        let patterns = (0..<520).map { #""p\#($0)":{"type":"string","pattern":"[a-z]{1000}"}"# }.joined(separator: ",")
        let costly = try #require(JSONSchema(JSON(parsing: #"{"properties":{\#(patterns)}}"#)))
        #expect(costly.properties.values.contains { $0.patternFault?.contains("expression too large") == true })
    }

    @Test(
        "random schemas and values never crash, and a value without faults still has none after its defaults",
        arguments: Fuzz.seeds(4))
    func fuzz(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<150 {
            let schema = try #require(JSONSchema(RandomSchema.schema(depth: 3, &generator)))
            let value = RandomSchema.value(depth: 3, &generator)
            _ = SchemaValidator.errors(value, schema)
            let pruned = SchemaPruning.prune(value, schema, isResource: false).value
            #expect(SchemaPruning.prune(pruned, schema, isResource: false).unknown.isEmpty)
            let defaulted = SchemaDefaulting.defaulted(SchemaDefaulting.withoutNulls(pruned, schema), schema)
            #expect(SchemaDefaulting.defaulted(defaulted, schema) == defaulted)
            _ = ListInvariants.errors(value, schema)
            _ = EmbeddedResources.errors(value, schema)
            let same = SchemaCorrelation(new: value, old: value, schema: schema)
            #expect(SchemaValidator.errors(value, schema, correlation: same).isEmpty)
        }
    }
}

/// Schemas and values at random, of few names so that they meet.
enum RandomSchema {
    static func schema(depth: Int, _ generator: inout SeededGenerator) -> JSON {
        var schema: JSON = [:]
        func chance(_ part: Int) -> Bool { Int.random(in: 0..<part, using: &generator) == 0 }
        let types = ["object", "array", "string", "integer", "number", "boolean", ""]
        let type = types[Int.random(in: 0..<types.count, using: &generator)]
        if !type.isEmpty { schema["type"] = .string(type) }
        if chance(4) { schema["nullable"] = true }
        if chance(6) { schema["default"] = value(depth: 1, &generator) }
        if chance(6) { schema["x-kubernetes-preserve-unknown-fields"] = true }
        if chance(9) { schema["x-kubernetes-embedded-resource"] = true }
        if chance(8) { schema["enum"] = [value(depth: 0, &generator), value(depth: 0, &generator)] }
        if chance(5) { schema["minimum"] = 2 }
        if chance(5) { schema["maxLength"] = 1 }
        if chance(7) { schema["pattern"] = "^[a-c]*$" }
        if chance(7) { schema["x-kubernetes-list-type"] = chance(2) ? "set" : "map" }
        if chance(7) { schema["x-kubernetes-list-map-keys"] = ["a"] }
        guard depth > 0 else { return schema }
        if chance(2) {
            for name in ["a", "b"] { schema["properties", name] = self.schema(depth: depth - 1, &generator) }
        }
        if chance(4) { schema["additionalProperties"] = self.schema(depth: depth - 1, &generator) }
        if chance(2) { schema["items"] = self.schema(depth: depth - 1, &generator) }
        for junctor in ["allOf", "anyOf", "oneOf"] where chance(6) {
            schema[junctor] = [self.schema(depth: depth - 1, &generator), self.schema(depth: 0, &generator)]
        }
        if chance(8) { schema["not"] = self.schema(depth: depth - 1, &generator) }
        if chance(4) { schema["required"] = ["a"] }
        return schema
    }

    static func value(depth: Int, _ generator: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &generator) {
        case 0: return nil
        case 1: return true
        case 2: return JSON(Int.random(in: 0..<4, using: &generator))
        case 3: return .number("1.5")
        case 4: return "a"
        case 5: return "zz"
        case 6: return .array((0..<2).map { _ in value(depth: depth - 1, &generator) })
        default:
            var object: JSON = [:]
            for name in ["a", "b", "c", "kind", "metadata"] where Bool.random(using: &generator) {
                object[name] = value(depth: depth - 1, &generator)
            }
            return object
        }
    }
}
