import JSON
import TestKit
import Testing

@testable import KubeModel

@Suite("patches made at random")
struct PatchFuzzTests {
    private static let names = ["a", "b", "metadata", "", "~", "a/b", "é"]

    private static func value(_ random: inout SeededGenerator, depth: Int = 3) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .int(Int64.random(in: -2...2, using: &random))
        case 3: return .string(names.randomElement(using: &random) ?? "a")
        case 4: return .string("x")
        case 5:
            return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(&random, depth: depth - 1) })
        default:
            let members = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                (names.randomElement(using: &random) ?? "a", value(&random, depth: depth - 1))
            }
            return .object(members.reduce(into: JSONObject()) { $0[$1.0] = $1.1 })
        }
    }

    private static func path(_ random: inout SeededGenerator) -> String {
        let steps = ["a", "b", "metadata", "", "~0", "a~1b", "~2", "-", "0", "1", "-1", "99", "x", "é"]
        return (0..<Int.random(in: 0...3, using: &random)).map { _ in "/" + (steps.randomElement(using: &random) ?? "a")
        }
        .joined()
    }

    private static func operation(_ random: inout SeededGenerator) -> JSON {
        let names = ["add", "remove", "replace", "move", "copy", "test", "odd"]
        var operation: JSON = [
            "op": .string(names.randomElement(using: &random) ?? "add"), "path": .string(path(&random)),
        ]
        if Int.random(in: 0..<8, using: &random) > 0 { operation["value"] = value(&random) }
        if Int.random(in: 0..<2, using: &random) == 0 { operation["from"] = .string(path(&random)) }
        if Int.random(in: 0..<30, using: &random) == 0 { operation = value(&random) }
        return operation
    }

    @Test("a JSON patch gives a document or a refusal, and the same both times", arguments: Fuzz.seeds(6))
    func jsonPatch(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let document = Self.value(&random)
            let patch = JSON.array((0..<Int.random(in: 0...4, using: &random)).map { _ in Self.operation(&random) })
            func outcome() -> Result<JSON, APIStatus> {
                do throws(APIStatus) { return .success(try JSONPatch(patch).apply(to: document)) } catch {
                    return .failure(error)
                }
            }
            switch (outcome(), outcome()) {
            case (.success(let one), .success(let other)):
                #expect(one == other)
                // What it says of its outcome holds.
                let check: JSON = [["op": "test", "path": "", "value": one]]
                #expect((try? JSONPatch(check).apply(to: one)) == one)
            case (.failure(let one), .failure(let other)):
                #expect(one.code == other.code && (400..<500).contains(one.code))
            default: Issue.record("\(patch.text) on \(document.text) ends in two ways")
            }
        }
    }

    @Test("a merge patch without nulls gives a document in which it changes nothing more", arguments: Fuzz.seeds(6))
    func mergePatch(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let (document, patch) = (Self.value(&random), Self.value(&random))
            guard let once = try? MergePatch.apply(patch, to: document) else { continue }
            #expect((try? MergePatch.apply(patch, to: document)) == once)
            // As in the original, nulls in lists that take an object's place stay once, and go the next time.
            if patch.text.contains("null") { continue }
            #expect((try? MergePatch.apply(patch, to: once)) == once, "\(patch.text) on \(document.text)")
        }
    }
}
