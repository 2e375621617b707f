import CommandLine
import JSON
import Testing
import Wire

@testable import DockerCLI

@Suite struct ContextTests {
    private func choose(_ arguments: [String: String] = [:], _ change: (inout GlobalOptions) -> Void = { _ in }) throws
        -> DaemonAddress
    {
        var options = GlobalOptions()
        change(&options)
        return try DaemonAddress.choose(
            options, environment: arguments, configuration: DockerConfig(folder: "/nonexistent"),
            contexts: ContextStore(configurationFolder: "/nonexistent"))
    }

    @Test("without a choice it is our own daemon, which may be started")
    func ownDaemon() throws {
        let address = try choose()
        #expect(address.text == "unix:///run/hako/docker.sock" && address.isDefault)
        #expect(try !choose(["DOCKER_HOST": "unix:///x.sock"]).isDefault)
    }

    @Test("--host wins over DOCKER_HOST, which wins over the context")
    func precedence() throws {
        #expect(try choose(["DOCKER_HOST": "tcp://a:1"]) { $0.hosts = ["unix:///b"] }.endpoint == .unix(path: "/b"))
        #expect(
            try choose(["DOCKER_HOST": "tcp://a:1", "DOCKER_CONTEXT": "nope"]).endpoint == .tcp(host: "a", port: 1))
    }

    static let hostsCases: [(String, Endpoint)] = [
        ("tcp://h", .tcp(host: "h", port: 2375)), ("tcp://h:99", .tcp(host: "h", port: 99)),
        ("tcp://[::1]:99", .tcp(host: "::1", port: 99)),
        ("tcp://", .tcp(host: "127.0.0.1", port: 2375)), ("unix:///a/b", .unix(path: "/a/b")),
    ]

    @Test("hosts are read with their default ports", arguments: hostsCases)
    func hosts(_ text: String, _ endpoint: Endpoint) throws {
        #expect(try DaemonAddress.parse(text, tls: nil).endpoint == endpoint)
    }

    @Test("TLS changes the port", arguments: ["ftp://x", "tcp://h:port", ""])
    func badHosts(_ text: String) throws {
        let tls = TLSFiles(authority: nil, certificate: nil, key: nil, verify: true)
        #expect(try DaemonAddress.parse("tcp://h", tls: tls).endpoint == .tcp(host: "h", port: 2376))
        #expect(throws: Failure.self) { _ = try DaemonAddress.parse(text, tls: nil) }
    }

    @Test("contexts are made, listed, chosen and removed as the docker client keeps them")
    func lifecycle() async throws {
        let scratch = try Scratch()
        defer { scratch.remove() }
        let environment = ["DOCKER_CONFIG": scratch.path]
        let made = await Client.run(
            ["context", "create", "far", "--docker", "host=tcp://far:1"], environment: environment)
        #expect(made.out == "far\n" && made.err == "Successfully created context \"far\"\n")
        // sha256 of "far"
        #expect(
            scratch.read("contexts/meta/\(ContextStore.id("far"))/meta.json")
                == #"{"Name":"far","Metadata":{},"Endpoints":{"docker":{"Host":"tcp://far:1","SkipTLSVerify":false}}}"#)
        #expect(await Client.run(["context", "use", "far"], environment: environment).out == "far\n")
        #expect(await Client.run(["context", "show"], environment: environment).out == "far\n")
        #expect(await Client.run(["context", "ls", "-q"], environment: environment).out == "default\nfar\n")
        #expect(
            await Client.run(["context", "rm", "far"], environment: environment).err
                == "context \"far\" is in use, set -f flag to force remove\n")
        #expect(await Client.run(["context", "rm", "-f", "far"], environment: environment).exitCode == 0)
        #expect(await Client.run(["context", "ls", "-q"], environment: environment).out == "default\n")
    }

    @Test("proxies of the configuration reach new containers")
    func proxies() throws {
        let config = DockerConfig(
            folder: "/x", json: ["proxies": ["default": ["httpProxy": "http://p:1", "noProxy": "a"]]])
        #expect(
            config.proxyEnvironment(host: "unix:///x", given: ["NO_PROXY"]) == [
                "HTTP_PROXY=http://p:1", "http_proxy=http://p:1", "no_proxy=a",
            ])
    }
}
