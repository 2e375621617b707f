import Compose
import Fault
import JSON
import Testing

@testable import ComposeCLI

@Suite("Services to containers' settings")
struct ContainerBodyTests {
    static func body(_ service: String, _ rest: String = "") throws -> JSON {
        let text =
            "services:\n  web:\n    image: nginx\n" + service.split(separator: "\n").map { "    \($0)\n" }.joined()
            + rest
        var request = LoadRequest(files: ["/w/compose.yaml"], workingDirectory: "/w", environment: [:])
        request.name = "p"
        let project = try Project.load(request, FileAccess(read: { _ in Array(text.utf8) }, isFile: { _ in false }))
        let web = try project.service("web")
        return try ContainerBody(project: project, service: web, number: 1, name: "p-web-1", labels: [:]).make()
    }

    struct Case: Sendable {
        let service: String, rest: String, path: [String], expected: JSON
        init(_ service: String, _ path: String, _ expected: JSON, rest: String = "") {
            (self.service, self.rest, self.expected) = (service, rest, expected)
            self.path = path.split(separator: ".").map(String.init)
        }
    }

    static let cases: [Case] = [
        Case("command: a b", "Cmd", ["a", "b"]), Case("entrypoint: []", "Entrypoint", []),
        Case("environment: {A: 1, B: }", "Env", ["A=1", "B"]),
        Case("expose: [80, 90-91/udp]", "ExposedPorts", ["80/tcp": [:], "90/udp": [:], "91/udp": [:]]),
        Case(
            "ports: ['127.0.0.1:8080:80']", "HostConfig.PortBindings",
            ["80/tcp": [["HostIp": "127.0.0.1", "HostPort": "8080"]]]),
        Case("restart: on-failure:3", "HostConfig.RestartPolicy", ["Name": "on-failure", "MaximumRetryCount": 3]),
        Case(
            "deploy: {restart_policy: {condition: any}}", "HostConfig.RestartPolicy",
            ["Name": "always", "MaximumRetryCount": 0]),
        Case("deploy: {resources: {limits: {cpus: '0.5', memory: 64m, pids: 9}}}", "HostConfig.NanoCpus", 500_000_000),
        Case("mem_limit: 1k", "HostConfig.Memory", 1024),
        Case("volumes: ['./a:/a:ro,z']", "HostConfig.Binds", ["/w/a:/a:ro,z"]),
        Case("volumes: [d:/d]", "HostConfig.Binds", ["p_d:/d:rw"], rest: "volumes: {d: }\n"),
        Case("volumes: [/anon]", "HostConfig.Mounts", [["Type": "volume", "Target": "/anon"]]),
        Case("tmpfs: ['/t:size=1m', /u]", "HostConfig.Tmpfs", ["/t": "size=1m", "/u": ""]),
        Case("network_mode: host", "HostConfig.NetworkMode", "host"), Case("init: true", "HostConfig.Init", true),
        Case("extra_hosts: {h: '::1'}", "HostConfig.ExtraHosts", ["h:::1"]),
        Case("stop_grace_period: 1m", "StopTimeout", 60),
        Case("healthcheck: {disable: true}", "Healthcheck", ["Test": ["NONE"]]),
        Case("ulimits: {nofile: 5}", "HostConfig.Ulimits", [["Name": "nofile", "Hard": 5, "Soft": 5]]),
        Case(
            "configs: [{source: c, target: /c}]", "HostConfig.Mounts",
            [["Type": "bind", "Source": "/w/f", "Target": "/c", "ReadOnly": true]], rest: "configs: {c: {file: f}}\n"),
        Case(
            "networks: {n: {aliases: [x], ipv4_address: 10.0.0.9}}", "NetworkingConfig.EndpointsConfig.p_n",
            ["Aliases": ["p-web-1", "web", "x"], "IPAMConfig": ["IPv4Address": "10.0.0.9"]], rest: "networks: {n: }\n"),
        Case("security_opt: [no-new-privileges]", "HostConfig.SecurityOpt", ["no-new-privileges"]),
        Case(
            "gpus: all", "HostConfig.DeviceRequests",
            [["Driver": "", "Count": -1, "DeviceIDs": nil, "Capabilities": [["gpu"]], "Options": nil]]),
    ]

    @Test("attributes", arguments: cases.indices)
    func attributes(at: Int) throws {
        let example = Self.cases[at]
        let body = try Self.body(example.service, example.rest)
        #expect(example.path.reduce(body) { $0[$1] } == example.expected)
    }

    @Test("a file for a container is an archive that tar takes")
    func archive() {
        let file = FileReferences(
            kind: "config", target: "/etc/x", file: "", content: "hi", mode: 0o444, user: 1, group: 2)
        let bytes = file.archive(Array("hi".utf8))
        #expect(bytes.count == 512 + 512 + 1_024)
        #expect(String(decoding: bytes[0..<5], as: UTF8.self) == "etc/x")
        #expect(String(decoding: bytes[512..<514], as: UTF8.self) == "hi")
        let sum = bytes[0..<148].reduce(0) { $0 + Int($1) } + 8 * 32 + bytes[156..<512].reduce(0) { $0 + Int($1) }
        #expect(Int(String(decoding: bytes[148..<154], as: UTF8.self), radix: 8) == sum)
    }

    @Test("services that restart with others", arguments: [(["db"], ["db", "web"]), (["web"], ["web"])])
    func restarts(names: [String], expected: [String]) throws {
        let text =
            "services:\n  web: {image: a, depends_on: {db: {condition: service_started, restart: true}}}\n  db: {image: b}\n"
        let request = LoadRequest(files: ["/w/compose.yaml"], workingDirectory: "/w", environment: [:])
        let project = try Project.load(request, FileAccess(read: { _ in Array(text.utf8) }, isFile: { _ in false }))
        #expect(ComposeTree.restarted(names, project, withDependents: true).sorted() == expected)
    }

    @Test("places of files to copy", arguments: [("web:/a", "web"), ("./web:/a", nil), ("/a", nil), ("-", nil)])
    func places(text: String, service: String?) { #expect(ComposeTree.place(text).service == service) }
}

@Suite("Progress on a terminal")
struct ProgressBoardTests {
    @Test("lines have a mark, a name, what happens, and a clock at the right")
    func draws() {
        var board = ProgressBoard(title: "Running", colors: false)
        let start = ContinuousClock.now
        board.set("Network n", .working, "Creating", at: start)
        board.set("Network n", .done, "Created", at: start.advanced(by: .milliseconds(300)))
        board.set("Container web-1", .working, "Starting", at: start)
        let text = board.draw(width: 60, height: 24, now: start.advanced(by: .seconds(2)))
        #expect(text.contains("[+] Running 1/2"))
        #expect(text.contains(" ✔ Network n        Created"))
        #expect(text.contains("0.3s "))
        #expect(text.contains("2.0s "))
        #expect(text.split(separator: "\n").dropFirst().first?.hasPrefix(" ✔ Network n") == true)
    }
}
