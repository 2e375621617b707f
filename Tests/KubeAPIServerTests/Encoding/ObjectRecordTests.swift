import JSON
import KubeModel
import KubeStorage
import NIOCore
import Testing

@testable import KubeAPIServer

@Suite("the stored form of objects")
struct ObjectRecordTests {
    private let pod: JSON = [
        "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "a", "resourceVersion": "7", "uid": "u"],
        "spec": ["x": "\u{2028}\"quoted\""],
    ]

    private func stored(_ object: JSON) -> StoredValue {
        StoredValue(key: "/k", value: ObjectRecord.encode(object), createRevision: 3, modRevision: 42)
    }

    @Test("a read shows the object with the version that the store gave it")
    func reads() throws {
        let text = String(buffer: ObjectRecord.text(stored(pod)))
        #expect(text.hasPrefix(#"{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"42","name":"a""#))
        var expected = pod
        expected["metadata"]["resourceVersion"] = "42"
        #expect(try JSON(parsing: text) == expected)
        #expect(try ObjectRecord.decode(stored(pod)) == expected)
    }

    @Test("an item of a list leaves out its kind")
    func items() throws {
        var out = ByteBuffer()
        let value = stored(pod)
        ObjectRecord.write(value.value, revision: 42, isItem: true, into: &out)
        let tree = try JSON(parsing: String(buffer: out))
        #expect(tree.object?.names == ["metadata", "spec"])
        #expect(tree["metadata"]["resourceVersion"] == "42")
    }

    @Test("empty metadata gets its version too")
    func emptyMetadata() throws {
        let text = String(buffer: ObjectRecord.text(stored(["kind": "A", "apiVersion": "b", "metadata": [:]])))
        #expect(text == #"{"kind":"A","apiVersion":"b","metadata":{"resourceVersion":"42"}}"#)
    }

    @Test("metadata and labels are read without the rest")
    func parts() throws {
        var labelled = pod
        labelled["metadata"]["labels"] = ["app": "\"web\"", "tier": "}"]
        labelled["metadata"]["managedFields"] = [["fieldsV1": ["f:metadata": ["f:labels": [:]]]]]
        for object in [pod, labelled, ["kind": "A", "apiVersion": "b", "metadata": [:]]] {
            let value = stored(object)
            var out = ByteBuffer(string: "{")
            ObjectRecord.writeMetadata(value.value, revision: 42, into: &out)
            let tree = try JSON(parsing: String(buffer: out) + "}")
            var expected = object["metadata"]
            expected["resourceVersion"] = "42"
            #expect(tree == ["metadata": expected])
            #expect(try ObjectRecord.labels(value.value) == object["metadata"]["labels"])
        }
    }

    @Test("an outline has everything but what is in lists")
    func outline() throws {
        var object = pod
        object["spec"]["containers"] = [["name": "main"]]
        let tree = try ObjectRecord.outline(stored(object).value)
        object["spec"]["containers"] = []
        object["metadata"].remove("resourceVersion")
        #expect(tree == object)
    }
}

@Suite("forms of answers")
struct AnswerFormTests {
    @Test("kubectl's wish for a table is granted")
    func table() throws {
        let accept =
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
        let form = try AnswerForm.negotiate([accept], pretty: false, .object)
        #expect(form.shape == .table && form.shapeVersion == "v1" && form.encoding == .json)
    }

    @Test("protobuf goes only to kinds that have it")
    func protobuf() throws {
        let accept = ["application/vnd.kubernetes.protobuf,application/json"]
        #expect(try AnswerForm.negotiate(accept, pretty: false, .object).encoding == .protobuf)
        #expect(try AnswerForm.negotiate(accept, pretty: false, .custom).encoding == .json)
    }

    @Test("qualities decide, and what there isn't is 406")
    func qualities() throws {
        let form = try AnswerForm.negotiate(
            ["application/json;q=0.1, application/yaml;q=0.9"], pretty: false, .object)
        #expect(form.encoding == .yaml)
        do {
            _ = try AnswerForm.negotiate(["image/png"], pretty: false, .object)
            Issue.record("an image was promised")
        } catch {
            #expect(error.code == 406)
        }
    }
}
