import CommandLine
import JSON
import Testing

@testable import DockerCLI

@Suite("Bake files")
struct BakeTests {
    private func definition(
        _ text: String, given: [String: String] = [:], environment: [String: String] = [:]
    ) throws -> BakeDefinition {
        var definition = BakeDefinition()
        try definition.add(try HCLText.parse(text, name: "b.hcl"), name: "b.hcl")
        try definition.resolve(given, environment)
        return definition
    }

    private static let text = """
        # what is built
        variable "TAG" { default = "latest" }
        variable "FRESH" {
          default = false // no
        }
        group "default" { targets = ["app", "all"] }
        group "all" { targets = ["tool"] }
        target "base" {
          args = { A = "1", "B" : "${TAG}" }
          labels = { l = "v" }
        }
        target "app" {
          inherits = ["base"]
          tags     = ["app:${TAG}", "app:$${TAG}"]
          no-cache = FRESH
          args     = { A = "2" }
        }
        target "tool" { /* alone */ context = "tools" }
        """

    @Test("variables are the command line's, the environment's or their own; targets inherit and add to maps")
    func values() throws {
        for (given, environment, tag) in [
            ([:], [:], "latest"), (["TAG": "x"], ["TAG": "y"], "x"), ([:], ["TAG": "y"], "y"),
        ] as [([String: String], [String: String], String)] {
            let app = try definition(Self.text, given: given, environment: environment).inherited("app")
            #expect(app["tags"].strings == ["app:\(tag)", "app:${TAG}"])
            #expect(app["args"] == ["A": "2", "B": .string(tag)])
            #expect(app["labels"] == ["l": "v"])
            #expect(app["no-cache"] == false)
        }
        let fresh = try definition(Self.text, environment: ["FRESH": "1"]).inherited("app")
        #expect(fresh["no-cache"] == true)
        #expect(throws: Failure.self) { try definition(Self.text, environment: ["FRESH": "soon"]) }
    }

    @Test("groups name groups and targets, patterns name targets")
    func names() throws {
        let definition = try definition(Self.text)
        let all = try definition.members(of: "default")
        #expect(all.targets == ["app", "tool"] && all.groups == ["default", "all"])
        #expect(try definition.matching("*") == ["app", "base", "tool"])
        #expect(try definition.matching("?o*") == ["tool"])
        #expect(performing: { try definition.members(of: "none") }, throws: { "\($0)" == "failed to find target none" })
        #expect(throws: Failure.self) { try definition.matching("x*") }
        let loop = try self.definition("target \"a\" { inherits = [\"b\"] }\ntarget \"b\" { inherits = [\"a\"] }")
        #expect(throws: Failure.self) { try loop.inherited("a") }
    }

    @Test("--set replaces and adds; several of one key make one list")
    func overrides() throws {
        let definition = try definition(Self.text)
        let changes = try BakeOverrides(
            [
                "app.args.A=3", "*.tags=one", "app.tags=two", "app.output+=type=docker", "app.pull=true",
                "app.args.FROM",
            ],
            definition, ["FROM": "outside"])
        let app = try changes.apply(to: try definition.inherited("app"), named: "app")
        #expect(app["args"] == ["A": "3", "B": "latest", "FROM": "outside"])
        #expect(app["tags"].strings == ["one", "two"])
        #expect(app["output"].strings == ["type=docker"] && app["pull"] == true)
        for (text, message) in [
            ("x", "invalid override key x, expected target.name"),
            ("app.tags", "invalid override app.tags, expected target.name=value"),
            ("app.args=x", "invalid key app.args, args requires name"),
            ("none.tags=x", "could not find any target matching 'none'"),
        ] {
            #expect(
                "\(text)", performing: { try BakeOverrides([text], definition, [:]) },
                throws: { "\($0)" == message })
        }
        let unknown = try BakeOverrides(["app.colour=red"], definition, [:])
        #expect(
            performing: { try unknown.apply(to: [:], named: "app") }, throws: { "\($0)" == "unknown key: colour" })
    }

    @Test("a target as it is shown, and as arguments of docker build")
    func words() throws {
        let target = BakeTarget(
            "app",
            [
                "context": "dir", "tags": ["a:1"], "args": ["X": "1", "Y": .null], "output": ["type=local,dest=out"],
                "cache-from": ["foo/bar"], "secret": ["id=s,src=file"], "ssh": ["default"],
                "contexts": ["base": "target:other", "site": "https://x/y"], "platforms": ["linux/amd64"],
                "target": "t", "no-cache": true,
            ])
        #expect(
            target.json["output"] == [["dest": "out", "type": "local"]]
                && target.json["cache-from"] == [["ref": "foo/bar", "type": "registry"]]
                && target.json["ssh"] == [["id": "default"]] && target.json["dockerfile"] == "Dockerfile")
        #expect(target.needs == ["other"])
        #expect(
            target.words { "image-of-\($0)" } == [
                "-f", "dir/Dockerfile", "--build-context", "base=docker-image://image-of-other", "--build-context",
                "site=https://x/y", "--build-arg", "X=1", "--build-arg", "Y", "-t", "a:1", "--cache-from",
                "ref=foo/bar,type=registry", "--secret", "id=s,src=file", "--output", "dest=out,type=local", "--ssh",
                "default", "--platform", "linux/amd64", "--target", "t", "--no-cache", "dir",
            ])
        let kept = target.kept(as: "k:1")
        #expect(kept.tags == ["k:1"] && !kept.words { $0 }.contains("--output"))
    }

    @Test(
        "what isn't HCL, or more of it than there is, is refused with its line",
        arguments: [
            ("target \"a\" {\n  tags = [\"x\"", 2), ("target \"a\" {\n context = upper(X)\n}", 2),
            ("\n\nfunction \"f\" {}", 3), ("target \"a\" {\n x = \"open\n}", 2),
            ("target \"a\" {}\ntarget \"a\" {}", 2),
            ("x = 1 + 2", 1), ("/* open", 1), ("target a b", 1),
        ])
    func refused(_ text: String, _ line: Int) {
        #expect(
            "\(text)", performing: { try HCLText.parse(text, name: "b.hcl") },
            throws: { ($0 as? Failure)?.description.hasPrefix("b.hcl:\(line): ") == true })
    }

    @Test("endless nesting is refused")
    func deep() {
        #expect(throws: Failure.self) {
            try HCLText.parse("x = " + String(repeating: "[", count: 100_000), name: "b.hcl")
        }
    }

    @Test("what a bake file can't say here is refused, and so are variables that aren't there")
    func unknown() throws {
        #expect(throws: Failure.self) { try definition("target \"a\" {\n matrix = {}\n}") }
        #expect(throws: Failure.self) { try definition("target \"a\" {\n context = \"${NONE}\"\n}") }
        #expect(throws: Failure.self) { try definition("target \"a\" {\n context = \"${a.b}\"\n}") }
    }
}
