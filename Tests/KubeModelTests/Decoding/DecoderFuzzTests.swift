import JSON
import TestKit
import Testing

@testable import KubeModel

@Suite("Decoders, given damaged input")
struct DecoderFuzzTests {
    static let pod = Schema.builtIn.type("io.k8s.api.core.v1.Pod") ?? SchemaType()

    /// A few changes of single bytes, a cut, and a part that stands twice.
    static func damage(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...8, using: &random) where !bytes.isEmpty {
            let at = Int.random(in: bytes.indices, using: &random)
            switch UInt8.random(in: 0...5, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: at)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
            case 3: bytes.insert("{}[]:,\"-&*!|>%@\n\t ".utf8.randomElement(using: &random) ?? 0, at: at)
            case 4: bytes.append(contentsOf: bytes[at..<min(at + 40, bytes.count)])
            default: bytes.removeSubrange(at..<min(at + 20, bytes.count))
            }
        }
        return bytes
    }

    /// What is decoded is decoded again into itself.
    static func isStable(_ tree: JSON) -> Bool {
        guard let once = try? StructuralDecoder.decode(tree, as: pod).object else { return true }
        return (try? StructuralDecoder.decode(once, as: pod).object) == once
    }

    @Test("never crash on JSON, and what they take is stable", arguments: Fuzz.seeds(20))
    func json(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let whole = SampleObjects.object(Self.pod).bytes()
        for _ in 0..<5 {
            let bytes = Self.damage(whole, &random)
            var duplicates: [JSON.Duplicate] = []
            guard let tree = try? JSON.parse(bytes, duplicates: &duplicates) else {
                #expect(GoSyntaxError.describe(bytes) != nil)
                continue
            }
            _ = try? StructuralDecoder.decode(tree, as: Self.pod, duplicates: duplicates)
            #expect(Self.isStable(tree))
        }
    }

    @Test("never crash on YAML, and what they take is written and read again", arguments: Fuzz.seeds(20))
    func yaml(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let whole = YAML.write(SampleObjects.object(Self.pod))
        for _ in 0..<3 {
            let start = Int.random(in: 0..<(whole.count / 2), using: &random)
            let bytes = Self.damage(Array(whole[start..<min(start + 3_000, whole.count)]), &random)
            guard let tree = try? YAML.parse(bytes).value else { continue }
            #expect((try? YAML.parse(YAML.write(tree)).value) == tree)
            #expect(Self.isStable(tree))
        }
    }

    @Test("never crash on protobuf, and what they take is written and read again", arguments: Fuzz.seeds(20))
    func protobuf(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let whole = KubeProtobuf.message(SampleObjects.object(Self.pod), as: Self.pod)
        for _ in 0..<5 {
            guard let tree = try? KubeProtobuf.decode(Self.damage(whole, &random), as: Self.pod),
                let object = try? StructuralDecoder.decode(tree, as: Self.pod).object
            else { continue }
            let again = try? KubeProtobuf.decode(KubeProtobuf.message(object, as: Self.pod), as: Self.pod)
            #expect(again.flatMap { try? StructuralDecoder.decode($0, as: Self.pod).object } == object)
        }
    }
}
