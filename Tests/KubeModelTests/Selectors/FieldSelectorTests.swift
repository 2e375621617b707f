import TestKit
import Testing

@testable import KubeModel

@Suite struct FieldSelectorTests {
    @Test(
        "a field selector is read and written",
        arguments: [
            ("", ""), ("metadata.name=web", "metadata.name=web"), ("a==b", "a=b"), ("b=2,a!=1", "a!=1,b=2"),
            ("a=x\\,y\\=z\\\\", "a=x\\,y\\=z\\\\"), ("a=", "a="), (",a=b,", "a=b"), ("a!b=c", "a!b=c"),
        ])
    func forms(_ text: String, _ canonical: String) throws {
        #expect(try FieldSelector(parsing: text).description == canonical)
    }

    @Test(
        "what is no field selector is refused with the original's sentence",
        arguments: [
            ("a", "invalid selector: 'a'; can't understand 'a'"),
            ("a=b,c", "invalid selector: 'a=b,c'; can't understand 'c'"),
            ("a=\\x", "invalid field selector: invalid escape sequence: \\x"),
            ("a=\\", "invalid field selector: invalid escape sequence: \\"),
            ("a=b=c", "invalid field selector: unescaped character in value: 61"),
        ])
    func refused(_ text: String, _ message: String) {
        #expect(throws: SelectorError(description: message)) { try FieldSelector(parsing: text) }
    }

    @Test("fields that a kind has no word for are refused")
    func unsupported() throws {
        let selector = try FieldSelector(parsing: "metadata.name=a,spec.x=b")
        #expect(throws: SelectorError(description: "field label not supported: spec.x")) {
            try selector.check(extra: ["status.phase"])
        }
        #expect(
            throws: SelectorError(
                description:
                    "\"spec.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
        ) { try selector.check(extra: [String]()) }
        try selector.check(extra: ["spec.x"])
    }

    @Test("terms match equal and unequal values; a missing field is empty")
    func matching() throws {
        let fields = ["metadata.name": "web", "status.phase": "Running"]
        let matches = { (text: String) in try FieldSelector(parsing: text).matches { fields[$0] ?? "" } }
        #expect(try matches("metadata.name=web,status.phase!=Failed"))
        #expect(try !matches("metadata.name!=web"))
        #expect(try matches("spec.nodeName="))
        #expect(try FieldSelector(parsing: "a!=x,metadata.name=web").exactValue(of: "metadata.name") == "web")
    }

    @Test("selectors from random texts are refused or come back from their own text", arguments: Fuzz.seeds(4))
    func fuzz(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("ab=!,\\()<> in1/.-\u{0}é")
        for _ in 0..<500 {
            let length = Int.random(in: 0...14, using: &random)
            let text = String((0..<length).map { _ in alphabet.randomElement(using: &random) ?? "a" })
            if let selector = try? FieldSelector(parsing: text) {
                #expect((try? FieldSelector(parsing: selector.description)) == selector)
            }
            if let selector = try? LabelSelector(parsing: text) {
                #expect((try? LabelSelector(parsing: selector.description)) == selector)
            }
        }
    }
}
