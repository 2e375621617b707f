import JSON
import Testing

@testable import Engine

@Suite struct ImageDefaultsTests {
    private static let image: JSON = [
        "Entrypoint": ["/entry.sh"], "Cmd": ["serve"], "Env": ["A=1", "B=2"], "WorkingDir": "/srv", "User": "web",
        "ExposedPorts": ["80/tcp": [:]], "Labels": ["x": "image", "y": "image"], "StopSignal": "SIGQUIT",
        "Healthcheck": ["Test": ["CMD", "check"], "Retries": 5],
    ]

    @Test("what the container doesn't say comes from the image")
    func all() {
        let merged = ImageDefaults.merge([:], image: Self.image)
        #expect(merged["Entrypoint"].strings == ["/entry.sh"] && merged["Cmd"].strings == ["serve"])
        #expect(merged["WorkingDir"] == "/srv" && merged["User"] == "web" && merged["StopSignal"] == "SIGQUIT")
        #expect(merged["Healthcheck"]["Retries"].int == 5)
    }

    @Test("a command replaces the image's and keeps its entrypoint; an entrypoint drops the image's command")
    func commands() {
        let command = ImageDefaults.merge(["Cmd": ["bash"]], image: Self.image)
        #expect(command["Entrypoint"].strings == ["/entry.sh"] && command["Cmd"].strings == ["bash"])
        let entry = ImageDefaults.merge(["Entrypoint": ["sh"]], image: Self.image)
        #expect(entry["Entrypoint"].strings == ["sh"] && entry["Cmd"].isNull)
    }

    @Test("an empty entrypoint takes the image's away")
    func emptied() {
        let merged = ImageDefaults.merge(["Entrypoint": [""], "Cmd": ["ls"]], image: Self.image)
        #expect(merged["Entrypoint"].isNull && merged["Cmd"].strings == ["ls"])
    }

    @Test("variables and labels of the container win over the image's")
    func precedence() {
        let merged = ImageDefaults.merge(["Env": ["B=mine"], "Labels": ["x": "mine"]], image: Self.image)
        #expect(Set(merged["Env"].strings) == ["A=1", "B=mine"])
        #expect(merged["Labels"].stringMap == ["x": "mine", "y": "image"])
    }
}
