import Fault
import JSON
import Testing

@testable import Dockerfile

struct ImageSettingsTests {
    @Test func variablesAreReplacedInPlace() {
        var settings = ImageSettings(["Env": ["PATH=/bin", "A=1"]])
        settings.set(environment: [KeyValue(key: "PATH", value: "/x"), KeyValue(key: "B", value: "2")])
        #expect(settings.json["Env"].strings == ["PATH=/x", "A=1", "B=2"])
    }

    @Test func anEntrypointDropsTheBasesCommand() {
        var settings = ImageSettings(["Cmd": ["sh"]])
        settings.set(entrypoint: .shell("run"), keepsCommand: false)
        #expect(settings.json["Cmd"].isNull)
        #expect(settings.json["Entrypoint"].strings == ["/bin/sh", "-c", "run"])
    }

    @Test func portsAndRanges() throws {
        var settings = ImageSettings([:])
        try settings.expose(["80", "90-91/udp"])
        #expect((settings.json["ExposedPorts"].object ?? JSONObject()).map(\.key) == ["80/tcp", "90/udp", "91/udp"])
        #expect(throws: Fault.self) { try settings.expose(["x"]) }
        #expect(throws: Fault.self) { try settings.expose(["80/foo"]) }
        #expect(throws: Fault.self) { try settings.expose(["90-80"]) }
    }

    @Test(arguments: [
        ("/a", "/b", "/a"), ("a", "/b", "/b/a"), ("../c", "/a/b", "/a/c"), ("../../..", "/a", "/"), ("", "/a", "/a"),
    ])
    func folders(_ path: String, _ current: String, _ expected: String) {
        #expect(ImageSettings.resolve(path, in: current) == expected)
    }
}
