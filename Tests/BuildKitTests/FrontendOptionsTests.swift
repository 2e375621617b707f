import BuildProtocol
import DockerModel
import Fault
import JSON
import OCI
import Testing

@testable import BuildKit

@Suite("What a client says to the Dockerfile frontend")
struct FrontendOptionsTests {
    @Test("attributes become a request")
    func attributes() throws {
        let options = try FrontendOptions([
            "filename": "other.Dockerfile", "target": "two", "build-arg:A": "1", "build-arg:EMPTY": "",
            "label:l": "x", "platform": "linux/amd64,linux/arm64", "no-cache": "one,two", "image-resolve-mode": "pull",
            "force-network-mode": "none", "add-hosts": "db=10.0.0.1,gw=host-gateway", "shm-size": "1024",
            "ulimit": "nofile=10:20,nproc=5", "context:other": "docker-image://busybox", "cache-from": "a/b:c",
            "cache-imports": #"[{"Type":"local","Attrs":{"src":"d"}}]"#, "somebody's": "else",
        ])
        #expect(options.request.dockerfile == "other.Dockerfile")
        #expect(options.request.target == "two")
        #expect(options.request.arguments["A"] == "1")
        #expect(options.request.arguments["EMPTY"] == "")
        #expect(options.request.labels == ["l": "x"])
        #expect(options.platforms.map { "\($0)" } == ["linux/amd64", "linux/arm64"])
        #expect(options.isMultiPlatform)
        #expect(options.request.usesCache)
        #expect(options.request.uncachedStages == ["one", "two"])
        #expect(options.request.pulls)
        let host = options.request.host
        #expect(host["NetworkMode"].string == "none")
        #expect(host["ExtraHosts"].strings == ["db:10.0.0.1", "gw:host-gateway"])
        #expect(host["ShmSize"].int == 1024)
        #expect(host["Ulimits"].array?.map { $0["Hard"].int } == [20, 5])
        #expect(options.named == ["other": "docker-image://busybox"])
        #expect(options.cacheImports.map(\.type).sorted() == ["local", "registry"])
    }

    @Test("an empty list of stages means all of them")
    func withoutCache() throws {
        let options = try FrontendOptions(["no-cache": ""])
        #expect(!options.request.usesCache && options.request.uncachedStages.isEmpty)
        #expect(try FrontendOptions([:]).request.usesCache)
    }

    @Test(
        "what can't be understood is refused",
        arguments: [
            ("platform", "a/b/c/d/e"), ("multi-platform", "perhaps"), ("shm-size", "much"), ("ulimit", "nofile"),
            ("cache-imports", "{"), ("memory", ""),
        ])
    func refusals(_ key: String, _ value: String) {
        #expect(throws: Fault.self) { try FrontendOptions([key: value]) }
    }
}
