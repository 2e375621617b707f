import CommandLine
import JSON
import NIOHTTP1
import Testing
import Wire
@testable import DockerCLI

@Suite struct RunTests {
    @Test("run waits before it starts, keeps the streams apart and passes the exit code on")
    func attachedRun() async {
        let daemon = ScriptedDaemon(stream: Frame.bytes(1, "hi\n") + Frame.bytes(2, "oh\n")) { _, path in
            path.hasSuffix("/wait") ? .json(["StatusCode": 3]) : nil
        }
        let client = await Client.run(["run", "--rm", "alpine", "sh"], on: daemon)
        #expect(client.out == "hi\n" && client.err == "oh\n" && client.exitCode == 3)
        let order = daemon.requests.map {
            $0.target.prefix { $0 != "?" }.split(separator: "/").last.map(String.init) ?? ""
        }
        #expect(order == ["create", "attach", "wait", "start"])
        #expect(daemon.requests[2].target.hasSuffix("?condition=removed"))
    }

    @Test("run -d prints the ID alone")
    func detachedRun() async {
        let client = await Client.run(["run", "-d", "nginx"])
        #expect(client.out == String(repeating: "c", count: 64) + "\n" && client.err.isEmpty && client.exitCode == 0)
    }

    static let failedStartCases: [(String, Int32)] = [
        ("exec: \"x\": executable file not found in $PATH", 127), ("exec: \"/x\": no such file or directory", 127),
        ("exec: \"/etc/passwd\": permission denied", 126), ("exec: \"/etc\": is a directory", 126),
        ("port is already allocated", 125),
    ]

    @Test("a failed start gives 125, 126 or 127", arguments: failedStartCases)
    func failedStart(_ message: String, _ code: Int32) async {
        let daemon = ScriptedDaemon { _, path in path.hasSuffix("/start") ? .error(message, status: 400) : nil }
        let client = await Client.run(["run", "alpine", "x"], on: daemon)
        #expect(client.exitCode == code)
        #expect(
            client.err
                == "docker: Error response from daemon: \(message)\n\nRun 'docker run --help' for more information\n")
    }

    @Test("run pulls an absent image by itself, telling so on standard error")
    func pullsWhenMissing() async {
        let daemon = ScriptedDaemon { _, _ in nil }
        let missing = ScriptedDaemon { [daemon] method, path in
            if path == "/containers/create" {
                return daemon.requests.isEmpty ? .error("No such image: ubuntu:latest", status: 404) : nil
            }
            guard path == "/images/create" else { return nil }
            Task { _ = try? await daemon.send(.GET, "/pulled", headers: [:], body: .none) }
            return .text(
                "{\"status\":\"Pulling from library/ubuntu\",\"id\":\"latest\"}\n{\"status\":\"Status: Downloaded newer image for ubuntu:latest\"}\n"
            )
        }
        let client = await Client.run(["run", "-d", "ubuntu", "bash"], on: missing)
        #expect(
            client.err.hasPrefix(
                "Unable to find image 'ubuntu:latest' locally\nlatest: Pulling from library/ubuntu\nStatus: Downloaded newer image for ubuntu:latest\n"
            ))
        #expect(
            missing.requests.map(\.target).contains("/images/create?fromImage=docker.io%2Flibrary%2Fubuntu&tag=latest"))
        let never = await Client.run(
            ["run", "--pull", "never", "ubuntu"],
            on: ScriptedDaemon { _, path in
                path == "/containers/create" ? .error("No such image: ubuntu:latest", status: 404) : nil
            })
        #expect(
            never.exitCode == 125
                && never.err.hasPrefix("docker: Error response from daemon: No such image: ubuntu:latest\n"))
    }

    static let wrongOptionsCases: [([String], String)] = [
        (
            ["run", "--rm", "--restart", "always", "x"],
            "docker: conflicting options: cannot specify both --restart and --rm\n\nRun 'docker run --help' for more information\n"
        ),
        (
            ["run", "-p", "80:99999", "x"],
            "docker: invalid containerPort: 99999\n\nRun 'docker run --help' for more information\n"
        ),
        (
            ["run", "--pid", "foo", "x"],
            "docker: --pid: invalid PID mode\n\nRun 'docker run --help' for more information\n"
        ),
        (
            ["run", "--env-file", "/nonexistent", "x"],
            "docker: open /nonexistent: no such file or directory\n\nRun 'docker run --help' for more information\n"
        ),
        (
            ["run", "UPPER"],
            "docker: invalid reference format: repository name (library/UPPER) must be lowercase\n\nRun 'docker run --help' for more information\n"
        ),
        (
            ["run", "--nope", "x"],
            "unknown flag: --nope\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'docker run --help' for more information\n"
        ),
        (
            ["run", "--mount", "foo", "x"],
            "invalid argument \"foo\" for \"--mount\" flag: invalid field 'foo' must be a key=value pair\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'docker run --help' for more information\n"
        ),
        (
            ["ps", "-f", "foo"],
            "invalid argument \"foo\" for \"-f, --filter\" flag: bad format of filter (expected name=value)\n\nUsage:  docker ps [OPTIONS]\n\nRun 'docker ps --help' for more information\n"
        ),
    ]

    @Test("wrong options are said in the docker client's words, with exit code 125", arguments: wrongOptionsCases)
    func wrongOptions(_ arguments: [String], _ text: String) async {
        let daemon = ScriptedDaemon { _, path in path == "/containers/create" ? .error("never asked", status: 500) : nil
        }
        let client = await Client.run(arguments, on: daemon)
        #expect(client.err == text && client.exitCode == 125)
    }

    static let misuseCases: [([String], String)] = [
        (
            ["stop"],
            "docker: 'docker stop' requires at least 1 argument\n\nUsage:  docker stop [OPTIONS] CONTAINER [CONTAINER...]\n\nSee 'docker stop --help' for more information\n"
        ),
        (["cp", "a", "b"], "must specify at least one container source\n"),
        (["cp", "a:b", "c:d"], "copying between containers is not supported\n"),
        (["start", "-a", "x", "y"], "you cannot start and attach multiple containers at once\n"),
        (["update", "x"], "you must provide one or more flags when using this command\n"),
        (["run", "-it", "x"], "the input device is not a TTY\n"),
    ]

    @Test("other misuse exits 1", arguments: misuseCases)
    func misuse(_ arguments: [String], _ text: String) async {
        let client = await Client.run(arguments)
        #expect(client.err == text && client.exitCode == 1)
    }

    @Test("an unknown command names those that are near")
    func unknownCommand() async {
        let client = await Client.run(["pss"])
        #expect(
            client.err.hasPrefix("docker: unknown command: docker pss\n") && client.err.contains("docker ps\n")
                && client.exitCode == 1)
    }

    @Test("keys that leave a container are held back until they are complete")
    func detachKeys() throws {
        var filter = DetachFilter(.standard)
        #expect(filter.pass([97, 16]) == [97])
        #expect(filter.pass([98]) == [16, 98])
        #expect(filter.pass([16, 16]) == [16])
        #expect(filter.pass([17]) == nil)
        #expect(DetachKeys(parsing: "ctrl-a,x")?.bytes == [1, 120])
        #expect(DetachKeys(parsing: "ctrl-") == nil && DetachKeys(parsing: "") == nil)
    }

    @Test("environment and label files are read as Docker reads them")
    func keyValueFiles() throws {
        let folder = try Scratch()
        defer { folder.remove() }
        let path = try folder.file("env", "A=1\n# comment\n\n  B=two words\nHAKO_SURELY_UNSET\n")
        #expect(
            try KeyValueFile.merged(files: [path], given: ["C=3"], kind: .environment) == ["A=1", "B=two words", "C=3"])
        let bad = try folder.file("bad", "A B=1\n")
        #expect { _ = try KeyValueFile.merged(files: [bad], given: [], kind: .environment) } throws: {
            "\($0)" == "invalid env file (\(bad)): variable 'A B' contains whitespaces"
        }
    }
}
