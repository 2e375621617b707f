import JSON
import Testing

@testable import KubeModel

@Suite("Structural decoding")
struct StructuralDecoderTests {
    func decode(_ text: String, _ kind: String = "Pod", _ group: String = "", defaults: Bool = true) throws
        -> (object: JSON, strict: StrictErrors)
    {
        var duplicates: [JSON.Duplicate] = []
        let tree = try JSON.parse(Array(text.utf8), duplicates: &duplicates)
        let type = try #require(Schema.builtIn.type(GroupVersion(group, "v1"), kind: kind))
        return try StructuralDecoder.decode(tree, as: type, duplicates: duplicates, defaults: defaults)
    }

    static let strictCases: [(text: String, messages: [String])] = [
        (#"{"spec":{"foo":1}}"#, [#"unknown field "spec.foo""#]),
        (
            #"{"foo":1,"spec":{"containers":[{"name":"a"},{"image":"x","imag":"y"}]}}"#,
            [#"unknown field "foo""#, #"unknown field "spec.containers[1].imag""#]
        ),
        // Names are compared by case.
        (
            #"{"Spec":{},"spec":{"hostnetwork":true}}"#,
            [#"unknown field "Spec""#, #"unknown field "spec.hostnetwork""#]
        ),
        (#"{"metadata":{"labels":{"a":"1","b":"2","a":"3"}}}"#, [#"duplicate field "metadata.labels.a""#]),
        (#"{"spec":{"nodeName":"a","nodeName":"b"}}"#, [#"duplicate field "spec.nodeName""#]),
        // In the order in which they were written.
        (
            #"{"spec":{"x":1,"nodeName":"a","nodeName":"b","y":2}}"#,
            [#"unknown field "spec.x""#, #"duplicate field "spec.nodeName""#, #"unknown field "spec.y""#]
        ),
        // An unknown field is unknown, however often; nothing below it is looked at.
        (#"{"spec":{"x":{"a":1,"a":2},"x":{}}}"#, [#"unknown field "spec.x""#]),
        (
            #"{"spec":{"containers":[{"env":[{"name":"a","name":"b"},{"nam":"c"}]}]}}"#,
            [#"duplicate field "spec.containers[0].env[0].name""#, #"unknown field "spec.containers[0].env[1].nam""#]
        ),
        // Embedded structs have no name of their own.
        (
            #"{"spec":{"volumes":[{"name":"v","emptyDir":{},"volumeSource":{}}]}}"#,
            [#"unknown field "spec.volumes[0].volumeSource""#]
        ),
        (#"{"apiVersion":"v1","kind":"Pod"}"#, []),
    ]

    @Test("unknown and duplicate fields are told of with the original's sentences", arguments: strictCases)
    func strict(_ text: String, _ messages: [String]) throws {
        #expect(try decode(text).strict.messages == messages)
    }

    @Test("strict sentences are joined as the original joins them, and a hundred of them are kept")
    func strictSentence() throws {
        #expect(
            try decode(#"{"a":1,"b":2}"#).strict.sentence
                == #"strict decoding error: unknown field "a", unknown field "b""#)
        let many = (0..<500).map { "\"x\($0)\":1" }.joined(separator: ",")
        #expect(try decode("{\(many)}").strict.messages.count == 100)
    }

    @Test("duplicates of objects without a type are told of wherever they are")
    func openDuplicates() throws {
        var duplicates: [JSON.Duplicate] = []
        _ = try JSON.parse(Array(#"{"a":{"x":1,"x":2},"b":1,"b":2}"#.utf8), duplicates: &duplicates)
        var strict = StrictErrors()
        strict.add(duplicates)
        #expect(strict.messages == [#"duplicate field "a.x""#, #"duplicate field "b""#])
    }

    static let faults: [(text: String, kind: String, group: String, message: String)] = [
        (
            #"{"spec":{"replicas":"3"}}"#, "Deployment", "apps",
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
        ),
        (
            #"{"spec":{"replicas":3000000000}}"#, "Deployment", "apps",
            "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32"
        ),
        (
            #"{"spec":{"replicas":1.5}}"#, "Deployment", "apps",
            "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"
        ),
        (
            #"{"spec":{"containers":{}}}"#, "Pod", "",
            "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container"
        ),
        (
            #"{"spec":{"containers":[1]}}"#, "Pod", "",
            "json: cannot unmarshal number into Go struct field PodSpec.spec.containers of type v1.Container"
        ),
        (
            #"{"spec":{"containers":[{"name":5}]}}"#, "Pod", "",
            "json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string"
        ),
        (
            #"{"spec":{"restartPolicy":5}}"#, "Pod", "",
            "json: cannot unmarshal number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy"
        ),
        (
            #"{"metadata":{"labels":{"a":1}}}"#, "Pod", "",
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"
        ),
        (
            #"{"metadata":{"labels":[]}}"#, "Pod", "",
            "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string"
        ),
        (
            #"{"spec":{"hostNetwork":"yes"}}"#, "Pod", "",
            "json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool"
        ),
        (
            #"{"spec":[]}"#, "Pod", "",
            "json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec"
        ),
        (#"[]"#, "Pod", "", "json: cannot unmarshal array into Go value of type v1.Pod"),
        (
            #"{"spec":{"nodeSelector":{"a":true}}}"#, "Pod", "",
            "json: cannot unmarshal bool into Go struct field PodSpec.spec.nodeSelector of type string"
        ),
        (
            #"{"spec":{"volumes":[{"emptyDir":{"sizeLimit":"x"}}]}}"#, "Pod", "",
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        ),
        (
            #"{"spec":{"containers":[{"resources":{"limits":{"cpu":{}}}}]}}"#, "Pod", "",
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        ),
        (
            #"{"metadata":{"creationTimestamp":"yesterday"}}"#, "Pod", "",
            #"parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#
        ),
        (
            #"{"metadata":{"creationTimestamp":5}}"#, "Pod", "",
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string"
        ),
        (
            #"{"spec":{"ports":[{"targetPort":true}]}}"#, "Service", "",
            "json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32"
        ),
        (
            #"{"spec":{"ports":[{"targetPort":3000000000}]}}"#, "Service", "",
            "json: cannot unmarshal number 3000000000 into Go struct field ServicePort.spec.ports.targetPort "
                + "of type int32"
        ),
        (#"{"data":{"a":"%%"}}"#, "Secret", "", "illegal base64 data at input byte 0"),
        (#"{"data":{"a":"YWI"}}"#, "Secret", "", "illegal base64 data at input byte 0"),
        (#"{"data":{"a":"YWJjZA="}}"#, "Secret", "", "illegal base64 data at input byte 7"),
        (
            #"{"data":{"a":5}}"#, "Secret", "",
            "json: cannot unmarshal number into Go struct field Secret.data of type []uint8"
        ),
        // The first of several; but a text that can't be read comes before them.
        (
            #"{"spec":{"hostNetwork":1,"hostPID":"x"}}"#, "Pod", "",
            "json: cannot unmarshal number into Go struct field PodSpec.spec.hostNetwork of type bool"
        ),
        (
            #"{"spec":{"hostNetwork":1,"overhead":{"cpu":"x"}}}"#, "Pod", "",
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        ),
        (
            #"{"spec":{"minAvailable":1.5}}"#, "PodDisruptionBudget", "policy",
            "json: cannot unmarshal number 1.5 into Go struct field PodDisruptionBudgetSpec.spec.minAvailable "
                + "of type int32"
        ),
    ]

    @Test("values of the wrong type are refused with the original's sentences", arguments: faults)
    func fault(_ text: String, _ kind: String, _ group: String, _ message: String) {
        #expect(throws: DecodingError(message)) { _ = try decode(text, kind, group) }
    }

    static let forms: [(text: String, kind: String, group: String, result: String)] = [
        // Nulls and empty optional fields are gone, and what the original always writes is there.
        (
            #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","labels":null,"uid":""},"data":{}}"#,
            "ConfigMap", "", #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}}"#
        ),
        (
            #"{"spec":{"hostNetwork":false,"terminationGracePeriodSeconds":0,"nodeName":"","volumes":[]}}"#, "Pod", "",
            #"{"metadata":{},"spec":{"containers":null,"terminationGracePeriodSeconds":0},"status":{}}"#
        ),
        (
            #"{"spec":{"containers":[{"name":"c"}]}}"#, "Pod", "",
            #"{"metadata":{},"spec":{"containers":[{"name":"c","resources":{}}]},"status":{}}"#
        ),
        (
            #"{"metadata":{"name":"r"}}"#, "ClusterRole", "rbac.authorization.k8s.io",
            #"{"metadata":{"name":"r"},"rules":null}"#
        ),
        (#"{"rules":[]}"#, "ClusterRole", "rbac.authorization.k8s.io", #"{"metadata":{},"rules":null}"#),
        // Unknown fields are dropped.
        (#"{"metadata":{"nme":"x"},"stuff":[1]}"#, "ConfigMap", "", #"{"metadata":{}}"#),
        // Quantities, times and base64 in their canonical form; map keys in their order.
        (
            #"{"spec":{"hard":{"pods":"1000m","cpu":"0.5","a":1024,"memory":"1024Mi"}}}"#, "ResourceQuota", "",
            #"{"metadata":{},"spec":{"hard":{"a":"1024","cpu":"500m","memory":"1Gi","pods":"1"}},"status":{}}"#
        ),
        (
            #"{"metadata":{"creationTimestamp":"2026-01-02T03:04:05.678+01:00"}}"#, "ConfigMap", "",
            #"{"metadata":{"creationTimestamp":"2026-01-02T02:04:05Z"}}"#
        ),
        (#"{"data":{"b":"YQ==","a":"Y\nQ=="}}"#, "Secret", "", #"{"metadata":{},"data":{"a":"YQ==","b":"YQ=="}}"#),
        // Defaults of the schema where the parent is there.
        (
            #"{"spec":{"ports":[{"port":80},{"port":53,"protocol":"UDP"}]}}"#, "Service", "",
            #"{"metadata":{},"spec":{"ports":[{"protocol":"TCP","port":80,"targetPort":0},"#
                + #"{"protocol":"UDP","port":53,"targetPort":0}]},"status":{"loadBalancer":{}}}"#
        ),
        (
            #"{"spec":{"imagePullSecrets":[{}]}}"#, "Pod", "",
            #"{"metadata":{},"spec":{"containers":null,"imagePullSecrets":[{}]},"status":{}}"#
        ),
        // Null elements are zero ones.
        (
            #"{"spec":{"containers":[null]}}"#, "Pod", "",
            #"{"metadata":{},"spec":{"containers":[{"name":"","resources":{}}]},"status":{}}"#
        ),
        (#"{"data":{"a":null}}"#, "ConfigMap", "", #"{"metadata":{},"data":{"a":""}}"#),
        // A null for an optional time or object is no value.
        (
            #"{"metadata":{"deletionTimestamp":null},"spec":null}"#, "Pod", "",
            #"{"metadata":{},"spec":{"containers":null},"status":{}}"#
        ),
    ]

    @Test("objects take the form in which the original writes them", arguments: forms)
    func form(_ text: String, _ kind: String, _ group: String, _ result: String) throws {
        #expect(try decode(text, kind, group).object.text == result)
    }

    @Test("a custom resource's definition keeps the schemas inside it, in the form of their type")
    func schemas() throws {
        let text = #"""
            {"spec":{"group":"g","versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{
            "type":"object","properties":{"a":{"type":"array","items":{"type":"string","nonsense":1}},
            "b":{"additionalProperties":{"type":"string","x":1}},"c":{"additionalProperties":false}}}}}]}}
            """#
        let (object, strict) = try decode(text, "CustomResourceDefinition", "apiextensions.k8s.io")
        let schema = object["spec", "versions"][0]["schema", "openAPIV3Schema", "properties"]
        #expect(schema["a"].text == #"{"type":"array","items":{"type":"string"}}"#)
        #expect(schema["b"].text == #"{"additionalProperties":{"type":"string"}}"#)
        #expect(schema["c"].text == #"{"additionalProperties":false}"#)
        #expect(strict.isEmpty)
    }

    @Test("every kind with nothing set decodes, and what comes out comes out of itself again")
    func emptyObjects() throws {
        for (name, kinds) in Schema.builtIn.kinds {
            let type = try #require(Schema.builtIn.type(name))
            let empty = try StructuralDecoder.decode([:], as: type).object
            let again = try StructuralDecoder.decode(empty, as: type)
            #expect(again.object == empty && again.strict.isEmpty, "\(kinds)")
        }
    }

    static let syntaxErrors = [
        ("", "unexpected end of JSON input"), ("{", "unexpected end of JSON input"),
        ("{a", "invalid character 'a' looking for beginning of object key string"),
        (#"{"a" 1}"#, "invalid character '1' after object key"),
        (#"{"a":}"#, "invalid character '}' looking for beginning of value"),
        (#"{"a":1 "b"}"#, #"invalid character '"' after object key:value pair"#),
        ("[1 2]", "invalid character '2' after array element"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        (#"{"a":1,}"#, "invalid character '}' looking for beginning of object key string"),
        ("1 2", "invalid character '2' after top-level value"),
        ("trux", "invalid character 'x' in literal true (expecting 'e')"),
        ("-", "unexpected end of JSON input"), ("-a", "invalid character 'a' in numeric literal"),
        ("01", "invalid character '1' after top-level value"),
        ("1.x", "invalid character 'x' after decimal point in numeric literal"),
        ("1ex", "invalid character 'x' in exponent of numeric literal"),
        (#""\x""#, "invalid character 'x' in string escape code"),
        (#""\u00zz""#, "invalid character 'z' in \\u hexadecimal character escape"),
        ("\"a\nb\"", "invalid character '\\n' in string literal"),
        ("'a'", "invalid character '\\'' looking for beginning of value"),
        ("kind: Pod", "invalid character 'k' looking for beginning of value"),
    ]

    @Test("text that is no JSON is described as Go does", arguments: syntaxErrors)
    func syntax(_ text: String, _ message: String) {
        #expect(GoSyntaxError.describe(Array(text.utf8)) == message)
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test("JSON is no syntax error", arguments: ["{}", "[]", "[[],{},[1,-2.5e+7,\"a\\u00e9\\n\"],true,null]", " 0 "])
    func noSyntaxError(_ text: String) { #expect(GoSyntaxError.describe(Array(text.utf8)) == nil) }

    @Test(
        "doubles are written as Go's encoder writes them",
        arguments: [
            (1.5, "1.5"), (100, "100"), (1e20, "100000000000000000000"), (1e21, "1e+21"), (1e-6, "0.000001"),
            (1.5e-7, "1.5e-7"), (-0.25, "-0.25"), (123456.789, "123456.789"), (0, "0"), (5e-324, "5e-324"),
        ] as [(Double, String)])
    func doubles(_ value: Double, _ text: String) { #expect(GoNumber.text(value) == text) }
}
