import Testing

@testable import Compose

@Suite("Variables in texts")
struct TemplateTests {
    static let cases: [(String, String)] = [
        ("plain", "plain"), ("$A", "1"), ("${A}", "1"), ("x${A}y$B.", "x1y2."), ("$$A", "$A"), ("$${A}", "${A}"),
        ("${E:-d}", "d"), ("${E-d}", ""), ("${N:-d}", "d"), ("${N-d}", "d"), ("${A:-d}", "1"), ("${A:+r}", "r"),
        ("${E:+r}", ""), ("${E+r}", "r"), ("${N+r}", ""), ("${N:-${A}}", "1"), ("${N:-${M:-x}y}z", "xyz"),
        ("${A:?no}", "1"), ("echo $", "echo $"), ("$-", "$-"), ("${N:-a-b:c?d}", "a-b:c?d"), ("${N}", ""), ("", ""),
        ("${N:-}", ""), ("${A:+}", ""), ("é$A", "é1"), ("${N:-a b}", "a b"),
    ]

    static let variables = ["A": "1", "B": "2", "E": ""]

    @Test("forms", arguments: cases)
    func forms(text: String, expected: String) throws {
        #expect(try VariableTemplate(lookUp: { Self.variables[$0] }).substitute(text) == expected)
    }

    @Test("what is no form is refused", arguments: ["${", "${A", "${}", "${1A}", "${A:}", "${A!x}", "${A:-${B}"])
    func invalid(text: String) {
        #expect(throws: VariableTemplate.Problem.invalid(text)) {
            try VariableTemplate(lookUp: { Self.variables[$0] }).substitute(text)
        }
    }

    @Test("a required variable is told with its reason")
    func required() {
        #expect(throws: VariableTemplate.Problem.missing(variable: "N", reason: "set it 1")) {
            try VariableTemplate(lookUp: { Self.variables[$0] }).substitute("${N:?set it $A}")
        }
    }
}
