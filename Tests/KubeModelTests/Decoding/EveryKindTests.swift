import JSON
import Testing

@testable import KubeModel

@Suite("Every kind")
struct EveryKindTests {
    /// Kinds whose objects have no message of their own.
    static func samples() throws -> [(kind: GroupVersionKind, type: SchemaType, object: JSON)] {
        try Schema.builtIn.kinds.sorted { $0.key < $1.key }.flatMap { name, kinds in
            let type = try #require(Schema.builtIn.type(name))
            return kinds.map { ($0, type, SampleObjects.object(type, kind: $0)) }
        }
    }

    @Test("comes out of the structural decoder as it went in")
    func structural() throws {
        for (kind, type, object) in try Self.samples() {
            let (decoded, strict) = try StructuralDecoder.decode(object, as: type, defaults: false)
            #expect(strict.isEmpty, "\(kind): \(strict.sentence)")
            #expect(decoded == object, "\(kind)")
        }
    }

    @Test("comes back from protobuf as it went there")
    func protobuf() throws {
        for (kind, type, object) in try Self.samples()
        where type.field("kind") != nil && type.field("kind")?.protobufNumber == 0 {
            let bytes = KubeProtobuf.encode(object, as: type)
            let envelope = try KubeProtobuf.openEnvelope(bytes)
            #expect(envelope.apiVersion == kind.groupVersion.description && envelope.kind == kind.kind)
            var back = try KubeProtobuf.decode(envelope.raw, as: type)
            back["apiVersion"] = object["apiVersion"]
            back["kind"] = object["kind"]
            let decoded = try StructuralDecoder.decode(back, as: type).object
            let difference = firstDifference(decoded.pretty(), try canonical(object, type).pretty())
            #expect(difference == nil, "\(kind)")
        }
    }

    @Test("comes back from YAML as it went there")
    func yaml() throws {
        for (kind, _, object) in try Self.samples() {
            #expect(try YAML.parse(YAML.write(object)).value == object, "\(kind)")
        }
    }

    private func canonical(_ object: JSON, _ type: SchemaType) throws -> JSON {
        try StructuralDecoder.decode(object, as: type).object
    }
}
