import CommandLine
import JSON
import Testing

@Suite struct JSONPathTests {
    private static let tree: JSON = [
        "kind": "List",
        "items": [
            [
                "metadata": ["name": "a", "labels": ["app.kubernetes.io/name": "x"]], "n": 1,
                "status": ["phase": "Running", "conditions": [["type": "Ready", "status": "True"]]],
            ], ["metadata": ["name": "b"], "n": 2.5, "status": ["phase": "Pending"]],
        ],
    ]

    @Test(
        "a template finds what kubectl's does",
        arguments: [
            ("{.kind}", "List"), ("kind", "kind"), ("{.items[*].metadata.name}", "a b"),
            ("{.items[1].metadata.name}", "b"),
            ("{.items[-1].metadata.name}", "b"), ("{.items[0:1].metadata.name}", "a"), ("{.items[0,1].n}", "1 2.5"),
            ("{range .items[*]}{.metadata.name}={.status.phase};{end}", "a=Running;b=Pending;"),
            (#"{.items[?(@.status.phase=="Pending")].metadata.name}"#, "b"), ("{.items[?(@.n>1)].metadata.name}", "b"),
            (#"{.items[0].metadata.labels.app\.kubernetes\.io/name}"#, "x"),
            ("{.items[0].metadata.labels['app.kubernetes.io/name']}", "x"),
            (#"{.items[?(@.status.conditions)].metadata.name}{"\n"}"#, "a\n"),
            ("{.items[0].metadata.labels}", #"{"app.kubernetes.io/name":"x"}"#),
            ("{$.kind} {@.kind}", "List List"), ("{.nope}", ""), ("{..type}", "Ready"), ("{.items[*]['n']}", "1 2.5"),
        ])
    func finds(_ template: String, _ text: String) throws {
        #expect(try JSONPath(parsing: template, allowsMissingKeys: true).execute(Self.tree) == text)
    }

    @Test(
        "what is no template is refused in client-go's words",
        arguments: [
            ("{.a", "unclosed action"), ("{range .a}x", "unterminated range"),
            ("{end}", "not in range, nothing to end"),
            ("{.a[}", "invalid array index }"), ("{#}", "unrecognized character in action: U+0023 '#'"),
        ])
    func refused(_ template: String, _ why: String) {
        #expect(throws: JSONPath.Failure.self) { try JSONPath(parsing: template) }
        do { _ = try JSONPath(parsing: template) } catch { #expect("\(error)" == why) }
    }

    @Test("a missing key is a failure where it may not be missing")
    func missingKey() throws {
        let path = try JSONPath(parsing: "{.metadata.nope}")
        do {
            _ = try path.execute(["metadata": ["name": "a"]])
            Issue.record("it was found")
        } catch { #expect("\(error)" == "nope is not found") }
    }

    @Test("an index beyond the list is a failure that tells both")
    func beyond() throws {
        do {
            _ = try JSONPath(parsing: "{.items[7]}", allowsMissingKeys: true).execute(Self.tree)
            Issue.record("it was found")
        } catch { #expect("\(error)" == "array index out of bounds: index 7, length 2") }
    }

    @Test(
        "a path may be written without braces",
        arguments: [(".a.b", "{.a.b}"), ("a.b", "{.a.b}"), ("{.a}", "{.a}"), ("{a}", "{.a}"), ("", "")])
    func relaxed(_ text: String, _ path: String) throws {
        #expect(try JSONPath.relaxed(text) == path)
    }
}
