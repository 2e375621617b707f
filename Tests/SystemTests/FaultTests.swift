import Foundation
import TestKit
import Testing

/// What breaks, and what must hold then: nothing lost, nothing left behind, a clear sentence.
@Suite("Faults", .serialized)
struct FaultTests {
    /// How often the daemon is killed at random moments; `HAKO_FAULTS=200` for the long run.
    static let kills = Int(ProcessInfo.processInfo.environment["HAKO_FAULTS"] ?? "") ?? 24

    @Test("containers go on while the daemon is dead, and it takes them up again")
    func readoption() async throws {
        try await Sandbox.with { box in
            let port = try freePort()
            try await box.ok("run", "-d", "--name", "web", "-p", "\(port):80", "nginx")
            try await box.ok(
                "run", "-d", "--name", "counter", "busybox", "sh", "-c",
                "for i in $(seq 1 60); do echo $i; sleep 0.05; done; exit 9")
            try await box.ok("run", "-d", "--name", "ends", "busybox", "sh", "-c", "sleep 0.3; exit 5")
            let pid = try await box.ok("inspect", "-f", "{{.State.Pid}}", "web")
            try await box.stopDaemon(SIGKILL)
            let page = try await Command.run(["curl", "-sS", "--max-time", "5", "http://127.0.0.1:\(port)"])
            #expect(page.out.contains("Welcome to nginx!"), "the published port works without the daemon: \(page)")
            try await Task.sleep(for: .milliseconds(600))
            try await box.startDaemon()
            #expect(try await box.ok("inspect", "-f", "{{.State.Pid}} {{.State.Running}}", "web") == "\(pid) true")
            #expect(try await box.ok("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "ends") == "exited 5")
            #expect(try await box.ok("wait", "counter") == "9")
            let expected = (1...60).map(String.init).joined(separator: "\n")
            #expect(try await box.ok("logs", "counter") == expected, "no line is lost or doubled")
            let again = try await Command.run(["curl", "-sS", "--max-time", "5", "http://127.0.0.1:\(port)"])
            #expect(again.out.contains("Welcome to nginx!"), "\(again)")
            #expect(try await box.ok("exec", "web", "cat", "/proc/1/comm") == "nginx")
            try await box.ok("stop", "web")
        }
    }

    @Test("kill -9 of the daemon at random moments loses nothing and leaves nothing")
    func randomKills() async throws {
        try await Sandbox.with { box in
            var generator = SystemRandomNumberGenerator()
            try await box.ok("pull", "-q", "busybox")
            try await box.ok("run", "-d", "--name", "steady", "busybox", "sleep", "100000")
            let steadyPID = try await box.ok("inspect", "-f", "{{.State.Pid}}", "steady")
            for round in 0..<Self.kills {
                async let work = box.shell(Self.busyWork, seconds: 60)
                try await Task.sleep(for: .microseconds(Int.random(in: 0..<500_000, using: &generator)))
                try await box.stopDaemon(SIGKILL)
                _ = try await work
                try await box.startDaemon()
                let state = try await box.ok("inspect", "-f", "{{.State.Running}} {{.State.Pid}}", "steady")
                #expect(state == "true \(steadyPID)", "round \(round): the running container is untouched")
                let rest = try await box.shell("docker ps -aq --filter name=w- | xargs -r docker rm -f")
                #expect(rest.status == 0, "round \(round): what half-started can be removed: \(rest)")
                let run = try await box.shell("docker run --rm busybox echo fine")
                #expect(run.out == "fine\n", "round \(round): \(run)\n\(box.daemonLog.suffix(2000))")
            }
            #expect(try await box.ok("ps", "-a", "--format", "{{.Names}}") == "steady")
            try await box.ok("pull", "-q", "nginx")
            #expect(try await box.ok("run", "--rm", "nginx", "nginx", "-t").isEmpty)
        }
    }

    /// Creates, pulls, runs, removes: something for every kill to hit.
    static let busyWork = """
        for i in 1 2 3; do
            docker run -d --name w-$i-$$ busybox sleep 1000
            docker rmi -f nginx; docker pull -q nginx &
            docker create --name w-c$i-$$ -v /data busybox true
            docker rm -f -v w-$i-$$; wait
        done
        """

    @Test("kill -9 of the daemon while it builds and pushes leaves nothing that the next build or push trips over")
    func killedBuilds() async throws {
        try await Sandbox.with { box in
            let address = "127.0.0.1:\(try freePort())"
            let registry = try Service(
                [Repo.hako, "registry", "serve", "--addr", address, "--data-root", box.root + "/registry"],
                logFile: box.root + "/registry.log")
            defer { registry.stop() }
            try await box.ok("pull", "-q", "busybox")
            let prepared = try await box.shell(
                """
                set -e; mkdir '\(box.root)/c'; cd '\(box.root)/c'; echo whole > word; head -c 4000000 /dev/urandom > data
                printf 'FROM busybox AS one\nRUN head -c 3000000 /dev/urandom > /a\n' > Dockerfile
                printf 'FROM busybox\nCOPY data word /\nRUN sleep 0.1\nCOPY --from=one /a /a\n' >> Dockerfile
                """)
            #expect(prepared.status == 0, "\(prepared)")
            let build = "docker build -q -t \(address)/built:1 '\(box.root)/c' && docker push -q \(address)/built:1"
            for round in 0..<max(4, Self.kills / 4) {
                async let work = box.shell(build.replacing("-q -t", with: "-q --no-cache -t"), seconds: 60)
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<1_000)))
                try await box.stopDaemon(SIGKILL)
                _ = try await work
                try await box.startDaemon()
                let again = try await box.shell(
                    "\(build) && docker rmi -f \(address)/built:1 && docker run --rm \(address)/built:1 cat /word")
                #expect(again.out.hasSuffix("whole\n"), "round \(round): \(again)\n\(box.daemonLog.suffix(1000))")
            }
            #expect(try await box.ok("ps", "-aq") == "")
        }
    }

    @Test("kill -9 of a monitor ends its container, visibly, and nothing else")
    func monitorKilled() async throws {
        try await Sandbox.with { box in
            try await box.ok("run", "-d", "--name", "victim", "busybox", "sleep", "100000")
            try await box.ok("run", "-d", "--name", "bystander", "busybox", "sleep", "100000")
            let pid = try #require(Int32(try await box.ok("inspect", "-f", "{{.State.Pid}}", "victim")))
            let parent = try #require(Proc.parent("\(pid)"))
            #expect(kill(parent, SIGKILL) == 0)
            try await until("the engine has seen it") {
                try await box.ok("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "victim") == "exited 137"
            }
            let after = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ") Z"
            #expect(after.contains(") Z"), "the process doesn't go on unwatched: \(after)")
            #expect(try await box.ok("inspect", "-f", "{{.State.Running}}", "bystander") == "true")
            try await box.ok("start", "victim")
            #expect(try await box.ok("exec", "victim", "echo", "back") == "back")
        }
    }

    @Test("a monitor that is killed while it makes its container: the start fails, and the next one works")
    func monitorKilledAtStart() async throws {
        try await Sandbox.with { box in
            try await box.ok("pull", "-q", "busybox")
            var random = SeededGenerator(seed: 3)
            for round in 0..<20 {
                try await box.ok("create", "--name", "c\(round)", "-v", "/tmp:/t", "busybox", "sleep", "100000")
                async let start = box.docker("start", "c\(round)", seconds: 20)
                try await until("the runtime is at work", seconds: 5) { !Proc.runtimes(of: box.root).isEmpty }
                try await Task.sleep(for: .microseconds(Int.random(in: 0..<8_000, using: &random)))
                for pid in Proc.runtimes(of: box.root) { kill(pid, SIGKILL) }
                _ = try await start
                try await box.ok("rm", "-f", "c\(round)")
                try await until("nothing of it is left") { Proc.runtimes(of: box.root).isEmpty }
            }
            #expect(try await box.ok("run", "--rm", "busybox", "echo", "well") == "well")
        }
    }

    @Test("after the machine went down, containers start as their policies say, with their ports")
    func reboot() async throws {
        try await Sandbox.with { box in
            let port = try freePort()
            try await box.ok("run", "-d", "--name", "web", "--restart", "always", "-p", "\(port):80", "nginx")
            try await box.ok("run", "-d", "--name", "once", "busybox", "sleep", "100000")
            try await box.ok(
                "run", "-d", "--name", "stopped", "--restart", "unless-stopped", "busybox", "sleep", "1000")
            try await box.ok("stop", "-t", "0", "stopped")
            try await box.stopDaemon(SIGKILL)
            // What a power failure leaves: no process, no mount, nothing of what was in /run.
            for container in try FileManager.default.contentsOfDirectory(atPath: box.root + "/run/containers") {
                let pid = try String(contentsOfFile: box.root + "/run/containers/\(container)/pid", encoding: .utf8)
                let monitor = try #require(Proc.parent(pid.trimmingCharacters(in: .whitespacesAndNewlines)))
                kill(monitor, SIGKILL)
                try await until("the container has died") { kill(monitor, 0) != 0 || Proc.isZombie(monitor) }
            }
            box.unmountAll()
            try FileManager.default.removeItem(atPath: box.root + "/run")
            try await box.startDaemon()
            try await until("the policy is carried out") {
                try await box.ok("inspect", "-f", "{{.State.Status}}", "web") == "running"
            }
            #expect(try await box.ok("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "once") == "exited 255")
            #expect(try await box.ok("inspect", "-f", "{{.State.Status}}", "stopped") == "exited")
            let page = try await Command.run(
                ["curl", "-sS", "--retry", "5", "--retry-all-errors", "--max-time", "5", "http://127.0.0.1:\(port)"])
            #expect(page.out.contains("Welcome to nginx!"), "\(page)")
        }
    }

    @Test("a container whose state in /run was cleaned away doesn't go on unwatched beside its successor")
    func lostRunFolder() async throws {
        try await Sandbox.with { box in
            try await box.ok("run", "-d", "--name", "one", "busybox", "sleep", "100000")
            let pid = try await box.ok("inspect", "-f", "{{.State.Pid}}", "one")
            try FileManager.default.removeItem(atPath: box.root + "/run/containers")
            try await box.stopDaemon()
            try await box.startDaemon()
            #expect(try await box.ok("inspect", "-f", "{{.State.Status}}", "one") == "exited")
            try await until("the process has died") {
                !FileManager.default.fileExists(atPath: "/proc/\(pid)") || Proc.isZombie(Int32(pid) ?? 0)
            }
            try await box.ok("start", "one")
            #expect(try await box.ok("exec", "one", "echo", "back") == "back")
        }
    }

    @Test(
        "a damaged or lost database is named, and nothing is changed until it is back",
        arguments: [
            "engine.db", "images/images.db",
        ])
    func damagedState(_ name: String) async throws {
        try await Sandbox.with { box in
            try await box.ok("create", "--name", "kept", "busybox", "echo", "still", "here")
            try await box.stopDaemon()
            let path = box.root + "/data/" + name
            let good = try Data(contentsOf: URL(fileURLWithPath: path))
            for state in [Data("spoilt".utf8) + good.dropFirst(6), nil] {
                try FileManager.default.removeItem(atPath: path)
                try state?.write(to: URL(fileURLWithPath: path))
                await #expect(throws: Timeout.self) { try await box.startDaemon() }
                let said = box.daemonLog.split(separator: "\n").last ?? ""
                #expect(said.contains(path) && said.contains("restore"), "\(said)")
                try await box.stopDaemon()
            }
            try good.write(to: URL(fileURLWithPath: path))
            try await box.startDaemon()
            #expect(try await box.ok("start", "-a", "kept") == "still here")
        }
    }

    @Test("a full disk is said, and harms nothing that was there")
    func fullDisk() async throws {
        let disk = NSTemporaryDirectory() + "hako-small-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let mounted = try await Command.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk])
        try #require(mounted.status == 0, "\(mounted)")
        defer {
            umount2(disk, Int32(MNT_DETACH))
            try? FileManager.default.removeItem(atPath: disk)
        }
        try await Sandbox.with(daemonFlags: ["--data-root", disk + "/data"]) { box in
            try await box.ok("pull", "-q", "busybox")
            let pull = try await box.shell("docker pull nginx")
            #expect(pull.status == 1)
            #expect(pull.err.lowercased().contains("no space left on device"), "\(pull)")
            #expect(try await box.ok("run", "--rm", "busybox", "echo", "still", "here") == "still here")
            #expect(try await box.ok("images", "--format", "{{.Repository}}") == "busybox")
        }
    }

    @Test("a daemon that can't listen says why and leaves nothing on the host")
    func cannotListen() async throws {
        let root = NSTemporaryDirectory() + "hako-mute-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        let bridge = "hkmute\(getpid() % 100_000)"
        let daemon = try await Command.run([
            Repo.hako, "daemon", "--data-root", root + "/data", "--exec-root", root + "/run", "-H",
            "unix://\(root)/d.sock", "--group", "no-such-group", "--bridge", bridge, "--bip", "172.31.251.1/24",
        ])
        #expect(daemon.status == 1)
        #expect(daemon.err.hasSuffix("failed to listen on unix://\(root)/d.sock: group no-such-group not found\n"))
        #expect(try await Command.run(["ip", "link", "show", bridge]).status != 0)
        #expect(try await Command.run(["nft", "list", "tables"]).out.contains(daemonTable(root + "/run")) == false)
    }

    /// The name of the nftables table of a daemon with that exec root (FNV-1a).
    private func daemonTable(_ execRoot: String) -> String {
        let hash = execRoot.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let digits = String(hash, radix: 16)
        return "hakobune_" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    @Test("sockets that systemd passes on are listened on", .enabled(if: SocketActivator.isThere))
    func socketActivation() async throws {
        let root = NSTemporaryDirectory() + "hako-fd-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let service = try Service(
            [
                SocketActivator.path, "-l", root + "/d.sock", Repo.hako, "daemon", "--data-root", root + "/data",
                "--exec-root", root + "/run", "-H", "fd://", "--bip", "172.31.252.1/24",
            ], logFile: root + "/log")
        defer { service.stop() }
        try await until("the socket is there") { FileManager.default.fileExists(atPath: root + "/d.sock") }
        let ping = try await Command.run(
            ["curl", "-s", "--max-time", "20", "--unix-socket", root + "/d.sock", "http://d/_ping"])
        #expect(ping.out == "OK", "\(ping)\n\(service.log)")
        service.signal(SIGTERM)
        try await until("the daemon has ended") { !service.isRunning }
    }

    @Test("a registry that can't be reached is named, at once")
    func unreachableRegistry() async throws {
        try await Sandbox.with { box in
            let port = try freePort()
            let pull = try await box.shell("docker pull 127.0.0.1:\(port)/some/image:1", seconds: 30)
            #expect(pull.status == 1)
            #expect(pull.err.contains("127.0.0.1:\(port)") && pull.err.contains("connection refused"), "\(pull)")
            let run = try await box.shell("docker run 127.0.0.1:\(port)/some/image:1", seconds: 30)
            #expect(run.status == 125, "\(run)")
        }
    }

    @Test("an image that isn't there is said as Docker says it")
    func absentImage() async throws {
        try await Sandbox.with { box in
            let registry = try await LocalRegistry.shared.address
            let pull = try await box.shell("docker pull \(registry)/library/nginx:nope")
            #expect(pull.status == 1)
            #expect(
                pull.err.contains("manifest for \(registry)/library/nginx:nope not found: manifest unknown"), "\(pull)")
        }
    }

    @Test("a corrupted blob is refused and leaves nothing; the next pull of a good one works")
    func corruptedBlob() async throws {
        let registry = try await CorruptibleRegistry.start()
        defer { registry.stop() }
        try await Sandbox.with { box in
            let blob = try registry.largestBlob()
            let good = try Data(contentsOf: URL(fileURLWithPath: blob))
            var bad = good
            bad[bad.count / 2] ^= 0x40
            try bad.write(to: URL(fileURLWithPath: blob))
            let pull = try await box.shell("docker pull \(registry.address)/busybox")
            #expect(pull.status == 1, "\(pull)")
            #expect(try await box.ok("images", "-q").isEmpty)
            try good.write(to: URL(fileURLWithPath: blob))
            try await box.ok("pull", "-q", "\(registry.address)/busybox")
            #expect(try await box.ok("run", "--rm", "\(registry.address)/busybox", "echo", "good") == "good")
        }
    }
}

/// A registry of one test's own, whose files may be spoilt.
struct CorruptibleRegistry {
    let service: Service
    let folder: String
    let address: String

    static func start() async throws -> CorruptibleRegistry {
        let folder = NSTemporaryDirectory() + "hako-corrupt-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let address = "127.0.0.1:\(try freePort())"
        let config = """
            version: 0.1
            log: {level: error, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: "\(folder)/data"}}
            http: {addr: "\(address)"}
            """
        try Data(config.utf8).write(to: URL(fileURLWithPath: folder + "/config.yml"))
        let service = try Service(["docker-registry", "serve", folder + "/config.yml"], logFile: folder + "/log")
        try await until("registry answers") {
            try await Command.run(["curl", "-sf", "http://\(address)/v2/"]).status == 0
        }
        let copy = try await Command.run([
            "skopeo", "copy", "--quiet", "--dest-tls-verify=false", "oci:\(Repo.images)/busybox:latest",
            "docker://\(address)/busybox:latest",
        ])
        guard copy.status == 0 else { throw Timeout(description: "\(copy)") }
        return CorruptibleRegistry(service: service, folder: folder, address: address)
    }

    func largestBlob() throws -> String {
        let base = folder + "/data/docker/registry/v2/blobs"
        let names = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
        let sizes = names.filter { $0.hasSuffix("/data") }.map { name in
            (
                path: base + "/" + name,
                size: (try? FileManager.default.attributesOfItem(atPath: base + "/" + name)[.size] as? Int) ?? 0
            )
        }
        guard let largest = sizes.max(by: { $0.size < $1.size }) else { throw Timeout(description: "no blob") }
        return largest.path
    }

    func stop() {
        service.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// What /proc says of a process.
enum Proc {
    private static func fields(_ pid: String) -> [Substring] {
        let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        return stat.components(separatedBy: ") ").last?.split(separator: " ") ?? []
    }

    static func parent(_ pid: String) -> Int32? { fields(pid).dropFirst().first.flatMap { Int32($0) } }
    static func isZombie(_ pid: Int32) -> Bool { fields("\(pid)").first == "Z" }

    /// Processes of `hako-runtime` whose containers' folders are below that one.
    static func runtimes(of root: String) -> [Int32] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { entry in
            guard let pid = Int32(entry),
                let error = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(entry)/fd/2"),
                error.hasPrefix(root), error.hasSuffix("monitor.log")
            else { return nil }
            return pid
        }
    }
}

/// systemd's tool that does for one program what systemd does for services.
enum SocketActivator {
    static let path = "/usr/bin/systemd-socket-activate"
    static let isThere = FileManager.default.isExecutableFile(atPath: path)
}
