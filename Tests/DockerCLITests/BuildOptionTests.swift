import BuildClient
import BuildProtocol
import CommandLine
import Foundation
import Testing

@testable import DockerCLI

@Suite("What docker build's options come to")
struct BuildOptionTests {
    private func outputs(_ texts: [String], pushes: Bool = false, loads: Bool = false, takesAll: Bool = true) throws
        -> BuildOutputs
    {
        var options = BuildOptions()
        options.outputs = texts
        options.pushes = pushes
        options.loads = loads
        return try BuildOutputs(
            options, names: ["docker.io/library/x:1"], out: Output { _ in true }, takesAll: takesAll)
    }

    @Test("without --output the image is kept under its names")
    func image() throws {
        let name = ["name": "docker.io/library/x:1"]
        #expect(try outputs([]).outputs == [.init(type: "image", attributes: name)])
        #expect(try outputs([], takesAll: false).outputs == [.init(type: "moby", attributes: name)])
        #expect(try outputs([], loads: true).outputs == [.init(type: "image", attributes: name)])
        let pushed = name.merging(["push": "true"]) { first, _ in first }
        #expect(try outputs([], pushes: true).outputs == [.init(type: "image", attributes: pushed)])
        let older = try outputs([], pushes: true, takesAll: false)
        #expect(older.outputs == [.init(type: "moby", attributes: name)])
        #expect(older.pushedLater == ["docker.io/library/x:1"])
        #expect(try outputs(["type=registry"]).outputs == [.init(type: "image", attributes: pushed)])
    }

    @Test("folders, files and standard output")
    func places() throws {
        let made = try outputs(["/a/../b", "-", "type=oci,dest=/c/d.tar", "\"type=tar\",\"dest=/e,f\""])
        #expect(made.outputs.map(\.type) == ["local", "tar", "oci", "tar"])
        #expect(made.outputs.allSatisfy { $0.attributes["dest"] == nil })
        guard case .folder("/b") = made.places[0], case .stream = made.places[1],
            case .file("/c/d.tar") = made.places[2],
            case .file("/e,f") = made.places[3]
        else {
            Issue.record("\(made.places)")
            return
        }
        #expect(try outputs(["type=oci,dest=/x,tar=false"]).stores == ["export": "/x"])
    }

    @Test(
        "refused outputs",
        arguments: [
            ("type=local", "dest is required for local exporter"),
            ("type=local,dest=-", "dest cannot be stdout for local exporter"),
            ("dest=x", "type is required for output"),
            ("type=foo,dest=x", "failed to solve: exporter \"foo\" could not be found"),
            ("type=tar,dest=/tmp", "destination file /tmp is a directory"),
            ("type=a,b", "invalid field 'b' must be a key=value pair"),
        ])
    func refused(_ text: String, _ message: String) {
        let failure = #expect(throws: Failure.self) { try outputs([text]) }
        #expect(failure?.description == message)
    }

    @Test("secrets come from files and variables")
    func secrets() throws {
        let file = NSTemporaryDirectory() + "hako-secret-" + UUID().uuidString
        try Data("x".utf8).write(to: URL(fileURLWithPath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let found = try BuildSecrets.parse(
            ["id=a,src=\(file)", "type=env,id=b,env=B", "id=C", "type=env,src=B,id=d"], ["B": "bee", "C": "see"])
        #expect(found == ["a": .file(file), "b": .text("bee"), "C": .text("see"), "d": .text("bee")])
        for (text, message) in [
            ("src=\(file)", "secret missing ID"), ("id=a,type=x", "unsupported secret type \"x\""),
            ("id=a,foo=b", "unexpected key 'foo' in 'foo=b'"),
            ("id=a,src=/nope", "failed to stat /nope: stat /nope: no such file or directory"),
        ] {
            let failure = #expect(throws: Failure.self) { try BuildSecrets.parse([text], [:]) }
            #expect(failure?.description == message)
        }
    }

    @Test("caches: names are registries', folders are named by their index")
    func caches() throws {
        let folder = NSTemporaryDirectory() + "hako-cache-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var options = BuildOptions()
        options.cacheFrom = ["a/b:c,d", "type=local,src=\(folder)"]
        options.cacheTo = ["type=local,dest=\(folder),mode=max", "type=inline"]
        var warnings: [String] = []
        let before = try BuildCaches(options) { warnings.append($0) }
        #expect(before.imports.map(\.attributes) == [["ref": "a/b:c"], ["ref": "d"]])
        #expect(warnings.count == 1)
        #expect(before.exports.map(\.type) == ["local", "inline"])
        try before.name(#"{"mediaType":"m","digest":"sha256:1","size":1}"#)
        try before.name(#"{"mediaType":"m","digest":"sha256:2","size":1}"#)
        let after = try BuildCaches(options) { warnings.append($0) }
        #expect(after.imports.last?.attributes["digest"] == "sha256:2")
        #expect(after.stores == ["local:" + folder: folder] && warnings.count == 1)
    }

    @Test("a daemon without BuildKit gets the classic endpoint, unless the user needs what that hasn't got")
    func fallback() async throws {
        let folder = NSTemporaryDirectory() + "hako-build-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("FROM scratch\n".utf8).write(to: URL(fileURLWithPath: folder + "/Dockerfile"))
        let daemon = ScriptedDaemon { method, path in
            path == "/build" ? .text("{\"stream\":\"Step 1\\n\"}\n") : nil
        }
        let built = await Client.run(["build", folder], on: daemon)
        #expect(built.exitCode == 0 && built.out == "Step 1\n", "\(built)")
        #expect(daemon.requests.map(\.target).contains { $0.hasPrefix("/build?") })
        let refused = await Client.run(["build", "--ssh", "default", folder], on: daemon)
        #expect(refused.exitCode == 1 && refused.err.contains("the --ssh option needs BuildKit"), "\(refused)")
        let buildx = await Client.run(["buildx", "build", folder], on: daemon)
        #expect(buildx.exitCode == 1 && buildx.err.contains("page not found"), "\(buildx)")
        let old = await Client.run(["build", folder], on: daemon, environment: ["DOCKER_BUILDKIT": "0"])
        #expect(old.err.hasPrefix("DEPRECATED: ") && old.exitCode == 0)
    }
}
