import Foundation
import JSON
import Testing

@testable import KubectlCLI

@Suite("forms of objects")
struct FormTests {
    @Test("KYAML: names without quotes where nothing else is meant, long texts line by line")
    func kyaml() throws {
        let tree = try JSON(
            parsing: #"""
                {"kind": "X", "a/b.c-d": 1, "y": true, "1e3": "2026-01-01", "1a": null, "a-": [],
                 "text": "one\n two\n\n", "tab": "a\tb\u0001\u2028", "list": [1, "a\nb"], "maps": [{"a": 1}, {}],
                 "lists": [[1], []]}
                """#)
        #expect(
            KYAML.text(tree) == #"""
                {
                  kind: "X",
                  a/b.c-d: 1,
                  "y": true,
                  "1e3": "2026-01-01",
                  1a: null,
                  "a-": [],
                  text: "\
                     one\n\
                    \ two\n\
                     \n\
                    ",
                  tab: "a	b\x01\L",
                  list: [
                    1,
                    "\
                       a\n\
                       b\
                      ",
                  ],
                  maps: [{
                    a: 1,
                  }, {}],
                  lists: [[
                    1,
                  ], []],
                }

                """#)
    }

    @Test("typed objects have the original's order and what it always writes; empty lists are null")
    func typed() throws {
        let tree = try JSON(
            parsing: #"""
                {"metadata": {"creationTimestamp": null, "name": "a"}, "apiVersion": "apps/v1", "kind": "Deployment",
                 "spec": {"template": {"spec": {"containers": [{"image": "i", "name": "c"}]}}, "selector": {}}}
                """#)
        #expect(
            TypedForm.of(tree).text
                == #"{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"a"},"spec":{"selector":{},"#
                + #""template":{"metadata":{},"spec":{"containers":[{"name":"c","image":"i","resources":{}}]}},"#
                + #""strategy":{}},"status":{}}"#)
        let custom: JSON = ["kind": "X", "apiVersion": "example.com/v1", "a": 1]
        #expect(TypedForm.of(custom) == custom)
        let none: JSON = ["kind": "PodList", "apiVersion": "v1", "metadata": ["resourceVersion": "5"], "items": []]
        #expect(
            TypedForm.list(none).text
                == #"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"5"},"items":null}"#)
    }

    @Test(
        "a kustomization that can't be read is refused in the original's words",
        arguments: [
            ("{\"nope\": 1, \"aaa\": 2}", "invalid Kustomization: json: unknown field \"aaa\""),
            (
                "{\"namespace\": true}",
                "invalid Kustomization: json: cannot unmarshal bool into Go struct field Kustomization.namespace of type "
                    + "string"
            ),
            (
                "{\"images\": [{\"name\": 1}]}",
                "invalid Kustomization: json: cannot unmarshal number into Go struct field Image.images.name of type string"
            ),
            (
                "{\"configMapGenerator\": [{\"name\": \"a\", \"options\": {\"labels\": {\"a\": 1}}}]}",
                "invalid Kustomization: json: cannot unmarshal number into Go struct field "
                    + "GeneratorOptions.configMapGenerator.GeneratorArgs.options.labels of type string"
            ),
            (
                "[]",
                "invalid Kustomization: json: cannot unmarshal array into Go value of type types.Kustomization"
            ),
            ("{\"kind\": \"Kustomization\"}", "kustomization.yaml is empty"),
        ])
    func kustomizations(_ text: String, _ message: String) throws {
        let settings = try JSON(parsing: text)
        do {
            _ = try KustomizationForm.check(settings)
            Issue.record("\(text) is taken")
        } catch let refusal as Refusal { #expect(refusal.description == message) }
    }

    @Test("what is out of date in a kustomization is told")
    func warnings() throws {
        let warnings = try KustomizationForm.check(["commonLabels": ["a": "b"], "resources": ["x"]])
        #expect(
            warnings == [
                "# Warning: 'commonLabels' is deprecated. Please use 'labels' instead. Run 'kustomize edit fix' to update "
                    + "your Kustomization automatically."
            ])
    }

    @Test("the old page of explain: types by their plain names, fields below each other")
    func oldPage() {
        let schemas: JSON = [
            "Spec": [
                "type": "object", "description": "A spec.", "required": ["name"],
                "properties": [
                    "name": ["type": "string", "description": "Its name."], "port": ["oneOf": [["type": "string"]]],
                    "labels": ["type": "object", "additionalProperties": ["type": "string"]],
                ],
            ]
        ]
        let kind: JSON = [
            "type": "object", "description": "A thing.",
            "properties": ["specs": ["type": "array", "description": "All.", "items": ["$ref": "#/x/Spec"]]],
        ]
        let page = OldSchemaPage(schemas: schemas.object ?? JSONObject(), recursive: false)
        #expect(
            page.output("Thing", "a/v1", kind, ["specs"]) == """
                KIND:     Thing
                VERSION:  a/v1

                RESOURCE: specs <[]Object>

                DESCRIPTION:
                     All.

                     A spec.

                FIELDS:
                   labels\t<map[string]string>

                   name\t<string> -required-
                     Its name.

                   port\t<string>


                """)
        #expect(page.output("Thing", "a/v1", kind, ["nope"]) == nil)
        let deep = OldSchemaPage(schemas: schemas.object ?? JSONObject(), recursive: true)
        #expect(
            deep.output("Thing", "v1", kind, [])?.hasSuffix(
                "FIELDS:\n   specs\t<[]Object>\n      labels\t<map[string]string>\n      name\t<string>\n      port\t<string>\n"
            ) == true)
    }

    @Test("help with a mistake beside it is a mistake; topics that there aren't; nothing is alpha")
    func help() async {
        for line in [["get", "-h", "--nope"], ["get", "--help", "--nope"], ["get", "-h=false", "--nope"]] {
            let printed = await Printed.run(line)
            #expect(printed.code == 1)
            #expect(printed.err == "error: unknown flag: --nope\nSee 'kubectl get --help' for usage.\n")
        }
        let topic = await Printed.run(["help", "nope", "x"])
        #expect(topic.code == 0)
        #expect(
            topic.err.hasPrefix("Unknown help topic [`nope` `x`]\n\n\nBasic Commands (Beginner):\n  create          C"))
        let alpha = await Printed.run(["alpha"])
        #expect(alpha == Printed(code: 0, out: "", err: "No alpha commands are available in this version of kubectl\n"))
        let filter = await Printed.run(["proxy", "--accept-paths=(", "--server=http://127.0.0.1:1"])
        #expect(filter.code == 255)
        #expect(filter.err.hasPrefix("F"))
        #expect(filter.err.hasSuffix("] Error compiling re: error parsing regexp: missing closing ): `(`\n"))
        let port = await Printed.run(["proxy", "--port=99999", "--server=http://127.0.0.1:1"])
        #expect(port.err == "error: listen tcp: address 99999: invalid port\n")
    }

    @Test("--local asks no server and adds nothing")
    func local() async throws {
        let file = NSTemporaryDirectory() + "hako-local-\(getpid()).yaml"
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x}]}\n"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let printed = await Printed.run([
            "set", "image", "-f", file, "c=y", "--local", "-o", "json", "--server=http://127.0.0.1:1",
        ])
        #expect(
            printed.out == """
                {
                    "kind": "Pod",
                    "apiVersion": "v1",
                    "metadata": {
                        "name": "p"
                    },
                    "spec": {
                        "containers": [
                            {
                                "name": "c",
                                "image": "y",
                                "resources": {}
                            }
                        ]
                    },
                    "status": {}
                }

                """)
        let named = await Printed.run(["label", "pod/p", "a=b", "--local", "--server=http://127.0.0.1:1"])
        #expect(named.code == 1)
        #expect(named.err.hasPrefix("error: can only use local files by -f pod.yaml or --filename=pod.json"))
    }
}
