import JSON
import TestKit
import Testing

@testable import KubeModel

/// A path and what it finds in the sample; nil: it doesn't fit.
struct PathCase: Sendable {
    let path: String
    let found: String?

    init(_ path: String, _ found: String?) {
        self.path = path
        self.found = found
    }
}

@Suite struct SimpleJSONPathTests {
    private static let sample = #"""
        {"spec":{"n":3,"s":"x","b":true,"f":1.5,"z":null,"list":[1,2,3],"a.b":"dotted","deep":{"n":4}},
        "status":{"conditions":[{"type":"Ready","status":"True","age":5},{"type":"Old","status":"False","age":7}]}}
        """#

    private static let cases: [PathCase] = [
        PathCase(".spec.n", "[3]"), PathCase(".spec.missing.x", "[]"), PathCase(".spec.z", "[null]"),
        PathCase(".spec.list[0]", "[1]"), PathCase(".spec.list[-1]", "[3]"), PathCase(".spec.list[1:]", "[2,3]"),
        PathCase(".spec.list[0:3:2]", "[1,3]"), PathCase(".spec.list[*]", "[1,2,3]"), PathCase(".spec.list[9]", nil),
        PathCase(".spec.list[0,2]", "[1,3]"), PathCase(".spec.n[0]", nil), PathCase(".spec['s']", #"["x"]"#),
        PathCase(".spec['deep.n']", "[4]"), PathCase(#".spec.a\.b"#, #"["dotted"]"#),
        PathCase(#".status.conditions[?(@.type=="Ready")].status"#, #"["True"]"#),
        PathCase(#".status.conditions[?(@.type=='Nope')].status"#, "[]"),
        PathCase(#".status.conditions[?(@.age>5)].type"#, #"["Old"]"#),
        PathCase(#".status.conditions[?(@.age>="x")].type"#, nil),
        PathCase(".status.conditions[?(@.age)].type", #"["Ready","Old"]"#), PathCase(".spec[?(@.n)]", nil),
        PathCase("..n", "[3,4]"), PathCase(".spec.deep.*", "[4]"), PathCase(".", "[]"),
    ]

    @Test("a path finds what client-go finds", arguments: cases)
    func finds(_ given: PathCase) throws {
        let path = try #require(SimpleJSONPath(given.path))
        let found = path.values(in: try JSON(parsing: Self.sample)).map { JSON.array($0).text }
        #expect(found == given.found)
    }

    @Test(
        "what is no path is refused",
        arguments: [".spec[", ".spec[x]", ".a[?(@.b]", "spec", ".a....b", ".a['b", ".a[1:2:3:4]", ".a..*", "#"])
    func malformed(_ path: String) {
        #expect(SimpleJSONPath(path) == nil)
    }

    @Test("steps that multiply their results end", .timeLimit(.minutes(1)))
    func bounds() throws {
        let wide = JSON.array((0..<100).map { JSON($0) })
        let value = JSON.array((0..<100).map { _ in wide })
        let nested = String(repeating: "[?(@.a", count: 100)
        #expect(SimpleJSONPath(nested) == nil)
        #expect(try #require(SimpleJSONPath("..[*]..[*]")).values(in: value) == nil)
    }

    @Test("random paths never crash", arguments: Fuzz.seeds(4))
    func fuzz(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            ".", "spec", "[", "]", "*", "?(", ")", "@", "==", "'", "\"", "-1", ":", ",", "..", "list", "\\", "}", "$",
        ]
        let value = try JSON(parsing: Self.sample)
        for _ in 0..<2_000 {
            let path = (0..<Int.random(in: 0..<10, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            _ = SimpleJSONPath(path)?.values(in: value)
        }
    }
}
