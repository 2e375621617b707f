import JSON
import Testing

@testable import KubeModel

@Suite("Request bodies")
struct RequestBodyTests {
    static let pod = GroupVersionKind(GroupVersion("", "v1"), "Pod")

    struct Decoded {
        let object: JSON, kind: GroupVersionKind, strict: StrictErrors
    }

    /// As a server of built-in kinds does it.
    func decode(_ bytes: [UInt8], _ format: RequestBody.Format = .json, as kind: GroupVersionKind = pod) throws
        -> Decoded
    {
        let type = try #require(Schema.builtIn.type(kind.groupVersion, kind: kind.kind))
        let parsed = try RequestBody.parse(bytes, format, as: kind, type)
        if parsed.kind != kind, let why = RequestBody.unfit(parsed.kind, for: kind) {
            throw RequestBody.refusal(parsed.kind, kind, why)
        }
        var tree = parsed.tree
        tree["kind"] = .string(kind.kind)
        tree["apiVersion"] = .string(kind.groupVersion.description)
        do throws(DecodingError) {
            let (object, found) = try StructuralDecoder.decode(tree, as: type, duplicates: parsed.duplicates)
            var strict = parsed.strict
            for message in found.messages { strict.add(message) }
            return Decoded(object: object, kind: parsed.kind, strict: strict)
        } catch { throw RequestBody.refusal(parsed.kind, kind, error.description) }
    }

    static let faults: [(text: String, format: RequestBody.Format, message: String)] = [
        (
            #"{"kind":"Pod","apiVersion":"v1","spec":[]}"#, .json,
            "Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal array into Go struct field "
                + "Pod.spec of type v1.PodSpec"
        ),
        (
            "{", .json,
            "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: "
                + "unexpected end of JSON input ({)"
        ),
        (
            "", .json,
            "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: "
                + "unexpected end of JSON input (<empty>)"
        ),
        (
            "kind: Pod", .json,
            "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: "
                + "invalid character 'k' looking for beginning of value (6b696e643a20506f64)"
        ),
        (
            #"{"kind":5,"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":1}"#, .json,
            "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: "
                + "json: cannot unmarshal number into Go struct field .kind of type string "
                + #"({"kind":5,"aaaaaaaaaaaaaaaaaaa ...)"#
        ),
        (
            "[]", .json,
            "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: "
                + "json: cannot unmarshal array into Go value of type struct { APIVersion string "
                + #""json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" } (5b5d)"#
        ),
        (
            #"{"apiVersion":"a/b/c"}"#, .json,
            "the object provided is unrecognized (must be of type Pod): unexpected GroupVersion string: a/b/c "
                + #"({"apiVersion":"a/b/c"})"#
        ),
        (
            #"{"kind":"Foo","apiVersion":"v1"}"#, .json,
            "Foo in version \"v1\" cannot be handled as a Pod: no kind \"Foo\" is registered for version \"v1\" "
                + "in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\""
        ),
        (
            #"{"kind":"Service","apiVersion":"v1"}"#, .json,
            "Service in version \"v1\" cannot be handled as a Pod: converting (v1.Service) to (core.Pod): "
                + "unknown conversion"
        ),
        (
            "a: b: c", .yaml,
            "the object provided is unrecognized (must be of type Pod): yaml: mapping values are not allowed in this "
                + "context (613a20623a2063)"
        ),
        (
            "spec: 5", .yaml,
            "Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field "
                + "Pod.spec of type v1.PodSpec"
        ),
        (
            "{}", .protobuf,
            "the object provided is unrecognized (must be of type Pod): provided data does not appear to be a "
                + "protobuf message, expected prefix [107 56 115 0] ({})"
        ),
    ]

    @Test("that aren't what their request is for are refused in the original's words", arguments: faults)
    func fault(_ text: String, _ format: RequestBody.Format, _ message: String) {
        let error = #expect(throws: APIStatus.self) { _ = try decode(Array(text.utf8), format) }
        #expect(error?.message == message)
        #expect(error?.code == 400 && error?.reason == "BadRequest")
    }

    @Test("of another version of the kind could be converted")
    func version() {
        let kind = GroupVersionKind(GroupVersion("autoscaling", "v1"), "HorizontalPodAutoscaler")
        let other = GroupVersionKind(GroupVersion("autoscaling", "v2"), "HorizontalPodAutoscaler")
        #expect(RequestBody.unfit(other, for: kind) == nil)
    }

    @Test("may leave out what the path says, and are the same object in each format")
    func formats() throws {
        let json = try decode(Array(#"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c"}]}}"#.utf8))
        #expect(json.object["kind"] == "Pod" && json.object["apiVersion"] == "v1" && json.kind == Self.pod)
        let yaml = try decode(Array("metadata: {name: a}\nspec:\n  containers:\n  - name: c\n".utf8), .yaml)
        #expect(yaml.object == json.object)
        let type = try #require(Schema.builtIn.type("io.k8s.api.core.v1.Pod"))
        let protobuf = try decode(KubeProtobuf.encode(json.object, as: type), .protobuf)
        #expect(protobuf.object == json.object)
        #expect(json.object.text.hasPrefix(#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"},"#))
    }

    @Test("tell of what a strict server refuses, in the order of the format's reader and the object's")
    func strict() throws {
        let json = try decode(Array(#"{"spec":{"foo":1,"nodeName":"a","nodeName":"b"}}"#.utf8))
        #expect(
            json.strict.sentence
                == #"strict decoding error: unknown field "spec.foo", duplicate field "spec.nodeName""#)
        let yaml = try decode(Array("spec: {}\nfoo: 1\nspec: {}\n".utf8), .yaml)
        #expect(
            yaml.strict.sentence
                == "strict decoding error: yaml: unmarshal errors:\n  line 3: key \"spec\" already set in map, "
                + "unknown field \"foo\"")
        #expect(
            RequestBody.refusal(json.kind, Self.pod, json.strict.sentence).message
                == "Pod in version \"v1\" cannot be handled as a Pod: " + json.strict.sentence)
    }

    @Test("are read by their media type")
    func mediaTypes() {
        #expect(RequestBody.Format(mediaType: "application/json; charset=utf-8") == .json)
        #expect(RequestBody.Format(mediaType: "application/yaml") == .yaml)
        #expect(RequestBody.Format(mediaType: "application/vnd.kubernetes.protobuf") == .protobuf)
        #expect(RequestBody.Format(mediaType: "") == .json)
        #expect(RequestBody.Format(mediaType: "text/plain") == nil)
    }
}
