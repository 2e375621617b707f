import Testing

@testable import Kubelet

@Suite("expansion of variables")
struct VariableExpansionTests {
    @Test(
        "references become values, unknown ones stay, and $$ is a dollar sign",
        arguments: [
            ("$(A)", "1"), ("$(A)$(B)", "12"), ("x$(A)y", "x1y"), ("$$(A)", "$(A)"), ("$$$(A)", "$1"),
            ("$(NONE)", "$(NONE)"), ("$(A", "$(A"), ("$A", "$A"), ("$", "$"), ("a$", "a$"), ("$$", "$"), ("", ""),
            ("$()", "$()"), ("$(EMPTY)", ""), ("$($(A))", "$($(A))"), ("é$(A)ü", "é1ü"), ("$é", "$é"),
        ])
    func expansion(_ text: String, _ expected: String) {
        let values = ["A": "1", "B": "2", "EMPTY": ""]
        #expect(VariableExpansion.expand(text) { values[$0] } == expected)
    }

    @Test("commands take values from the environment's lines, which may hold equals signs")
    func commands() {
        let environment = ["A=x=y", "B=", "C"]
        #expect(
            VariableExpansion.expand(["$(A)", "$(B)-$(C)", "plain"], environment: environment) == ["x=y", "-", "plain"])
    }

    @Test("files of variables take quoted values over several lines, comments and blanks")
    func files() throws {
        let text = """
            # a comment

              A='one'  # trailing
            B='two
            lines'
            C= 'not it'
            """
        #expect(try EnvironmentFile.value(of: "A", in: text) == "one")
        #expect(try EnvironmentFile.value(of: "B", in: text) == "two\nlines")
        #expect(try EnvironmentFile.value(of: "C", in: text) == "")
        #expect(try EnvironmentFile.value(of: "D", in: text) == "")
    }

    @Test(
        "files of variables that aren't written so are refused",
        arguments: [
            ("A", "line 1: missing '='"), ("='x'", "line 1: empty variable name"),
            ("A ='x'", "line 1: whitespace before '=' is not allowed"),
            ("A=x", "line 1: value must be enclosed in single quotes"),
            ("\nA='x'y", "line 2: unexpected content after closing quote"),
        ])
    func badFiles(_ text: String, _ expected: String) {
        #expect(throws: PodConfigError("invalid environment variable format at \(expected)")) {
            try EnvironmentFile.value(of: "Z", in: text)
        }
        #expect(throws: PodConfigError("invalid environment variable format starting at line 1: unclosed single quote"))
        {
            try EnvironmentFile.value(of: "Z", in: "A='x")
        }
    }
}
