import Testing
import TestKit

/// The Docker half of the course, line by line as written, with the output that the original gives.
@Suite("The tutorial's Docker half", .serialized)
struct TutorialTests {
    static let pulled = """
        Using default tag: latest
        latest: Pulling from library/nginx
        <any>
        Digest: <digest>
        Status: Downloaded newer image for nginx:latest
        docker.io/library/nginx:latest

        """
    static let header = "CONTAINER ID   IMAGE     COMMAND                  CREATED< >STATUS< >PORTS< >NAMES"

    /// Holds a line's standard output against the pattern; its status must be 0.
    private func expect(
        _ box: Sandbox, _ line: String, _ pattern: String, at place: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await box.shell(line)
        #expect(answer.status == 0, "\(answer)", sourceLocation: place)
        if let problem = Transcript.mismatch(answer.out, pattern) {
            Issue.record("\(line)\n\(problem)", sourceLocation: place)
        }
    }

    @Test("pull, run, look, stop, remove: the basic commands", arguments: Client.available)
    func basicCommands(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            let pull = try await box.shell("docker pull nginx")
            let lines = pull.out.split(separator: "\n").filter { !$0.contains(": Pulling fs layer") && !$0.isLayerLine }
            #expect(pull.status == 0, "\(pull)")
            #expect(lines.first == "Using default tag: latest")
            #expect(lines.contains("latest: Pulling from library/nginx"))
            #expect(lines.contains("Status: Downloaded newer image for nginx:latest"))
            #expect(lines.last == "docker.io/library/nginx:latest")
            #expect(lines.contains { Transcript.mismatch(String($0), "Digest: <digest>") == nil })
            try await expect(
                box, "docker pull nginx",
                """
                Using default tag: latest
                latest: Pulling from library/nginx
                Digest: <digest>
                Status: Image is up to date for nginx:latest
                docker.io/library/nginx:latest

                """)

            let port = try freePort()  // the course says 8080; a machine that runs tests may hold it
            let run = try await box.shell("docker run -d -p \(port):80 nginx")
            #expect(Transcript.mismatch(run.out, "<id64>\n") == nil, "\(run)")
            let id = String(run.out.prefix(12))
            try await expect(
                box, "docker ps",
                """
                CONTAINER ID   IMAGE     COMMAND                  CREATED< >STATUS< >PORTS< >NAMES
                \(id)   nginx     "nginx -g 'daemon of…"   <ago>< >Up <up>< >0.0.0.0:\(port)->80/tcp, [::]:\(port)->80/tcp   <name>

                """)
            for host in ["localhost", "127.0.0.1", "[::1]"] {
                try await expectWelcome(box, "http://\(host):\(port)")
            }
            try await expect(box, "docker stop \(id)", "\(id)\n")
            let exit = try await box.shell("docker inspect -f '{{.State.ExitCode}}' \(id)")
            #expect(exit.out == "0\n", "SIGQUIT, the image's stop signal, ends nginx gracefully")
            try await expect(box, "docker rm \(id)", "\(id)\n")
            let image = try await box.shell("docker images -q nginx").out.dropLast()
            let removed = try await box.shell("docker rmi \(image)")
            #expect(removed.status == 0, "\(removed)")
            let pattern = "Untagged: nginx:latest\nUntagged: nginx@<digest>\n"
            #expect(
                Transcript.mismatch(String(removed.out.prefix(pattern.count - 8 + 71)), pattern) == nil, "\(removed)")
            #expect(removed.out.contains("Deleted: sha256:\(image)"))
            try await expect(
                box, "docker ps -a", "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n")
        }
    }

    private func expectWelcome(_ box: Sandbox, _ url: String) async throws {
        let page = try await box.shell(
            "curl -sS --retry 20 --retry-all-errors --retry-delay 0 --retry-max-time 10 '\(url)'")
        #expect(page.out.contains("Welcome to nginx!"), "\(page)")
    }

    @Test("the named container, its logs, and its end", arguments: Client.available)
    func namedContainer(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            let port = try freePort()
            let run = try await box.shell("docker run -d --name my-nginx -p \(port):80 nginx")
            #expect(run.status == 0, "\(run)")
            #expect(
                run.err.hasPrefix("Unable to find image 'nginx:latest' locally\nlatest: Pulling from library/nginx\n"))
            #expect(run.err.hasSuffix("Status: Downloaded newer image for nginx:latest\n"))
            #expect(Transcript.mismatch(run.out, "<id64>\n") == nil, "\(run)")
            try await expectWelcome(box, "http://localhost:\(port)")

            // The course then says `some-nginx`: the trap D1.
            for line in ["docker logs --tail 1000 -f some-nginx", "docker stop some-nginx", "docker rm some-nginx"] {
                let answer = try await box.shell(line)
                #expect(answer.status == 1, "\(answer)")
                #expect(answer.err.contains("Error response from daemon: No such container: some-nginx"), "\(answer)")
                #expect(answer.err.contains("my-nginx"), "the name nearly meant: \(answer)")
            }
            let again = try await box.shell("docker run -d --name my-nginx nginx")
            #expect(again.status == 125)
            let id = run.out.dropLast()
            #expect(
                again.err.contains(
                    "Conflict. The container name \"/my-nginx\" is already in use by container \"\(id)\". "
                        + "You have to remove (or rename) that container to be able to reuse that name."), "\(again)")

            async let followed = box.shell("docker logs --tail 1000 -f my-nginx")
            try await until("the request is logged") {
                try await box.shell("docker logs my-nginx 2>/dev/null").out.contains("\"GET / HTTP/1.1\" 200")
            }
            try await expect(box, "docker stop my-nginx", "my-nginx\n")
            let logs = try await followed
            #expect(logs.status == 0 && logs.out.contains("\"GET / HTTP/1.1\" 200"), "\(logs)")
            try await expect(box, "docker rm my-nginx", "my-nginx\n")
            let rmi = try await box.shell("docker rmi nginx:latest")
            #expect(rmi.out.hasPrefix("Untagged: nginx:latest\n"), "\(rmi)")
        }
    }

    @Test("images are listed as in the course, and one in use isn't removed", arguments: Client.available)
    func imagesTable(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("pull", "-q", "nginx")
            try await expect(
                box, "docker images",
                """
                REPOSITORY   TAG       IMAGE ID       CREATED< >SIZE
                nginx        latest    <id12>   <ago>< ><size>

                """)
            let id = try await box.ok("run", "-d", "--name", "web", "nginx")
            let used = try await box.shell("docker rmi nginx:latest")
            #expect(used.status == 1)
            #expect(
                used.err.contains(
                    "Error response from daemon: conflict: unable to remove repository reference \"nginx:latest\" "
                        + "(must force) - container \(id.prefix(12)) is using its referenced image "), "\(used)")
            #expect(used.err.contains("web"), "D4: the container by its name: \(used)")
            let image = try await box.ok("images", "-q", "nginx")
            let byID = try await box.shell("docker rmi \(image)")
            #expect(
                byID.err.contains(
                    "conflict: unable to delete \(image) (cannot be forced) - image is being used by running container \(id.prefix(12))"
                ), "\(byID)")
        }
    }

    @Test("a port that another container holds is refused, and the holder named", arguments: Client.available)
    func portHeld(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            let port = try freePort()
            try await box.ok("run", "-d", "--name", "first", "-p", "\(port):80", "nginx")
            let second = try await box.shell("docker run -d --name second -p \(port):80 nginx")
            #expect(second.status == 125)
            #expect(second.err.contains("Bind for 0.0.0.0:\(port) failed: port is already allocated"), "\(second)")
            #expect(second.err.contains("first"), "D2: who holds it: \(second)")
            #expect(try await box.ok("inspect", "-f", "{{.State.Status}}", "second") == "created")
            try await box.ok("rm", "-f", "first")
            try await box.ok("start", "second")
            try await expectWelcome(box, "http://localhost:\(port)")
        }
    }

    @Test("an interactive shell in ubuntu, from a name that isn't there yet", arguments: Client.available)
    func interactiveShell(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("pull", "-q", "ubuntu")
            let answer = try await box.terminal(
                "docker run -it ubuntu bash", input: "echo pid=$$ tty=$(tty)\nexit 7\n")
            #expect(answer.status == 7, "\(answer)")
            #expect(answer.out.contains("pid=1 tty=/dev/pts/0"), "\(answer)")
        }
    }

    @Test("EXPOSE publishes nothing by itself", arguments: Client.available)
    func exposeIsDocumentation(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("run", "-d", "--name", "web", "nginx")
            #expect(try await box.ok("ps", "--format", "{{.Ports}}") == "80/tcp")
            #expect(try await box.ok("port", "web") == "")
            try await box.ok("run", "-d", "-P", "--name", "published", "nginx")
            #expect(try await box.ok("port", "published", "80").hasPrefix("0.0.0.0:"))
        }
    }

    @Test("data outlives stop and start, and a volume outlives the container", arguments: Client.available)
    func dataLifetime(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok(
                "run", "--name", "one", "-v", "kept:/kept", "busybox", "sh", "-c", "echo a >/own; echo b >/kept/it")
            try await box.ok("start", "-a", "one")
            #expect(try await box.ok("cp", "one:/own", "-").contains("a\n"))
            try await box.ok("rm", "one")
            #expect(try await box.ok("run", "--rm", "-v", "kept:/kept", "busybox", "cat", "/kept/it") == "b")
            try await box.ok("volume", "rm", "kept")
        }
    }

    @Test(
        "the namespaces are real: own pid 1, own host name, and a pid that nsenter takes", arguments: Client.available)
    func namespaces(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            let id = try await box.ok("run", "-d", "--name", "box", "busybox", "sleep", "1000")
            #expect(try await box.ok("exec", "box", "hostname") == id.prefix(12))
            #expect(try await box.ok("exec", "box", "cat", "/proc/1/comm") == "sleep")
            let pid = try await box.ok("inspect", "-f", "{{.State.Pid}}", "box")
            let entered = try await box.shell("nsenter -t \(pid) -a hostname")
            #expect(entered.out == "\(id.prefix(12))\n", "\(entered)")
            #expect(
                try await box.ok("run", "--rm", "busybox", "uname", "-r")
                    == (try await box.shell("uname -r").out.dropLast()))
        }
    }
}

extension Substring {
    /// `0123456789ab: Pull complete` and the like.
    fileprivate var isLayerLine: Bool {
        Transcript.mismatch(String(self), "<id12>: <any>") == nil
    }
}
