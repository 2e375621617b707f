import Testing

@testable import JSON

@Suite("values found in JSON text")
struct JSONTextTests {
    private func inText<T>(_ text: String, _ body: (JSONText) -> T) -> T {
        Array(text.utf8).withUnsafeBytes { body(JSONText($0)) }
    }

    private func member(_ name: StaticString, _ text: String) -> String? {
        let bytes = Array(text.utf8)
        return inText(text) { $0.member(name, ofObjectAt: 0) }.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test(
        "a member is found behind others of all kinds",
        arguments: [
            #"{"labels":"x"}"#, #"{"a":1,"labels":"x"}"#, #"{"a":{"labels":1},"labels":"x","b":2}"#,
            #"{"a":["labels",{"labels":[1]}],"labels":"x"}"#, #"{"a":"\"labels\":\\","labels":"x"}"#,
            #"{"a":"}],{","b":null,"c":true,"d":-1.5e3,"labels":"x"}"#, #"{"a":"\\\\\"","labels":"x"}"#,
        ])
    func found(text: String) { #expect(member("labels", text) == #""x""#) }

    @Test(
        "what isn't a member isn't found",
        arguments: ["{}", #"{"a":1}"#, #"{"labels2":1,"label":2}"#, #"{"a":"labels"}"#, #"{"a":{"labels":1}}"#])
    func missing(text: String) { #expect(member("labels", text) == nil) }

    @Test(
        "text that breaks off is read no further than it goes",
        arguments: ["", "{", #"{""#, #"{"a"#, #"{"a":"#, #"{"a":{"b"#, #"{"a":"\"#, #"{"labels":[1,"#])
    func brokenOff(text: String) {
        inText(text) { json in
            let found = json.member("labels", ofObjectAt: 0)
            #expect((found?.upperBound ?? 0) <= text.utf8.count)
            #expect(json.end(ofValueAt: 0) <= text.utf8.count)
            _ = json.withoutLists(at: 0)
        }
    }

    @Test("random values end where they end, and lose their lists", arguments: 0..<200)
    func random(seed: Int) throws {
        var numbers = SplitMix(UInt64(seed))
        let tree = Self.value(&numbers, depth: 4)
        let text = tree.text
        let (end, bare) = inText(text + ",") { ($0.end(ofValueAt: 0), $0.withoutLists(at: 0)) }
        #expect(end == text.utf8.count)
        #expect(try JSON(parsing: bare) == Self.withoutLists(tree))
    }

    private static func withoutLists(_ value: JSON) -> JSON {
        switch value {
        case .array: []
        case .object(let members): .object(JSONObject(members.map { ($0.key, withoutLists($0.value)) }))
        default: value
        }
    }

    private static func value(_ numbers: inout SplitMix, depth: Int) -> JSON {
        let texts = ["", "a", "\"", "\\", "\\\"", "[", "]{}", ",:", "\u{2028}é\n", "labels"]
        func pick<T>(_ all: [T]) -> T { all[Int(numbers.next() % UInt64(all.count))] }
        switch numbers.next() % (depth > 0 ? 7 : 5) {
        case 0: return .string(pick(texts) + pick(texts))
        case 1: return .int(Int64(truncatingIfNeeded: numbers.next()))
        case 2: return pick([.null, .bool(true), .bool(false)])
        case 3: return .number("1.5e-7")
        case 4: return pick([[:], []])
        case 5: return .array((0..<numbers.next() % 4).map { _ in value(&numbers, depth: depth - 1) })
        default:
            var members = JSONObject()
            for _ in 0..<numbers.next() % 5 { members[pick(texts)] = value(&numbers, depth: depth - 1) }
            return .object(members)
        }
    }
}

private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
