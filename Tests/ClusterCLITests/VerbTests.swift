import Cluster
import CommandLine
import DockerCLI
import Foundation
import JSON
import NIOConcurrencyHelpers
import Testing
import Wire

@testable import ClusterCLI

@Suite("cluster commands that need no cluster")
struct VerbTests {
    struct Answer: Sendable {
        var status: Int32 = 0
        var out = "", err = ""
    }

    /// Runs lines one after the other in a home of their own; there is no engine.
    private func run(_ lines: [String], environment: [String: String] = [:]) async throws -> [Answer] {
        let folder = NSTemporaryDirectory() + "hako-verbs-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var answers: [Answer] = []
        for line in lines {
            let texts = NIOLockedValueBox(["", ""])
            func output(_ place: Int) -> Output {
                Output(isTerminal: false) { bytes in
                    texts.withLockedValue { $0[place] += String(decoding: bytes, as: UTF8.self) }
                    return true
                }
            }
            let socket = folder + "/none.sock"
            let program = ClusterProgram(
                engine: ClusterEngine(
                    DockerClient(transport: HTTPClient(.unix(path: socket)), host: "unix://\(socket)"), socket: socket),
                environment: environment.merging(["HAKO_HOME": folder + "/home", "HOME": folder]) { $1 },
                out: output(0), err: output(1), program: "/bin/hako", version: "1", kubectl: { _ in 7 },
                docker: { words in
                    texts.withLockedValue { $0[0] += "docker \(words.joined(separator: " "))\n" }
                    return 0
                })
            let words = line.split(separator: " ", omittingEmptySubsequences: false).map {
                $0 == "''" ? "" : String($0)
            }
            let status = await program.run(words, name: "minikube")
            let both = texts.withLockedValue { $0 }
            answers.append(Answer(status: status, out: both[0], err: both[1]))
        }
        return answers
    }

    @Test("config sets, gets, shows and unsets, with the original's words")
    func config() async throws {
        let answers = try await run([
            "config get cpus", "config set cpus 2", "config get cpus", "config set nodes 2", "config view",
            "config view --format {{.ConfigKey}}={{.ConfigValue}};", "config unset cpus", "config get cpus",
            "config view",
        ])
        #expect(answers[0].status == 14 && answers[0].err == "Error: specified key could not be found in config\n")
        #expect(
            answers[1].out == "! These changes will take effect upon a minikube delete and then a minikube start\n")
        #expect(answers[2].out == "2\n")
        #expect(answers[4].out == "- cpus: 2\n- nodes: 2\n")
        #expect(answers[5].out == "cpus=2;nodes=2;")
        #expect(answers[6].status == 0 && answers[6].out.isEmpty)
        #expect(answers[7].status == 14)
        #expect(answers[8].out == "- nodes: 2\n")
    }

    @Test(
        "config refuses what is no setting or no value",
        arguments: [
            (
                "config set bogus 1",
                "X Exiting due to MK_CONFIG_SET: Set failed: find settings for \"bogus\" value of \"1\": property name \"bogus\" not found\n"
            ),
            (
                "config set cpus none",
                "X Exiting due to MK_CONFIG_SET: Set failed: run validations for \"cpus\" with value of \"none\": [cpus:strconv.Atoi: parsing \"none\": invalid syntax]\n"
            ),
            (
                "config set nodes 0",
                "X Exiting due to MK_CONFIG_SET: Set failed: run validations for \"nodes\" with value of \"0\": [nodes must be > 0]\n"
            ),
            (
                "config set driver kvm2",
                "X Exiting due to MK_CONFIG_SET: Set failed: run validations for \"driver\" with value of \"kvm2\": [driver \"kvm2\" is not supported]\n"
            ),
            (
                "config set WantUpdateNotification maybe",
                "X Exiting due to MK_CONFIG_SET: Set failed: set: strconv.ParseBool: parsing \"maybe\": invalid syntax\n"
            ),
        ])
    func refusals(_ line: String, _ wanted: String) async throws {
        let answer = try await run([line])[0]
        #expect(answer.status == 10 && answer.err == wanted)
    }

    @Test(
        "misuse is told with exit code 14",
        arguments: [
            ("config set cpus", "not enough arguments (1).\nusage: minikube config set PROPERTY_NAME PROPERTY_VALUE"),
            ("config unset", "usage: minikube config unset PROPERTY_NAME"),
            ("config defaults", "usage: minikube config list PROPERTY_NAME"),
            (
                "config defaults cpus",
                "error getting defaults: cpus is not a valid option for the `defaults` command; to see valid options run `minikube config defaults -h`"
            ),
            ("completion", "Usage: minikube completion SHELL"),
            ("completion tcsh", "Sorry, completion support is not yet implemented for tcsh"),
            ("addons enable", "usage: minikube addons enable ADDON_NAME"),
            (
                "cp a b",
                "Target <remote file path> must be an absolute Path. Relative Path is not allowed (example: \"minikube:/home/docker/copied.txt\")"
            ),
        ])
    func misuse(_ line: String, _ wanted: String) async throws {
        let answer = try await run([line])[0]
        #expect(answer.status == 14 && answer.err == "X Exiting due to MK_USAGE: \(wanted)\n")
    }

    @Test("defaults are listed as text, JSON and YAML")
    func defaults() async throws {
        let answers = try await run([
            "config defaults driver", "config defaults driver -o json", "config defaults driver -o yaml",
        ])
        #expect(answers.map(\.out) == ["* docker\n", "[\"docker\"]\n", "- docker\n"])
    }

    @Test("the preferred profile is the one that commands mean")
    func profile() async throws {
        let answers = try await run(["profile", "config set profile other", "profile", "profile -p third", "ip"])
        #expect(answers[0].out == "minikube\n" && answers[2].out == "other\n" && answers[3].out == "third\n")
        #expect(answers[4].status == 85 && answers[4].err.hasPrefix("X Profile \"other\" not found."))
        let answer = try await run(["profile"], environment: ["MINIKUBE_PROFILE": "by-variable"])[0]
        #expect(answer.out == "by-variable\n")
        let absent = try await run(["profile nobody"])[0]
        #expect(absent.status == 0)
        #expect(
            absent.out == "* if you want to create a profile you can by this command: minikube start -p nobody\n")
    }

    @Test("addons are listed, and those that can't be enabled say why")
    func addons() async throws {
        let answers = try await run(["addons list", "addons list -o json", "start --addons metrics-server"])
        #expect(answers[0].out.contains("│ metrics-server"))
        #expect(try JSON(parsing: answers[1].out)["dashboard"].object?.isEmpty == true)
        #expect(answers[2].status == 10)
        #expect(
            answers[2].err.hasPrefix("X Exiting due to MK_ADDON_ENABLE: enable failed: metrics-server: the figures"))
        #expect(Addon.all.map(\.name) == Addon.all.map(\.name).sorted())
    }

    @Test(
        "start refuses values that are none",
        arguments: [
            "--simulated-nodes -1", "--simulated-nodes 6000", "--wait-timeout 0s", "--nodes 0", "--cpus none",
            "--memory 1", "--extra-config a.b=c",
        ])
    func values(_ flags: String) async throws {
        let answer = try await run(["start \(flags)"])[0]
        #expect(answer.status == 14 && answer.err.contains(flags.split(separator: " ")[0]), "\(answer)")
    }

    @Test("start takes what is preferred, but what is given goes first")
    func preferences() throws {
        var settings = UserSettings()
        settings.set("cpus", "2")
        settings.set("nodes", 3)
        settings.set("wait", "apiserver,default_sa")
        let preferences = Preferences(environment: ["MINIKUBE_KEEP_CONTEXT": "true"], settings: settings)
        var options = StartOptions()
        options.nodes = 1
        try preferences.fill(&options, StartOptions.flags, given: ["nodes"])
        #expect(options.processors == "2" && options.nodes == 1 && options.keepsContext)
        #expect(options.wait == ["apiserver", "default_sa"])
        var again = StartOptions()
        try preferences.fill(&again, StartOptions.flags, given: [], only: StartOptions.everyStart)
        #expect(again.processors.isEmpty && again.nodes == 1 && again.keepsContext)
        settings.set("nodes", "many")
        #expect(throws: Failure.self) {
            try Preferences(environment: [:], settings: settings).fill(&again, StartOptions.flags, given: [])
        }
    }

    @Test(
        "words are completed",
        arguments: [
            ("__complete sta", ["start", "status"]), ("__complete config set mem", ["memory"]),
            ("__complete start --wait-t", ["--wait-timeout"]), ("__complete start --wait no", ["none", "node_ready"]),
            ("__complete addons enable metr", ["metrics-server"]), ("__complete completion f", ["fish"]),
            ("__complete node l", ["list"]), ("__complete kub", ["kubectl"]),
        ])
    func completion(_ line: String, _ wanted: [String]) async throws {
        let answer = try await run([line])[0]
        let found = answer.out.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
        #expect(found == wanted + [":4"], "\(answer)")
    }

    @Test("kubectl completes its own words, files are the shell's")
    func otherCompletion() async throws {
        let answers = try await run(["__complete kubectl get po", "__complete cp ''"])
        #expect(answers[0].status == 7)
        #expect(answers[1].out == ":0\n")
    }

    @Test("images are the engine's")
    func images() async throws {
        let answers = try await run([
            "image build -p x -t a .", "image ls", "image load a.tar", "image save busybox a.tar", "image rm x",
        ])
        #expect(
            answers.map(\.out) == [
                "docker build -t a .\n", "docker images\n", "docker load -i a.tar\n",
                "docker save -o a.tar busybox\n", "docker rmi x\n",
            ])
    }

    @Test("version tells what it is; commands without meaning say why")
    func others() async throws {
        let answers = try await run(["version", "version --short", "version -o json", "tunnel", "docker-env -u"])
        #expect(
            answers.prefix(3).map(\.out) == [
                "minikube version: v1\ncommit: hako\n", "v1\n", "{\"commit\":\"hako\",\"minikubeVersion\":\"v1\"}\n",
            ])
        #expect(answers[3].status == 16 && answers[3].err.hasPrefix("X tunnel isn't in this program: services"))
        #expect(answers[4].out == "unset DOCKER_HOST;\nunset MINIKUBE_ACTIVE_DOCKERD;\n")
    }

    @Test(
        "places of cp",
        arguments: [
            ("a.txt", "", "a.txt"), ("/a:b", "", "/a:b"), ("minikube:/x/y", "minikube", "/x/y"),
            ("minikube:x", "", "minikube:x"), (":/x", "", ":/x"), ("./m:/x", "", "./m:/x"),
        ])
    func places(_ text: String, _ node: String, _ path: String) {
        let place = CopyPlace(text)
        #expect(place.node == node && place.path == path)
    }

    @Test("a target that ends with a slash takes the source's name")
    func targets() {
        #expect(CopyPlace("m:/x/").completed(by: CopyPlace("a/b.txt")) == CopyPlace("m:/x/b.txt"))
        #expect(CopyPlace("m:/x/").completed(by: CopyPlace("a/")) == CopyPlace("m:/x/"))
        #expect(CopyPlace("m:/x").completed(by: CopyPlace("a/b.txt")) == CopyPlace("m:/x"))
        #expect(CopyPlace("/copied.txt").folder == "/" && CopyPlace("/a/b").folder == "/a")
    }
}
