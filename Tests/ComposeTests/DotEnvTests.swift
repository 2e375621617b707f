import Testing

@testable import Compose

@Suite("Files of variables")
struct DotEnvTests {
    static let cases: [(String, [String: String])] = [
        ("A=1\nB = 2 \n", ["A": "1", "B": "2"]), ("export A=1", ["A": "1"]), ("A: 1", ["A": "1"]),
        ("# no\nA=1 # yes\n", ["A": "1"]), ("A='x $B #'\n", ["A": "x $B #"]), ("A=\"x\\ny\"\n", ["A": "x\ny"]),
        ("A=1\nB=$A${A}\n", ["A": "1", "B": "11"]), ("A=${OUT:-d}\n", ["A": "set"]), ("A=\n", ["A": ""]),
        ("OUT\nNONE\n", ["OUT": "set"]), ("\u{FEFF}A=1\r\nB=2\r\n", ["A": "1", "B": "2"]), ("", [:]),
        ("A=\"two\nlines\"\nB=1", ["A": "two\nlines", "B": "1"]), ("A=x#y", ["A": "x#y"]),
    ]

    @Test("are read", arguments: cases.indices)
    func reads(at: Int) throws {
        let pairs = try DotEnv.parse(Self.cases[at].0, file: ".env") { $0 == "OUT" ? "set" : nil }
        #expect(Dictionary(uniqueKeysWithValues: pairs) == Self.cases[at].1)
    }

    @Test(
        "are refused with their line",
        arguments: [
            ("A=1\nB!=2\n", ".env:2: unexpected character \"!\" in variable name \"B!=2\""),
            ("A=1\n\nB=\"open\n", ".env:3: unterminated quoted value \"open"),
            ("A B=1", ".env:1: key cannot contain a space"),
            ("A=${B:?why}", ".env:1: required variable B is missing a value: why"),
        ])
    func refuses(text: String, expected: String) {
        do {
            _ = try DotEnv.parse(text, file: ".env")
            Issue.record("it was taken")
        } catch { #expect("\(error)" == expected) }
    }
}
