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
}

/// The first lines that differ; nil when the texts are equal.
func firstDifference(_ ours: String, _ theirs: String) -> String? {
    if ours == theirs { return nil }
    let (ours, theirs) = (ours.split(separator: "\n"), theirs.split(separator: "\n"))
    let at = zip(ours, theirs).enumerated().first { $1.0 != $1.1 }?.offset ?? min(ours.count, theirs.count)
    let (end, otherEnd) = (min(at + 3, ours.count), min(at + 3, theirs.count))
    return "line \(at + 1): \(ours[min(at, end)..<end]) for \(theirs[min(at, otherEnd)..<otherEnd])"
}
