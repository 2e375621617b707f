import TestKit
import Testing

@testable import KubeModel

@Suite struct RE2PatternTests {
    @Test(
        "a pattern matches what Go's regexp matches",
        arguments: [
            ("", "x", true), ("a", "cab", true), ("^a$", "a", true), ("^a$", "ab", false), ("a|b|", "z", true),
            ("^(?:a|bc)+d?$", "abcad", true), ("^(?:a|bc)+d?$", "abca d", false), ("^a{2,3}$", "aa", true),
            ("^a{2,3}$", "aaaa", false), ("^a{2}$", "aaa", false), ("^a{2,}$", "aaaaa", true),
            ("^a{,2}$", "a{,2}", true),
            ("^[a-c]+$", "abc", true), ("^[^a-c]+$", "xyz", true), ("^[^a]$", "\n", true), ("^.$", "\n", false),
            ("(?s)^.$", "\n", true), ("(?m)^b$", "a\nb\nc", true), ("^b$", "a\nb", false),
            ("(?i)^straße$", "STRAßE", true),
            ("(?i)^[k]$", "\u{212A}", true), ("(?i)a(?-i)b", "Ab", true), ("(?i)a(?-i)b", "AB", false),
            ("^(?i:a)b$", "Ab", true), ("^(?i:a)b$", "AB", false), (#"^\d+\.\w+\s$"#, "12.ab ", true),
            (#"^\D\W\S$"#, "a-b", true), (#"^[\d-]+$"#, "1-2", true), (#"^[]a]+$"#, "]a", true),
            ("^[a-]+$", "a-", true),
            (#"^[\]]$"#, "]", true), ("^[[:alpha:]_]+$", "ab_", true), ("^[[:^digit:]]$", "5", false),
            (#"^\pL+$"#, "äÖж", true), (#"^\p{Lu}\P{Lu}$"#, "Ää", true), (#"^\p{^Lu}$"#, "a", true),
            (#"^\p{Greek}+$"#, "αβγ", true), (#"^\p{Han}$"#, "語", true), (#"\bfoo\b"#, "a foo b", true),
            (#"\bfoo\b"#, "afoo", false), (#"\Boo"#, "foo", true), (#"^\x41\x{1F6A2}\101$"#, "A🚢A", true),
            (#"^\Qa.b\E$"#, "a.b", true), (#"^\Qa.b\E$"#, "axb", false), (#"^\Qa.b"#, "a.bc", true),
            (#"^\t\n\_$"#, "\t\n_", true),
            ("^(?P<n>a)(?<m>b)$", "ab", true), ("(a*)*$", "aaa", true), ("^(a*)+b", "aab", true), ("x*?", "", true),
            ("^a+?b??$", "aab", true), ("^(|a)+$", "aaa", true), (#"\Aa\z"#, "a", true), ("^日本$", "日本", true),
        ])
    func matching(_ pattern: String, _ subject: String, _ expected: Bool) throws {
        #expect(try RE2Pattern(pattern).matches(subject) == expected)
    }

    @Test(
        "a malformed pattern is refused in Go's words",
        arguments: [
            ("(", "missing closing ): `(`"), ("a(b", "missing closing ): `a(b`"), ("a)b", "unexpected ): `a)b`"),
            ("[a", "missing closing ]: `[a`"), ("x[a-", "missing closing ]: `[a-`"), ("[]", "missing closing ]: `[]`"),
            ("[z-a]", "invalid character class range: `z-a`"), ("*a", "missing argument to repetition operator: `*`"),
            ("a|*", "missing argument to repetition operator: `*`"),
            ("(+)", "missing argument to repetition operator: `+`"),
            ("a**", "invalid nested repetition operator: `**`"), ("a+*?b", "invalid nested repetition operator: `+*?`"),
            ("a{1001}", "invalid repeat count: `{1001}`"), ("a{3,2}", "invalid repeat count: `{3,2}`"),
            ("((a{100}){11}){2}", "invalid repeat count: `{11}`"),
            ("a\\", "trailing backslash at end of expression: ``"),
            (#"\8"#, #"invalid escape sequence: `\8`"#), (#"a\1"#, #"invalid escape sequence: `\1`"#),
            (#"\Z"#, #"invalid escape sequence: `\Z`"#), (#"\x{110000}"#, #"invalid escape sequence: `\x{110000}`"#),
            (#"\p{Nope}"#, #"invalid character class range: `\p{Nope}`"#),
            ("[[:nope:]]", "invalid character class range: `[:nope:]`"),
            ("(?!a)", "invalid or unsupported Perl syntax: `(?!`"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            ("(?i", "invalid or unsupported Perl syntax: `(?i`"), ("(?<=a)b", "invalid named capture: `(?<=a)b`"),
            ("(?P<n-m>a)", "invalid named capture: `(?P<n-m>`"), ("(?P<n>a)(?P<n>b)", "invalid named capture: `n`"),
        ])
    func malformed(_ pattern: String, _ message: String) {
        #expect(performing: { try RE2Pattern(pattern) }, throws: { "\($0)" == "error parsing regexp: \(message)" })
    }

    @Test("patterns that choke a backtracking engine take no time", .timeLimit(.minutes(1)))
    func bombs() throws {
        let text = String(repeating: "a", count: 1_000)
        for bomb in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y"] {
            _ = try RE2Pattern(bomb).matches(text + "!")
        }
        let optional = String(repeating: "a?", count: 200) + String(repeating: "a", count: 200)
        #expect(try RE2Pattern("^\(optional)$").matches(String(repeating: "a", count: 200)))
    }

    @Test("nesting and repetition are bounded")
    func bounds() {
        let deep = String(repeating: "(", count: 100_000)
        #expect(throws: RE2Error.self) { try RE2Pattern(deep) }
        let nested = String(repeating: "(?:", count: 150) + "a" + String(repeating: ")", count: 150)
        #expect((try? RE2Pattern(nested).matches("a")) == true)
        let large = String(repeating: "[a-z]{1000}", count: 1_000)
        #expect(performing: { try RE2Pattern(large) }, throws: { ($0 as? RE2Error)?.code == .large })
    }

    @Test("a match that would take too long counts as none", .timeLimit(.minutes(1)))
    func budget() throws {
        let pattern = try RE2Pattern(String(repeating: "(?:a|b|[^c]){0,900}", count: 9) + "c$")
        #expect(!pattern.matches(String(repeating: "ab", count: 5_000), steps: 300_000))
    }

    @Test("random patterns never crash, and match their own text when they are literal", arguments: Fuzz.seeds(4))
    func fuzz(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "a", "b", "(", ")", "[", "]", "^", "$", ".", "*", "+", "?", "{2}", "{1,", "|", "\\", "\\d", "\\pL", "(?:",
            "(?i)",
            "-", "[:alpha:]", "é", "\\Q", "\\E", "(?P<x>",
        ]
        for _ in 0..<500 {
            let pattern = (0..<Int.random(in: 0..<12, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            guard let compiled = try? RE2Pattern(pattern) else { continue }
            _ = compiled.matches("aab(é]1")
            #expect((try? RE2Pattern("^\\Q\(pattern)\\E$"))?.matches(pattern) == true || pattern.contains("\\E"))
        }
    }
}
