import JSON
import TestKit
import Testing

@testable import KubeModel

@Suite("texts as messages")
struct ProtobufTranscriptTests {
    private static func transcript(_ text: [UInt8], _ type: SchemaType) -> [UInt8]? {
        text.withUnsafeBytes { KubeProtobuf.message(text: $0, as: type) }
    }

    @Test("a text's message is its tree's", arguments: KubeProtobufTests.messages)
    func message(_ name: String, _ json: String, _ hex: String) throws {
        let type = try #require(Schema.builtIn.type(name))
        #expect(Self.transcript(Array(json.utf8), type)?.hexText == hex.filter { $0 != " " })
    }

    static let texts: [(type: String, json: String)] = [
        // Members in no order, those of a message that is embedded among the others.
        (
            "EphemeralContainer",
            #"{"targetContainerName":"t","image":"i","stdin":true,"command":["a","b"],"name":"n","resources":{}}"#
        ),
        ("PodSpec", #"{"nodeName":"n","containers":[{"image":"i","name":"c"}],"volumes":[],"hostUsers":null}"#),
        ("ConfigMap", #"{"metadata":{"name":"é\n\"\u0041"},"kind":"ConfigMap","data":{"b":"\\","a":"😀","ab":""}}"#),
        ("PodStatus", #"{"startTime":"2024-02-29T23:59:59Z","podIPs":[{"ip":"10.0.0.1"}],"phase":"Running"}"#),
        ("Pod", #"{"unknown":{"a":["}","\"]"]},"spec":{"containers":[]},"metadata":{"generation":-3}}"#),
        ("ResourceQuotaSpec", #"{"hard":{"memory":"1Gi","cpu":2,"pods":1e3}}"#),
    ]

    @Test("order, escapes, nulls and unknown members change nothing", arguments: texts)
    func same(_ name: String, _ json: String) throws {
        let type = try #require(Schema.builtIn.type(KubeProtobufTests.core + name))
        let tree = KubeProtobuf.message(try JSON(parsing: json), as: type)
        #expect(Self.transcript(Array(json.utf8), type)?.hexText == tree.hexText)
    }

    @Test("every kind, with members at random, has the message of its tree", arguments: Fuzz.seeds(2))
    func everyKind(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var (made, total) = (0, 0)
        for name in Schema.builtIn.typeNames {
            let type = try #require(Schema.builtIn.type(name))
            guard type.fields.contains(where: { $0.protobufNumber != 0 }) else { continue }
            for _ in 0..<2 {
                let object = value(type, 0, &random)
                total += 1
                guard let message = Self.transcript(object.bytes(), type) else { continue }
                made += 1
                #expect(message == KubeProtobuf.message(object, as: type), "\(name): \(object)")
            }
        }
        // The rest go by way of the tree: those with schemas inside.
        #expect(total > 1_000 && made > total * 95 / 100, "\(made) of \(total)")
    }

    @Test("whatever the text, the end is a message or none", arguments: Fuzz.seeds(2))
    func malformed(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let type = try #require(Schema.builtIn.type(KubeProtobufTests.core + "Pod"))
        for _ in 0..<1_000 {
            var text = value(type, 0, &random).bytes()
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text[at] = UInt8(Array("{}[]\",:\\0an".utf8).randomElement(using: &random) ?? 0)
                case 1: text.remove(at: at)
                default: text.removeSubrange(at...)
                }
                if text.isEmpty { break }
            }
            _ = Self.transcript(text, type)
        }
        for text in [
            "", "{", "{}x", "[]", "{\"spec\":1}", "{\"spec\":{}}}", "{\"spec\":\"\\", "{\"spec\"", "{\"a\":1,}",
        ] {
            #expect(Self.transcript(Array(text.utf8), type) == nil, "\(text)")
        }
        let twice = #"{"spec":{"nodeName":"a","nodeName":"b"}}"#
        #expect(Self.transcript(Array(twice.utf8), type) == nil)
    }

    /// Some value of the type; members are left out, null and in another order at random.
    private func value(_ type: SchemaType, _ depth: Int, _ random: inout SeededGenerator) -> JSON {
        func some(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
        let texts = ["", "a", "naïve", "say \"hi\"\n", "a/b.c", "{}[]:,"]
        switch type.shape {
        case .object(let fields):
            var members = JSONObject()
            for field in fields.shuffled(using: &random) where depth < 6 && some(3) > 0 {
                members[field.name] = some(12) == 0 ? .null : value(field.type, depth + 1, &random)
            }
            return .object(members)
        case .map(let element):
            var members = JSONObject()
            for _ in 0..<some(4) { members["k\(some(100))"] = value(element, depth + 1, &random) }
            return .object(members)
        case .list(let element, _): return .array((0..<some(3)).map { _ in value(element, depth + 1, &random) })
        case .string(.plain): return .string(texts[some(texts.count)])
        case .string(.byte): return .string(["", "AP8=", "YWJj"][some(3)])
        case .string(.dateTime): return .string(["2026-01-02T03:04:05Z", "2024-02-29T23:59:59+01:00"][some(2)])
        case .string(.microTime): return .string("2026-01-02T03:04:05.000006Z")
        case .string(.duration): return .string("1m30s")
        case .integer: return .int(Int64(some(1 << 20)) - 1_000)
        case .number: return .number("1.5")
        case .boolean: return .bool(some(2) == 0)
        case .intOrString: return some(2) == 0 ? .int(80) : "http"
        case .quantity: return some(4) == 0 ? .int(2) : "1500m"
        case .any: return ["f:a": ["f:b": [:], "n": [1, "x"]]]
        }
    }
}
