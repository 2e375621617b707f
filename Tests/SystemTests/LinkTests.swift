import Foundation
import TestKit
import Testing

/// Containers that lean on others: links, shared namespaces, shared volumes.
@Suite("Containers that need each other", .serialized)
struct LinkTests {
    @Test(
        "a link on the default bridge: hosts, variables, its own name, and what happens without it",
        arguments: Client.available)
    func legacyLinks(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok(
                "run", "-d", "--name", "db", "-e", "PW=s", "--expose", "5432", "busybox", "sleep", "1000")
            let address = try await box.ok("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "db")
            #expect(
                try await box.ok(
                    "run", "--rm", "--name", "web", "--link", "db:my-db", "busybox", "sh", "-c",
                    "env | grep ^MY_DB | sort; ping -c1 -w5 my-db >/dev/null && grep -w my-db /etc/hosts | cut -f1")
                        == """
                        MY_DB_ENV_PW=s
                        MY_DB_NAME=/web/my-db
                        MY_DB_PORT=tcp://\(address):5432
                        MY_DB_PORT_5432_TCP=tcp://\(address):5432
                        MY_DB_PORT_5432_TCP_ADDR=\(address)
                        MY_DB_PORT_5432_TCP_PORT=5432
                        MY_DB_PORT_5432_TCP_PROTO=tcp
                        \(address)
                        """)
            try await box.ok(
                "create", "--name", "app", "--link", "db:one", "--link", "db:two", "busybox", "sleep", "99")
            #expect(
                try await box.ok("inspect", "-f", "{{json .HostConfig.Links}}", "app")
                    == #"["/db:/app/one","/db:/app/two"]"#)
            #expect(try await box.ok("inspect", "-f", "{{.Name}}", "app/one") == "/db")
            #expect(try await box.ok("rm", "--link", "app/one") == "app/one")
            let whole = try await box.docker("rm", "--link", "app")
            #expect(whole.err.contains("Conflict, cannot remove the default link name of the container"), "\(whole)")
            try await box.ok("start", "app")
            #expect(try await box.ok("exec", "app", "sh", "-c", "echo $TWO_NAME $ONE_NAME") == "/app/two")
            try await box.ok("stop", "-t", "0", "app", "db")
            let alone = try await box.docker("start", "app")
            #expect(alone.err.contains("Cannot link to a non running container: /db AS /app/two"), "\(alone)")
            // A missing container must not look like a missing image: clients would pull.
            for flags in [
                ["--link", "nobody"], ["--network", "container:nobody"], ["--volumes-from", "nobody"],
                ["--ipc", "container:nobody"],
            ] {
                let answer = try await box.shell("docker run --rm \(flags.joined(separator: " ")) busybox true")
                #expect(
                    answer.status == 125 && answer.err.contains("No such container: nobody")
                        && !answer.err.contains("Unable to find image"), "\(answer)")
            }
        }
    }

    @Test("on a network of the user's a link is one more name for the other", arguments: Client.available)
    func networkLinks(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("network", "create", "shop")
            try await box.ok("run", "-d", "--name", "db", "--network", "shop", "busybox", "sleep", "1000")
            #expect(
                try await box.ok(
                    "run", "--rm", "--network", "shop", "--link", "db:store", "busybox", "sh", "-c",
                    "ping -c1 -w5 store >/dev/null && echo reached; env | grep -c ^STORE || true") == "reached\n0")
            try await box.ok("rm", "-f", "db")
            try await box.ok("network", "rm", "shop")
        }
    }

    @Test("after the daemon's end with the machine, what others need starts first")
    func startOrder() async throws {
        try await Sandbox.with { box in
            // Made in the wrong order: each needs one that is younger.
            for name in ["last", "middle"] { try await box.ok("create", "--name", name, "busybox", "true") }
            try await box.ok("rm", "last", "middle")
            try await box.ok("run", "-d", "--name", "net", "--restart", "always", "busybox", "sleep", "1000")
            try await box.ok(
                "run", "-d", "--name", "joined", "--restart", "always", "--network", "container:net", "busybox",
                "sleep",
                "1000")
            try await box.ok(
                "run", "-d", "--name", "linked", "--restart", "always", "--link", "net:n", "--pid", "container:net",
                "busybox", "sleep", "1000")
            let pids = try await box.ok(
                "inspect", "-f", "{{.State.Pid}}", "net", "joined", "linked")
            try await box.stopDaemon(SIGKILL)
            // As a power failure does it: the containers are gone, and their monitors with them.
            // All are looked up first, since the end of the first takes with it who shares its processes.
            let monitors = try pids.split(separator: "\n").map { pid in
                try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
                    .components(separatedBy: ") ")[1].split(separator: " ")[1]
            }
            for process in monitors + pids.split(separator: "\n") { kill(try #require(Int32(process)), SIGKILL) }
            try await box.startDaemon()
            try await until("all three run again") {
                try await box.ok("ps", "-q").split(separator: "\n").count == 3
            }
            #expect(try await box.ok("exec", "linked", "sh", "-c", "echo $N_NAME") == "/linked/n")
            let namespace = try await box.shell(
                "for c in net joined; do readlink /proc/$(docker inspect -f '{{.State.Pid}}' $c)/ns/net; done | uniq | wc -l"
            )
            #expect(namespace.out == "1\n", "\(namespace)")
            try await box.ok("stop", "-t", "0", "joined", "linked", "net")
            let alone = try await box.docker("start", "joined")
            #expect(
                alone.err.contains(
                    "cannot join network namespace of a non running container: container net is exited"), "\(alone)")
        }
    }

    @Test("an anonymous volume goes with the last container that has it, whoever made it")
    func sharedVolumes() async throws {
        try await Sandbox.with { box in
            for round in 0..<6 {
                let maker = try await box.ok("run", "-d", "-v", "/data", "busybox", "sleep", "1000")
                let user = try await box.ok("run", "-d", "--volumes-from", maker, "busybox", "sleep", "1000")
                // One after the other in both orders, and at once, as `docker rm` does it.
                switch round % 3 {
                case 0:
                    try await box.ok("rm", "-fv", maker)
                    #expect(try await !box.ok("volume", "ls", "-q").isEmpty, "it is still in use")
                    try await box.ok("rm", "-fv", user)
                case 1:
                    try await box.ok("rm", "-fv", user)
                    try await box.ok("rm", "-fv", maker)
                default: try await box.ok("rm", "-fv", maker, user)
                }
                #expect(try await box.ok("volume", "ls", "-q").isEmpty, "round \(round)")
            }
        }
    }

    @Test("a forced removal wins over a start at the same moment")
    func removalAgainstStart() async throws {
        try await Sandbox.with { box in
            try await box.ok("pull", "-q", "busybox")
            let work = """
                for i in $(seq 12); do
                  c=$(docker create -v /data busybox sleep 1000)
                  docker start $c >/dev/null 2>&1 & docker rm -fv $c >/dev/null || echo failed; wait $!
                done
                """
            let answer = try await box.shell(work, seconds: 120)
            #expect(answer.out.isEmpty && answer.err.isEmpty, "\(answer)")
            #expect(try await box.shell("docker ps -aq; docker volume ls -q").out.isEmpty)
        }
    }

    @Test("what --rm should have taken goes when the daemon returns, even if it never ran")
    func neverStarted() async throws {
        try await Sandbox.with { box in
            try await box.ok("create", "--rm", "-v", "/data", "busybox", "true")
            try await box.ok("create", "--name", "kept", "busybox", "true")
            try await box.stopDaemon(SIGKILL)
            try await box.startDaemon()
            try await until("it is gone, volume and all") {
                let left = try await box.shell("docker ps -a --format '{{.Names}}'; docker volume ls -q")
                return left.out == "kept\n"
            }
        }
    }

    @Test("no anonymous volume survives its container: failed starts, --rm, killed clients, cp meanwhile")
    func anonymousVolumes() async throws {
        try await Sandbox.with { box in
            let work = """
                for i in 1 2 3 4; do
                  docker run --rm -v /data busybox true
                  docker run --rm -v /data busybox nosuchprogram
                  docker run -d -p 127.0.0.1:1:x -v /data busybox true
                  timeout -s KILL 0.0$((RANDOM % 90 + 10)) docker run --rm -v /data busybox sleep 0.1
                  c=$(docker create -v /data busybox true); docker cp $c:/data - >/dev/null & docker rm -fv $c
                  wait $!
                done >/dev/null 2>&1; true
                """
            async let one = box.shell(work, seconds: 120)
            async let two = box.shell(work, seconds: 120)
            _ = try await (one, two)
            _ = try await box.shell("docker ps -aq | xargs -r docker rm -fv")
            try await until("nothing is left") {
                let left = try await box.shell("docker ps -aq; docker volume ls -q")
                return left.out.isEmpty
            }
        }
    }
}
