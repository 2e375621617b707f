import JSON
import Testing

@testable import Compose

@Suite("Writing YAML")
struct YAMLTextTests {
    static let cases: [(JSON, String)] = [
        (["a": "b"], "a: b\n"), (["a": "80"], "a: \"80\"\n"), (["a": "true"], "a: \"true\"\n"),
        (["a": "no"], "a: \"no\"\n"),
        (["a": ""], "a: \"\"\n"), (["a": nil], "a: null\n"), (["a": []], "a: []\n"), (["a": [:]], "a: {}\n"),
        (["a": ["x", "z"]], "a:\n  - x\n  - z\n"), (["a": [["b": 1, "c": 2]]], "a:\n  - b: 1\n    c: 2\n"),
        (["a": "x: y"], "a: 'x: y'\n"), (["a": "it's #1"], "a: 'it''s #1'\n"),
        (["a": "one\ntwo"], "a: |-\n  one\n  two\n"),
        (["a": "one\n"], "a: |\n  one\n"), (["N": 1], "\"N\": 1\n"), (["a": "1.5"], "a: \"1.5\"\n"),
        (["a": "-x"], "a: -x\n"),
        (["a": "- x"], "a: '- x'\n"), (["a": "2024-01-02"], "a: \"2024-01-02\"\n"), (["a": "@x"], "a: '@x'\n"),
        (["a": "::1"], "a: ::1\n"), (["a": ": x"], "a: ': x'\n"),
    ]

    @Test("as the original writes it", arguments: cases.indices)
    func writes(at: Int) { #expect(YAMLText.document(Self.cases[at].0) == Self.cases[at].1) }
}
