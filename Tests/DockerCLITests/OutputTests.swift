import CommandLine
import JSON
import NIOCore
import Testing
@testable import DockerCLI

@Suite struct OutputTests {
    private static let containers: JSON = [
        [
            "Id": .string(String(repeating: "ab", count: 32)), "Names": ["/other/link", "/my-nginx"], "Image": "nginx",
            "ImageID": "sha256:0", "Command": "/docker-entrypoint.sh nginx -g 'daemon off;'", "Created": 0,
            "State": "running",
            "Status": "Up 3 seconds", "Labels": ["z": "1", "a": "2"],
            "Ports": [
                ["IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"],
                ["IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"],
                ["PrivatePort": 443, "Type": "tcp"],
            ],
            "Mounts": [["Name": "a-volume-with-a-long-name", "Driver": "local"]],
        ]
    ]

    private func ps(_ arguments: String...) async -> Client {
        await Client.run(
            ["ps"] + arguments,
            on: ScriptedDaemon { _, path in path == "/containers/json" ? .json(Self.containers) : nil })
    }

    @Test("ps prints Docker's table")
    func table() async {
        let lines = await ps().out.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("CONTAINER ID   IMAGE     COMMAND                  CREATED"))
        #expect(lines[1].hasPrefix(#"abababababab   nginx     "/docker-entrypoint.…"   "#))
        #expect(lines[1].hasSuffix("Up 3 seconds   443/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp   my-nginx"))
    }

    @Test("ps without containers prints the header alone")
    func emptyTable() async {
        let client = await Client.run(["ps"], on: ScriptedDaemon { _, _ in .json([]) })
        #expect(client.out == "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n")
    }

    static let formatsCases: [([String], String)] = [
        (
            ["--format", "{{.Names}} {{.Label \"a\"}} {{.Labels}} {{.Mounts}} {{.LocalVolumes}}"],
            "my-nginx 2 a=2,z=1 a-volume-with-… 1\n"
        ),
        (
            ["--format", #"table {{.Names}}\t{{.Label "a"}}\t{{upper .Image}}"#],
            "NAMES      a         IMAGE\nmy-nginx   2         NGINX\n"
        ),
        (["-q"], "abababababab\n"), (["--no-trunc", "--format", "{{.Names}}"], "other/link,my-nginx\n"),
        (["--format", "{{json .Ports}}"], "\"443/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp\"\n"),
    ]

    @Test("formats: columns, labels, a table of one's own, JSON, IDs", arguments: formatsCases)
    func formats(_ arguments: [String], _ text: String) async {
        let client = await Client.run(["ps"] + arguments, on: ScriptedDaemon { _, _ in .json(Self.containers) })
        #expect(client.out == text)
    }

    static let completionCases: [([String], String)] = [
        (["ru"], "run\n:4"), (["--log-level", "debug", "imag"], "images\nimage\n:4"),
        (["-H", "x", "ps", "--f"], "--filter\n--format\n:4"),
        (["run", "--network", "n"], "net1\n:4"), (["run", "-it", "--network=x", "--name", ""], ":4"),
        (["stop", ""], "my-nginx\n:4"), (["run", "-v", ""], ":0"), (["load", ""], ":0"), (["nothing", ""], ":4"),
        (["--conf"], "--config\n:4"), (["container", "sta"], "start\nstats\n:4"),
    ]

    @Test("completion knows commands, flags, what is there, and what a flag takes", arguments: completionCases)
    func completion(_ words: [String], _ expected: String) async {
        let daemon = ScriptedDaemon { _, path in
            switch path {
            case "/networks": .json([["Name": "net1"], ["Name": "other"]])
            case "/containers/json": .json([["Names": ["/my-nginx"]]])
            default: nil
            }
        }
        let client = await Client.run(["__complete"] + words, on: daemon)
        let names = client.out.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
        #expect(names.joined(separator: "\n") == expected)
    }

    @Test("ports in a run are joined, and those on other numbers stand last")
    func portRuns() {
        let ports: JSON = [
            ["PrivatePort": 92, "Type": "udp"], ["PrivatePort": 90, "Type": "udp"], ["PrivatePort": 91, "Type": "udp"],
            ["IP": "127.0.0.1", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"],
            ["PrivatePort": 95, "Type": "udp"],
        ]
        #expect(PortsText.text(ports) == "90-92/udp, 95/udp, 127.0.0.1:8080->80/tcp")
    }

    @Test("images prints a line a tag, and <none> where there is no name")
    func images() async {
        let images: JSON = [
            [
                "Id": "sha256:ec0cb36838112222", "RepoTags": ["testapp:1.0.0", "localhost:5000/x:2"], "RepoDigests": [],
                "Created": 0, "Size": 938_123_456,
            ],
            ["Id": "sha256:0123456789ab2222", "RepoTags": [], "RepoDigests": [], "Created": 0, "Size": 7],
        ]
        let client = await Client.run(
            ["images", "--format", "table {{.Repository}}\\t{{.Tag}}\\t{{.ID}}\\t{{.Size}}"],
            on: ScriptedDaemon { _, _ in .json(images) })
        #expect(
            client.out == """
                REPOSITORY         TAG       IMAGE ID       SIZE
                testapp            1.0.0     ec0cb3683811   938MB
                localhost:5000/x   2         ec0cb3683811   938MB
                <none>             <none>    0123456789ab   7B

                """)
    }

    @Test("inspect prints what it found, complains about the rest and fails")
    func inspect() async {
        let daemon = ScriptedDaemon { _, path in
            path == "/containers/web/json"
                ? .json(["Id": "1", "State": ["Status": "running"]]) : .error("No such thing", status: 404)
        }
        let both = await Client.run(["inspect", "web", "nope"], on: daemon)
        #expect(both.out.hasPrefix("[\n    {\n        \"Id\": \"1\""))
        #expect(both.err == "Error: No such object: nope\n" && both.exitCode == 1)
        let formatted = await Client.run(["inspect", "-f", "{{.State.Status}}", "web"], on: daemon)
        #expect(formatted.out == "running\n")
        let wrong = await Client.run(["inspect", "-f", "{{.Nope}}", "web"], on: daemon)
        #expect(
            wrong.err
                == "template parsing error: template: :1:2: executing \"\" at <.Nope>: map has no entry for key \"Nope\"\n"
        )
        let unreadable = await Client.run(["inspect", "-f", "{{.Nope", "web"], on: daemon)
        #expect(unreadable.exitCode == 64)
    }

    @Test("stop echoes the arguments in order, goes on after a failure, and exits 1")
    func stop() async {
        let daemon = ScriptedDaemon { _, path in
            path == "/containers/b/stop"
                ? .error("No such container: b", status: 404) : ScriptedDaemon.Answer(status: 204)
        }
        let client = await Client.run(["stop", "-t", "3", "a", "b", "c"], on: daemon)
        #expect(
            client.out == "a\nc\n" && client.err == "Error response from daemon: No such container: b\n"
                && client.exitCode == 1)
        #expect(daemon.requests.allSatisfy { $0.target.hasSuffix("/stop?t=3") })
    }

    @Test("an empty name is refused before anything is asked")
    func emptyName() async {
        let daemon = ScriptedDaemon()
        let client = await Client.run(["stop", ""], on: daemon)
        #expect(client.err == "invalid container name or ID: value is empty\n" && client.exitCode == 1)
        #expect(daemon.requests.isEmpty)
    }

    @Test("prune asks first, and does nothing on anything but y")
    func prune() async {
        let daemon = ScriptedDaemon { _, path in
            path == "/containers/prune" ? .json(["ContainersDeleted": ["abc"], "SpaceReclaimed": 1_500]) : nil
        }
        let no = await Client.run(["container", "prune"], on: daemon, input: "n\n")
        #expect(
            no.out == "WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] ")
        #expect(daemon.requests.isEmpty && no.exitCode == 0)
        let yes = await Client.run(["container", "prune"], on: daemon, input: "y\n")
        #expect(yes.out.hasSuffix("Deleted Containers:\nabc\n\nTotal reclaimed space: 1.5kB\n"))
    }

    @Test("events print Docker's line")
    func events() {
        let event: JSON = [
            "Type": "container", "Action": "start", "time": 1, "timeNano": 1_500_000_000,
            "Actor": ["ID": "x", "Attributes": ["name": "web", "image": "nginx"]],
        ]
        #expect(EventText.line(event).hasSuffix(" container start x (image=nginx, name=web)"))
    }

    @Test("the daemon's frames are taken apart wherever they are cut", arguments: 1...20)
    func frames(_ size: Int) throws {
        let stream = Frame.bytes(1, "out") + Frame.bytes(2, "error") + Frame.bytes(1, "") + Frame.bytes(1, "more")
        var frames = StreamFrames(), out = "", err = ""
        for start in stride(from: 0, to: stream.count, by: size) {
            try frames.feed(.init(bytes: stream[start..<min(stream.count, start + size)])) { isError, bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                if isError { err += text } else { out += text }
            }
        }
        #expect(out == "outmore" && err == "error")
    }

    @Test("dial-stdio passes on what the daemon says")
    func dialStdio() async {
        let client = await Client.run(
            ["system", "dial-stdio"], on: ScriptedDaemon(stream: Array("HTTP/1.1 200 OK\r\n".utf8)), input: "GET /")
        #expect(client.out == "HTTP/1.1 200 OK\r\n" && client.exitCode == 0)
    }

    @Test("images --tree prints the original's page, a line for each platform")
    func imageTree() async {
        let images: JSON = [
            [
                "Id": .string("sha256:" + String(repeating: "a", count: 64)), "Created": 1, "Containers": -1,
                "RepoTags": ["app:1", "registry.example.com/team/app:1"], "RepoDigests": [], "Size": 4_300_000,
                "Manifests": [
                    [
                        "ID": .string("sha256:" + String(repeating: "b", count: 64)), "Kind": "image",
                        "Size": ["Content": 2_200_000, "Total": 6_500_000],
                        "ImageData": [
                            "Platform": ["os": "linux", "architecture": "arm64", "variant": "v8"],
                            "Containers": ["c"],
                        ],
                    ],
                    ["ID": "sha256:cc", "Kind": "attestation", "Size": ["Content": 100_000, "Total": 100_000]],
                ],
            ],
            ["Id": "sha256:d", "Created": 2, "RepoTags": [], "RepoDigests": [], "Size": 1],
        ]
        let daemon = ScriptedDaemon { _, path in path == "/images/json" ? .json(images) : nil }
        let client = await Client.run(["images", "--tree"], on: daemon)
        #expect(daemon.requests.map(\.target) == ["/images/json?manifests=1"])
        #expect(
            client.out == """
                WARNING: This is an experimental feature. The output may change and shouldn't be depended on.
                                                                              Info ->  U In Use\u{20}

                IMAGE                           ID             DISK USAGE   CONTENT SIZE   EXTRA
                registry.example.com/team/app:1
                app:1                           aaaaaaaaaaaa        4.3MB          2.3MB   U\u{20}\u{20}\u{20}\u{20}
                └─ linux/arm64/v8               bbbbbbbbbbbb        6.5MB          2.2MB   U\u{20}\u{20}\u{20}\u{20}


                """)
        let quiet = await Client.run(["images", "--tree", "-q"], on: daemon)
        #expect(quiet.err == "--quiet is not yet supported with --tree\n" && quiet.exitCode == 1)
    }
}

enum Frame {
    static func bytes(_ stream: UInt8, _ text: String) -> [UInt8] {
        [stream, 0, 0, 0, 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
    }
}
