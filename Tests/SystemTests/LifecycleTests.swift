import Foundation
import TestKit
import Testing

/// Everyday use of containers, once with each client.
@Suite("Containers", .serialized)
struct LifecycleTests {
    @Test("exit statuses: the program's own, 125, 126, 127, 128 + signal", arguments: Client.available)
    func exitStatuses(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            #expect(try await box.docker("run", "--rm", "busybox", "sh", "-c", "exit 42").status == 42)
            let killed = try await box.shell(
                "docker run --name k0 busybox sleep 1000 & sleep 1; docker kill k0; wait $!")
            #expect(killed.status == 137, "\(killed)")
            try await box.ok("rm", "k0")
            let absent = try await box.docker("run", "--rm", "busybox", "/no/such/program")
            #expect(absent.status == 127 && absent.err.contains("no such file or directory"), "\(absent)")
            let unknown = try await box.docker("run", "--rm", "busybox", "nosuchprogram")
            #expect(unknown.status == 127 && unknown.err.contains("executable file not found in $PATH"), "\(unknown)")
            let directory = try await box.docker("run", "--rm", "busybox", "/etc")
            #expect(directory.status == 126 && directory.err.contains("is a directory"), "\(directory)")
            let flag = try await box.docker("run", "--no-such-flag", "busybox")
            #expect(flag.status == 125 && flag.err.contains("unknown flag: --no-such-flag"), "\(flag)")
            #expect(try await box.ok("ps", "-aq").isEmpty, "failed --rm containers are gone")
        }
    }

    @Test("stdin, stdout and stderr stay apart and whole", arguments: Client.available)
    func streams(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            let both = try await box.docker("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2")
            #expect(both.out == "out\n" && both.err.hasSuffix("err\n"), "\(both)")
            let text = (1...20_000).map { "line \($0)" }.joined(separator: "\n") + "\n"
            let cat = try await box.docker("run", "--rm", "-i", "busybox", "cat", input: text)
            #expect(cat.out == text, "\(cat.out.count) of \(text.count) bytes came back")
            let count = try await box.docker("run", "--rm", "-i", "busybox", "wc", "-l", input: text)
            #expect(count.out == "20000\n", "end of input reaches the program: \(count)")
            let large = try await box.docker("run", "--rm", "busybox", "sh", "-c", "head -c 20000000 /dev/zero")
            #expect(large.out.utf8.count == 20_000_000)
        }
    }

    @Test("limits bite and are reported: memory, pids, cpu", arguments: Client.available)
    func limits(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            let eater = try await box.docker(
                "run", "--name", "eater", "-m", "16m", "busybox", "sh", "-c", "x=a; while :; do x=$x$x; done")
            #expect(eater.status == 137, "\(eater)")
            #expect(try await box.ok("inspect", "-f", "{{.State.OOMKilled}}", "eater") == "true")
            let forks = try await box.docker(
                "run", "--rm", "--pids-limit", "5", "busybox", "sh", "-c",
                "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait")
            #expect(forks.err.contains("fork"), "\(forks)")
            try await box.ok(
                "run", "-d", "--name", "spin", "--cpus", "0.25", "busybox", "sh", "-c", "while :; do :; done")
            let before = try await box.ok("inspect", "-f", "{{.State.Pid}}", "spin")
            let ticks = { (pid: String) in
                let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
                let fields = stat.components(separatedBy: ") ")[1].split(separator: " ")
                return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
            }
            let start = try ticks(before)
            try await Task.sleep(for: .seconds(3))
            let used = Double(try ticks(before) - start) / 300
            #expect(used < 0.45, "a quarter of a core was allowed, \(used) was used")
            try await box.ok("update", "--memory", "64m", "--memory-swap", "64m", "spin")
            #expect(try await box.ok("inspect", "-f", "{{.HostConfig.Memory}}", "spin") == "67108864")
            try await box.ok("rm", "-f", "spin")
        }
    }

    @Test(
        "the process is what was asked for: user, groups, directory, environment, capabilities, names",
        arguments: Client.available)
    func process(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            #expect(
                try await box.ok(
                    "run", "--rm", "-u", "nobody", "-w", "/some/new/dir", "-e", "A=b c", "busybox", "sh", "-c",
                    "id -u; pwd; echo $A") == "65534\n/some/new/dir\nb c")
            #expect(
                try await box.ok("run", "--rm", "-u", "1234:4321", "--group-add", "99", "busybox", "id", "-G")
                    == "4321 99")
            #expect(try await box.ok("run", "--rm", "-h", "ship", "busybox", "hostname") == "ship")
            let capabilities = try await box.ok("run", "--rm", "busybox", "grep", "CapEff", "/proc/self/status")
            #expect(capabilities.hasSuffix("00000000a80425fb"), "\(capabilities)")
            #expect(
                try await box.ok(
                    "run", "--rm", "--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE", "busybox", "grep", "CapEff",
                    "/proc/self/status"
                ).hasSuffix("0000000000000400"))
            #expect(try await box.ok("run", "--rm", "busybox", "grep", "Seccomp:", "/proc/self/status").hasSuffix("2"))
            #expect(
                try await box.ok("run", "--rm", "--privileged", "busybox", "grep", "Seccomp:", "/proc/self/status")
                    .hasSuffix("0"))
            #expect(
                try await box.docker("run", "--rm", "--read-only", "busybox", "touch", "/x").err.contains(
                    "Read-only file system"))
            #expect(
                try await box.ok(
                    "run", "--rm", "--tmpfs", "/t:size=1m", "busybox", "sh", "-c",
                    "df -k /t | tail -1 | awk '{print $2}'") == "1024")
            #expect(try await box.ok("run", "--rm", "--init", "busybox", "sh", "-c", "echo $$") != "1")
            #expect(
                try await box.ok("run", "--rm", "--ulimit", "nofile=64:64", "busybox", "sh", "-c", "ulimit -n") == "64")
            #expect(
                try await box.ok(
                    "run", "--rm", "--shm-size", "2m", "busybox", "sh", "-c",
                    "df -k /dev/shm | tail -1 | awk '{print $2}'") == "2048")
            #expect(
                try await box.ok("run", "--rm", "--add-host", "far:10.1.2.3", "busybox", "grep", "far", "/etc/hosts")
                    == "10.1.2.3\tfar")
            #expect(
                try await box.ok("run", "--rm", "--dns", "10.9.8.7", "busybox", "cat", "/etc/resolv.conf").contains(
                    "nameserver 10.9.8.7"))
        }
    }

    @Test("exec: output, status, user, directory, environment, terminal, input", arguments: Client.available)
    func exec(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("run", "-d", "--name", "box", "busybox", "sleep", "100000")
            #expect(try await box.docker("exec", "box", "sh", "-c", "exit 3").status == 3)
            #expect(
                try await box.ok(
                    "exec", "-u", "nobody", "-w", "/tmp", "-e", "X=1", "box", "sh", "-c", "id -u; pwd; echo $X")
                    == "65534\n/tmp\n1")
            #expect(try await box.docker("exec", "-i", "box", "cat", input: "through\n").out == "through\n")
            #expect(try await box.docker("exec", "box", "nosuch").status == 127)
            let shell = try await box.terminal("docker exec -it box sh", input: "tty\nexit 4\n")
            #expect(shell.status == 4 && shell.out.contains("/dev/pts/"), "\(shell)")
            let other = try await box.docker("exec", "nobox", "true")
            #expect(other.status == 1 && other.err.contains("No such container: nobox"), "\(other)")
            try await box.ok("pause", "box")
            #expect(try await box.docker("exec", "box", "true").err.contains("paused"))
            #expect(try await box.ok("ps", "--format", "{{.Status}}").hasSuffix("(Paused)"))
            try await box.ok("unpause", "box")
            #expect(try await box.ok("top", "box").contains("sleep 100000"))
        }
    }

    @Test("files go in and out; changes are seen; the root is exported", arguments: Client.available)
    func files(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("create", "--name", "box", "busybox", "sleep", "100000")
            let file = box.root + "/hello.txt"
            try Data("hello\n".utf8).write(to: URL(fileURLWithPath: file))
            try await box.ok("cp", file, "box:/home/")
            try await box.ok("start", "box")
            #expect(try await box.ok("exec", "box", "cat", "/home/hello.txt") == "hello")
            try await box.ok("exec", "box", "sh", "-c", "echo more >>/home/hello.txt; rm /etc/group")
            try await box.ok("cp", "box:/home/hello.txt", box.root + "/back.txt")
            #expect(try String(contentsOfFile: box.root + "/back.txt", encoding: .utf8) == "hello\nmore\n")
            let diff = try await box.ok("diff", "box").split(separator: "\n")
            #expect(
                diff.contains("A /home/hello.txt") && diff.contains("D /etc/group") && diff.contains("C /home"),
                "\(diff)")
            let listing = try await box.shell("docker export box | tar -tf - | grep -x home/hello.txt")
            #expect(listing.out == "home/hello.txt\n", "\(listing)")
            try await box.ok("commit", "-m", "with a file", "box", "kept:1")
            #expect(try await box.ok("run", "--rm", "kept:1", "cat", "/home/hello.txt") == "hello\nmore")
            let saved = try await box.shell(
                "docker save kept:1 >\(box.root)/kept.tar && docker rmi -f kept:1 && docker load <\(box.root)/kept.tar")
            #expect(saved.out.hasSuffix("Loaded image: kept:1\n"), "\(saved)")
            #expect(try await box.ok("run", "--rm", "kept:1", "cat", "/home/hello.txt") == "hello\nmore")
        }
    }

    @Test("restart policies, health checks and --rm do what they say", arguments: Client.available)
    func policies(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("run", "-d", "--name", "again", "--restart", "on-failure:2", "busybox", "false")
            try await until("two restarts") {
                try await box.ok("inspect", "-f", "{{.RestartCount}} {{.State.Status}}", "again") == "2 exited"
            }
            try await box.ok(
                "run", "-d", "--name", "well", "--health-cmd", "test -e /tmp/well", "--health-interval", "200ms",
                "--health-retries", "1", "busybox", "sleep", "1000")
            try await until("unhealthy") {
                try await box.ok("inspect", "-f", "{{.State.Health.Status}}", "well") == "unhealthy"
            }
            try await box.ok("exec", "well", "touch", "/tmp/well")
            try await until("healthy") {
                try await box.ok("ps", "--filter", "name=well", "--format", "{{.Status}}").hasSuffix("(healthy)")
            }
            try await box.ok("run", "-d", "--rm", "--name", "once", "busybox", "sleep", "0.2")
            try await until("removed by itself") { try await box.docker("inspect", "once").status != 0 }
        }
    }

    @Test("logs: tail, since, timestamps, follow, after rotation", arguments: Client.available)
    func logs(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("run", "--name", "lines", "busybox", "sh", "-c", "for i in $(seq 1 500); do echo $i; done")
            #expect(try await box.ok("logs", "--tail", "3", "lines") == "498\n499\n500")
            #expect(try await box.ok("logs", "lines").split(separator: "\n").count == 500)
            let stamped = try await box.ok("logs", "-t", "--tail", "1", "lines")
            #expect(stamped.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z 500/) != nil, "\(stamped)")
            #expect(try await box.ok("logs", "--since", "1h", "lines").hasPrefix("1\n"))
            #expect(try await box.ok("logs", "--until", "2020-01-01T00:00:00Z", "lines").isEmpty)
            try await box.ok(
                "run", "--name", "turns", "--log-opt", "max-size=10k", "--log-opt", "max-file=3", "busybox", "sh", "-c",
                "for i in $(seq 1 2000); do echo number $i; done")
            let kept = try await box.ok("logs", "turns").split(separator: "\n")
            #expect(kept.last == "number 2000" && kept.count > 100 && kept.count < 2000, "\(kept.count) lines")
            try await box.ok(
                "run", "--name", "compact", "--log-driver", "local", "busybox", "sh", "-c", "echo one; echo two >&2")
            let compact = try await box.docker("logs", "compact")
            #expect(compact.out == "one\n" && compact.err == "two\n", "\(compact)")
        }
    }

    @Test("containers reach each other, and the host's ports of both kinds", arguments: Client.available)
    func network(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("run", "-d", "--name", "web", "nginx")
            let ip = try await box.ok("inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "web")
            try await until("web answers") {
                try await box.docker("run", "--rm", "busybox", "wget", "-qO-", "http://\(ip)").out.contains("Welcome")
            }
            let port = try freePort()
            try await box.ok(
                "run", "-d", "--name", "udp", "-p", "\(port):53/udp", "-v", "\(Repo.probe):/probe:ro", "busybox",
                "/probe",
                "datagrams", "53")
            try await until("a datagram arrives") {
                _ = try await box.shell("echo ping >/dev/udp/127.0.0.1/\(port)")
                return try await box.docker("logs", "udp").out.contains("ping")
            }
            #expect(try await box.ok("run", "--rm", "--network", "none", "busybox", "ls", "/sys/class/net") == "lo")
            let shared = try await box.ok(
                "run", "--rm", "--network", "container:web", "busybox", "wget", "-qO-", "http://127.0.0.1")
            #expect(shared.contains("Welcome to nginx!"))
            #expect(
                try await box.ok("run", "--rm", "--network", "host", "busybox", "ls", "/sys/class/net").contains("lo"))
        }
    }

    @Test("what can't be joined is named, and no image is looked for", arguments: Client.available)
    func unjoinable(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("pull", "-q", "busybox")
            for (flag, kind) in [("--network", "network"), ("--pid", "PID"), ("--ipc", "IPC")] {
                let run = try await box.docker("run", "--rm", flag, "container:nobox", "busybox", "true")
                #expect(run.status == 125)
                let expected = "joining \(kind) namespace of container: No such container: nobox"
                #expect(run.err.contains(expected) && !run.err.contains("Unable to find image"), "\(run)")
            }
            try await box.ok("network", "create", "--subnet", "172.31.250.0/28", "small")
            let far = try await box.docker("run", "--rm", "--network", "small", "--ip", "10.9.9.9", "busybox", "true")
            #expect(far.status == 125)
            #expect(far.err.contains("no configured subnet or ip-range contain the IP address 10.9.9.9"), "\(far)")
            try await box.ok("network", "rm", "small")
        }
    }

    @Test("formats: templates, JSON, quiet, filters", arguments: Client.available)
    func formats(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            let id = try await box.ok("run", "-d", "--name", "one", "--label", "a=b", "busybox", "sleep", "1000")
            try await box.ok("create", "--name", "two", "busybox", "true")
            #expect(try await box.ok("ps", "-aq", "--no-trunc", "--filter", "label=a=b") == id)
            #expect(try await box.ok("ps", "-a", "--filter", "status=created", "--format", "{{.Names}}") == "two")
            #expect(try await box.ok("inspect", "-f", "{{json .Config.Labels}}", "one") == #"{"a":"b"}"#)
            #expect(
                try await box.ok("inspect", "--format", "{{range .Config.Cmd}}<{{.}}>{{end}}", "one") == "<sleep><1000>"
            )
            let json = try await box.ok("ps", "-a", "--format", "json", "--filter", "name=two")
            #expect(json.contains(#""Names":"two""#) && json.contains(#""State":"created""#))
            #expect(try await box.ok("version", "--format", "{{.Server.APIVersion}}") == "1.51")
            #expect(try await box.docker("system", "df").status == 0)
            // The original client gives whole seconds as the end.
            try await until("the event is told") {
                try await box.ok(
                    "events", "--since", "1h", "--until", "0s", "--filter", "event=start", "--format",
                    "{{.Action}} {{.Actor.Attributes.name}}") == "start one"
            }
        }
    }
}
