import Foundation
import TestKit
import Testing

/// `docker compose` on a real daemon.
@Suite("Compose", .serialized)
struct ComposeTests {
    /// The original compose, where there is one: `docker-compose` in PATH, or what the variable names.
    static let stock: String? = {
        let environment = ProcessInfo.processInfo.environment
        let places = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/docker-compose" }
        return ([environment["HAKO_STOCK_COMPOSE"]].compactMap { $0 } + places)
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    private static let shop = """
        name: shop
        services:
          web:
            image: busybox
            command: sh -c 'echo hello; wget -qO- http://db:8000/x; exec sleep 1000'
            init: true
            stop_grace_period: 1s
            labels: {version: "${VERSION:-1}"}
            depends_on: {db: {condition: service_healthy}}
          db:
            image: busybox
            command: sh -c 'echo data > /data/x; exec httpd -f -p 8000 -h /data'
            init: true
            stop_grace_period: 1s
            volumes: [data:/data]
            healthcheck: {test: test -f /data/x, interval: 1s, start_interval: 100ms, start_period: 5s}
        volumes: {data: }
        """

    /// A folder with files of a project, for lines of shell.
    private static func write(_ box: Sandbox, _ files: [String: String]) throws -> String {
        let folder = box.root + "/project"
        for (name, text) in files {
            let path = "\(folder)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        return folder
    }

    @Test("services come up in order, are made anew when they change, and go down without a trace")
    func upAndDown() async throws {
        try await Sandbox.with { box in
            let folder = try Self.write(box, ["compose.yaml": Self.shop])
            func compose(_ line: String) async throws -> Answer {
                try await box.shell("cd \(folder) && \(line)")
            }
            let up = try await compose("docker compose up -d")
            #expect(up.status == 0, "\(up)")
            let told = up.err.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            let order = [
                "Network shop_default  Created", "Volume shop_data  Created", "Container shop-db-1  Healthy",
                "Container shop-web-1  Started",
            ].map { told.firstIndex(of: $0) ?? -1 }
            #expect(order == order.sorted() && !order.contains(-1), "\(up)")
            try await until("the page was read") {
                try await compose("docker compose logs").out.contains("web-1  | hello\nweb-1  | data\n")
            }
            let again = try await compose("docker compose up -d")
            #expect(
                again.err.contains(" Container shop-web-1  Running\n") && !again.err.contains("Recreate"), "\(again)")
            let changed = try await compose("VERSION=2 docker compose up -d")
            #expect(changed.err.contains(" Container shop-web-1  Recreated\n"), "\(changed)")
            #expect(changed.err.contains(" Container shop-db-1  Running\n"), "\(changed)")
            #expect(try await compose("docker compose ps --services | sort").out == "db\nweb\n")
            #expect(try await compose("docker compose exec -T web sh -c 'echo in; exit 7'").status == 7)
            #expect(try await compose("docker compose run --rm -T --no-deps web echo one off").out == "one off\n")
            let scaled = try await compose("docker compose up -d --scale db=2 && docker compose ps -q db | wc -l")
            #expect(scaled.out == "2\n", "\(scaled)")
            #expect(try await compose("docker compose ls -q").out == "shop\n")
            let down = try await compose("docker compose down -v -t 0")
            #expect(down.status == 0 && down.err.contains(" Volume shop_data  Removed\n"), "\(down)")
            #expect(try await box.ok("ps", "-aq") == "")
            #expect(try await box.ok("volume", "ls", "-q") == "")
            #expect(!(try await box.ok("network", "ls", "--format", "{{.Name}}")).contains("shop"))
        }
    }

    @Test("attached: lines behind names, and the exit code of the one that ends")
    func attached() async throws {
        let text = """
            name: att
            services:
              job: {image: busybox, command: "sh -c 'sleep 0.5; echo job; exit 3'"}
              srv: {image: busybox, command: "sh -c 'echo up; exec sleep 1000'", init: true, stop_grace_period: 1s}
            """
        try await Sandbox.with { box in
            let folder = try Self.write(box, ["compose.yaml": text])
            let answer = try await box.shell("cd \(folder) && docker compose up --abort-on-container-exit")
            #expect(answer.status == 3, "\(answer)")
            for line in ["Attaching to job-1, srv-1", "job-1  | job", "srv-1  | up", "job-1 exited with code 3"] {
                #expect(answer.out.contains(line + "\n"), "\(answer)")
            }
            #expect(answer.err.contains("Aborting on container exit...\n"), "\(answer)")
            let stopped = try await box.shell(
                "cd \(folder) && timeout -s INT 2 docker compose up srv; docker compose down")
            #expect(stopped.out.contains("Gracefully Stopping... press Ctrl+C again to force\n"), "\(stopped)")
            #expect(
                !stopped.out.contains("srv-1  | up\nsrv-1  | up\n"),
                "what an earlier run wrote is not shown: \(stopped)")
        }
    }

    @Test("secrets, configs, hooks, a shared network namespace, a built image")
    func parts() async throws {
        let text = """
            name: parts
            services:
              a:
                image: busybox
                command: sh -c 'cat /run/secrets/s /c /f; stat -c %a /c; exec sleep 1000'
                init: true
                stop_grace_period: 1s
                secrets: [s]
                configs: [{source: c, target: /c, mode: 0640}, {source: f, target: /f}]
                post_start: [{command: touch /hooked}]
              b: {image: busybox, network_mode: "service:a", command: sleep 1000, init: true, stop_grace_period: 1s}
              made:
                build:
                  dockerfile_inline: |
                    FROM busybox
                    ARG V
                    RUN echo v$$V > /v
                  args: {V: 7}
                command: cat /v
            secrets: {s: {environment: SECRET}}
            configs: {c: {content: "inline "}, f: {file: ./f}}
            """
        try await Sandbox.with { box in
            let folder = try Self.write(box, ["compose.yaml": text, "f": "file\n"])
            let up = try await box.shell("cd \(folder) && SECRET='hidden ' docker compose up -d")
            #expect(up.status == 0, "\(up)")
            try await until("everything was read") {
                try await box.shell("cd \(folder) && docker compose logs --no-log-prefix a made").out
                    .split(separator: "\n").sorted() == ["640", "hidden inline file", "v7"]
            }
            let same = try await box.shell(
                "cd \(folder) && docker compose exec -T a test -f /hooked && for s in a b; do docker compose exec -T $s hostname -i; done | uniq | wc -l"
            )
            #expect(same.out == "1\n", "\(same)")
            let down = try await box.shell("cd \(folder) && docker compose down -t 0 --rmi local")
            #expect(down.err.contains(" Image parts-made  Removed\n"), "\(down)")
        }
    }

    @Test("watched files reach containers")
    func watch() async throws {
        let text = """
            name: eye
            services:
              s:
                image: busybox
                command: sleep 1000
                init: true
                stop_grace_period: 1s
                develop: {watch: [{path: ./src, action: sync, target: /app}]}
            """
        try await Sandbox.with { box in
            let folder = try Self.write(box, ["compose.yaml": text, "src/a": "one"])
            let answer = try await box.shell(
                """
                cd \(folder); docker compose watch > out 2>&1 & watch=$!
                until grep -q 'Watch enabled' out; do sleep 0.05; done
                mkdir src/d; echo two > src/d/b
                for i in $(seq 100); do docker compose exec -T s cat /app/d/b 2>/dev/null && break; sleep 0.1; done
                kill $watch; docker compose down -t 0
                """)
            #expect(answer.out.contains("two\n"), "\(answer)")
        }
    }

    @Test("the original compose and ours see each other's projects", .enabled(if: stock != nil, "needs docker-compose"))
    func stockAndOurs() async throws {
        try await Sandbox.with { box in
            let folder = try Self.write(box, ["compose.yaml": Self.shop])
            func line(_ text: String) async throws -> Answer {
                try await box.shell("cd \(folder) && stock() { '\(Self.stock ?? "")' \"$@\"; } && \(text)")
            }
            for (first, second) in [("docker compose", "stock"), ("stock", "docker compose")] {
                let up = try await line("\(first) up -d")
                #expect(up.status == 0, "\(up)")
                let again = try await line("\(second) up -d")
                #expect(
                    again.err.contains(" Container shop-web-1  Running\n") && !again.err.contains("Recreate"),
                    "\(again)")
                let views = try await line(
                    "\(first) ps --format '{{.Name}} {{.State}}' > a; \(second) ps --format '{{.Name}} {{.State}}' | diff a -"
                )
                #expect(views.status == 0, "\(views)")
                let down = try await line("\(second) down -v -t 0")
                #expect(down.status == 0 && down.err.contains(" Volume shop_data  Removed\n"), "\(down)")
            }
            let shown = try await line(
                "stock config > a; docker compose config | diff a -; stock config --hash '*' | sort > b; docker compose config --hash '*' | diff b -"
            )
            #expect(shown.status == 0, "\(shown)")
        }
    }
}
