import JSON
import KubeModel
import KubeStorage
import NIOCore
import Testing

@testable import KubeAPIServer

@Suite("lists in pieces")
struct ListPiecesTests {
    private static func served(_ group: String, _ version: String, _ plural: String) throws -> ServedResource {
        try #require(
            try ServedGroups([], .builtIn).resources.first {
                $0.resource.plural == plural && $0.groupVersion == GroupVersion(group, version)
            })
    }

    private static func pods(_ count: Int) -> ListAnswer {
        let values = (0..<count).map { number in
            let pod: JSON = [
                "kind": "Pod", "apiVersion": "v1",
                "metadata": [
                    "name": "pod-\(number)", "namespace": "a", "labels": ["n": "\(number)"],
                    "creationTimestamp": "2026-01-02T03:04:05Z",
                    "managedFields": [["manager": "test", "fieldsV1": ["f:spec": [:]]]],
                ],
                "spec": [
                    "containers": [["name": "main", "image": "i", "args": ["a<b", "\u{2028}"]]], "nodeName": "n",
                ],
                "status": ["phase": "Running"],
            ]
            return StoredValue(
                key: "/registry/core/pods/a/pod-\(number)", value: ObjectRecord.encode(pod), createRevision: 2,
                modRevision: Int64(number) + 2)
        }
        return ListAnswer(values: values, revision: 99, continueToken: "next", remaining: 7)
    }

    private static func pieces(_ writer: AnswerWriter, _ list: ListAnswer) async throws -> [ByteBuffer] {
        var pieces = try ListPieces(writer, list)
        var all: [ByteBuffer] = []
        while let piece = try await pieces.next() { all.append(piece) }
        return all
    }

    private static func joined(_ pieces: [ByteBuffer]) -> [UInt8] { pieces.flatMap { Array($0.readableBytesView) } }

    private static let forms: [AnswerForm] = [
        AnswerForm(), AnswerForm(encoding: .yaml), AnswerForm(encoding: .protobuf), AnswerForm(isPretty: true),
        AnswerForm(shape: .table), AnswerForm(shape: .partialMetadataList),
        AnswerForm(encoding: .protobuf, shape: .partialMetadataList), AnswerForm(shape: .table, isPretty: true),
    ]

    @Test("the pieces are what the whole list is", arguments: forms, [0, 1, 3])
    func same(form: AnswerForm, count: Int) async throws {
        let writer = AnswerWriter(served: try Self.served("", "v1", "pods"), form: form, now: 2e9)
        let list = Self.pods(count)
        let whole = Array(try writer.wholeBody(of: list).readableBytesView)
        let pieces = Self.joined(try await Self.pieces(writer, list))
        if form.encoding == .json {
            #expect(try JSON(parsing: pieces) == JSON(parsing: whole))
        } else {
            #expect(pieces == whole)
        }
    }

    @Test("a short list is one piece, in protobuf too")
    func short() async throws {
        let writer = AnswerWriter(
            served: try Self.served("", "v1", "pods"), form: AnswerForm(encoding: .protobuf), now: 2e9)
        #expect(try await Self.pieces(writer, Self.pods(1)).count == 1)
    }

    @Test("one object's metadata is no form of a list", arguments: [0, 2])
    func metadataOfOne(count: Int) async throws {
        let writer = AnswerWriter(
            served: try Self.served("", "v1", "pods"), form: AnswerForm(shape: .partialMetadata), now: 2e9)
        let refusal = await #expect(throws: APIStatus.self) { _ = try await Self.pieces(writer, Self.pods(count)) }
        #expect(refusal?.code == 406)
    }

    @Test("a long list comes in several pieces, in order", arguments: [AnswerForm(), AnswerForm(shape: .table)])
    func long(form: AnswerForm) async throws {
        let writer = AnswerWriter(served: try Self.served("", "v1", "pods"), form: form, now: 2e9)
        let pieces = try await Self.pieces(writer, Self.pods(3_000))
        #expect(pieces.count > 2)
        #expect(pieces.allSatisfy { $0.readableBytes < 2 * ListPieces.bytes })
        let list = try JSON(parsing: Self.joined(pieces))
        let objects = form.shape == .table ? (list["rows"].array ?? []).map { $0["object"] } : list["items"].array ?? []
        #expect(objects.map { $0["metadata"]["name"] } == (0..<3_000).map { .string("pod-\($0)") })
        #expect(list["metadata"] == ["resourceVersion": "99", "continue": "next", "remainingItemCount": 7])
    }

    @Test("objects of another version's form are converted one by one")
    func converted() async throws {
        let served = try Self.served("events.k8s.io", "v1", "events")
        let event: JSON = [
            "kind": "Event", "apiVersion": "v1", "metadata": ["name": "e", "namespace": "a"],
            "involvedObject": ["kind": "Pod", "name": "p"], "message": "said",
        ]
        let value = StoredValue(
            key: "/registry/core/events/a/e", value: ObjectRecord.encode(event), createRevision: 2, modRevision: 2)
        let list = ListAnswer(values: [value], revision: 2)
        for form in [AnswerForm(), AnswerForm(shape: .partialMetadataList)] {
            let writer = AnswerWriter(served: served, form: form, now: 2e9)
            let whole = try JSON(parsing: Array(try writer.wholeBody(of: list).readableBytesView))
            let pieces = Self.joined(try await Self.pieces(writer, list))
            #expect(try JSON(parsing: pieces) == whole)
            if form.shape == .whole { #expect(whole["items"][0]["note"] == "said") }
        }
    }
}
