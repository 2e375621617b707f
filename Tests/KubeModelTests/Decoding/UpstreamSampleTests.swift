import JSON
import Testing

@testable import KubeModel

@Suite("The original's sample objects", .enabled(if: UpstreamSamples.areThere))
struct UpstreamSampleTests {
    @Test("come out of the structural decoder byte for byte as the original writes them")
    func decode() throws {
        var count = 0
        for sample in try UpstreamSamples.all() {
            let (object, strict) = try StructuralDecoder.decode(
                try JSON(parsing: sample.json), as: sample.type, defaults: false)
            #expect(strict.isEmpty, "\(sample.name): \(strict.sentence)")
            let difference = firstDifference(object.pretty(indent: "  "), String(decoding: sample.json, as: UTF8.self))
            #expect(difference == nil, "\(sample.name)")
            count += 1
        }
        print("samples: \(count)")
        #expect(count >= 100)
    }

    @Test("mean the same as YAML, and are written as the same YAML")
    func yaml() throws {
        for sample in try UpstreamSamples.all() {
            let yaml = sample.file("yaml")
            let tree = try YAML.parse(yaml)
            #expect(tree.value == (try JSON(parsing: sample.json)) && tree.duplicates == nil, "\(sample.name)")
            let written = String(decoding: YAML.write(tree.value), as: UTF8.self)
            let difference = firstDifference(written, String(decoding: yaml, as: UTF8.self))
            #expect(difference == nil, "\(sample.name)")
        }
    }

    @Test("have the same bytes as protobuf, and mean the same")
    func protobuf() throws {
        for sample in try UpstreamSamples.all() where !sample.file("pb").isEmpty {
            let theirs = sample.file("pb")
            let object = try JSON(parsing: sample.json)
            let ours = KubeProtobuf.encode(object, as: sample.type)
            let same = zip(ours, theirs).prefix { $0 == $1 }.count
            let (here, there) = (Array(ours[same...].prefix(24)).hexText, Array(theirs[same...].prefix(24)).hexText)
            #expect(ours == theirs, "\(sample.name) from \(same): \(here) for \(there)")
            let envelope = try KubeProtobuf.openEnvelope(theirs)
            var back = try KubeProtobuf.decode(envelope.raw, as: sample.type)
            back["kind"] = .string(envelope.kind)
            back["apiVersion"] = .string(envelope.apiVersion)
            let decoded = try StructuralDecoder.decode(back, as: sample.type, defaults: false).object
            let difference = firstDifference(decoded.pretty(indent: "  "), String(decoding: sample.json, as: UTF8.self))
            #expect(difference == nil, "\(sample.name)")
        }
    }
}

/// The first lines that differ; nil when the texts are equal.
func firstDifference(_ ours: String, _ theirs: String) -> String? {
    if ours == theirs { return nil }
    let (ours, theirs) = (ours.split(separator: "\n"), theirs.split(separator: "\n"))
    let at = zip(ours, theirs).enumerated().first { $1.0 != $1.1 }?.offset ?? min(ours.count, theirs.count)
    let (end, otherEnd) = (min(at + 3, ours.count), min(at + 3, theirs.count))
    return "line \(at + 1): \(ours[min(at, end)..<end]) for \(theirs[min(at, otherEnd)..<otherEnd])"
}
