import Foundation
import TestKit
import Testing

/// Compose with a registry: images built with all that BuildKit gives, pushed, pulled.
@Suite("docker compose builds, pushes and pulls", .serialized)
struct ComposeBuildTests {
    private func run(
        _ box: Sandbox, _ line: String, status: Int32 = 0, at place: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await box.shell("cd \(box.root)/project; \(line)", seconds: 120)
        #expect(answer.status == status, "\(answer)", sourceLocation: place)
        return answer.out + answer.err
    }

    private func write(_ box: Sandbox, _ files: [String: String]) throws {
        for (path, text) in files {
            let file = URL(fileURLWithPath: box.root + "/project/" + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    @Test("services are built side by side, those that others take from before them, on one display")
    func sideBySide() async throws {
        try await Sandbox.with { box in
            try write(
                box,
                [
                    "compose.yaml": """
                    services:
                      a: {build: ./a, command: "true"}
                      b: {build: ./b, command: "true"}
                      c:
                        build: {context: ./c, additional_contexts: {below: "service:a"}}
                        command: "true"
                    """,
                    // Each waits for the other: one after the other they would never end.
                    "a/Dockerfile": Self.meeting("a", "b"), "b/Dockerfile": Self.meeting("b", "a"),
                    "c/Dockerfile": "FROM below\nRUN cat /name > /below\n",
                ])
            let mark = UUID().uuidString
            let built = try await run(box, "docker compose build --build-arg MARK=\(mark)")
            for text in [
                "[a 2/2] RUN", "[b 2/2] RUN", "[c context below]", " project-a  Built\n", " project-c  Built\n",
            ] {
                #expect(built.contains(text), "\(text) is missing in \(built)")
            }
            #expect(try await run(box, "docker run --rm project-c cat /below") == "a\n")
            let failed = try await run(
                box, "echo 'RUN exit 3' >> b/Dockerfile; docker compose up -d --build 2>&1", status: 1)
            #expect(failed.contains("target b: failed to solve: process "), "\(failed)")
            #expect(try await run(box, "docker ps -aq").isEmpty, "nothing is brought up")
        }
    }

    /// Two builds that share a cache's folder, and end when both have been in it.
    private static func meeting(_ name: String, _ other: String) -> String {
        """
        FROM busybox
        ARG MARK=none
        RUN --mount=type=cache,id=meeting,target=/m mkdir -p /m/$MARK; touch /m/$MARK/\(name); echo \(name) > /name; \
            for i in $(seq 300); do [ -e /m/$MARK/\(other) ] && exit 0; sleep 0.1; done; [ $MARK = none ]

        """
    }

    @Test("secrets, keys, contexts, platforms, tags, caches; push and pull")
    func build() async throws {
        let registry = try await LocalRegistry.shared.address
        let text = """
            name: built
            services:
              base:
                image: local/base:1
                build: {dockerfile_inline: "FROM busybox\\nRUN echo base > /base\\n"}
              app:
                image: \(registry)/composeapp:1
                build:
                  context: app
                  ssh: ["k=./keys/id"]
                  secrets: [s, {source: t, target: tt}]
                  additional_contexts: {o: ./other, b: "service:base"}
                  labels: {x: y}
                  tags: ["\(registry)/composeapp:second"]
                  target: fin
                  cache_to: ["type=local,dest=BOX/cache"]
                  no_cache_filter: [other]
                command: cat /all
              two:
                image: \(registry)/composetwo:1
                build: {dockerfile_inline: "FROM scratch\\nCOPY f /\\n", platforms: [linux/amd64, linux/arm64]}
            secrets: {s: {file: ./key}, t: {environment: TT}}
            """
        try await Sandbox.with { box in
            try write(
                box,
                [
                    "compose.yaml": text.replacing("BOX", with: box.root), "key": "hush\n", "other/o": "o\n", "f": "f",
                    "app/Dockerfile": """
                    FROM b AS fin
                    COPY --from=o o /o
                    RUN --mount=type=secret,id=s --mount=type=secret,id=tt --mount=type=ssh,id=k,required \\
                        cat /base /o /run/secrets/s /run/secrets/tt > /all; test -S $SSH_AUTH_SOCK
                    FROM fin
                    RUN false
                    """,
                ])
            _ = try await run(box, "mkdir -m 700 keys; ssh-keygen -q -t ed25519 -N '' -f keys/id")
            // The service that another's context is isn't named, and is built all the same.
            let built = try await run(box, "TT=tee docker compose build app")
            #expect(built.contains(" local/base:1  Built\n") && built.contains("[app fin 2/3] RUN"), "\(built)")
            #expect(
                try await run(box, "docker run --rm \(registry)/composeapp:second cat /all") == "base\no\nhush\ntee")
            #expect(
                try await run(box, "docker inspect -f '{{.Config.Labels.x}}' \(registry)/composeapp:1") == "y\n")
            #expect(try await run(box, "cat \(box.root)/cache/index.json").contains("sha256:"))
            let quiet = try await run(box, "TT=tee docker compose build -q app")
            #expect(!quiet.contains("[app fin"), "\(quiet)")
            let unset = try await run(box, "docker compose build app", status: 1)
            #expect(
                unset.hasSuffix(
                    "target app: environment variable \"TT\" required by secret \"t\" is not set\n"), "\(unset)")
            let failed = try await run(
                box, "sed -i 's/test -S/exit 3; test -S/' app/Dockerfile; TT=x docker compose build app", status: 1)
            #expect(failed.contains("target app: failed to solve: process ") && failed.contains(">>> RUN"), "\(failed)")
            _ = try await run(box, "sed -i 's/exit 3; //' app/Dockerfile; docker compose config -q")

            _ = try await run(box, "TT=tee docker compose build --push app two")
            let list = try await run(box, "docker buildx imagetools inspect \(registry)/composetwo:1")
            #expect(list.contains("linux/arm64") && list.contains("linux/amd64"), "\(list)")
            let tags = try await run(box, "curl -sf http://\(registry)/v2/composeapp/tags/list")
            #expect(tags.contains("\"1\"") && tags.contains("\"second\""), "\(tags)")

            _ = try await run(box, "docker rmi -f \(registry)/composeapp:1 \(registry)/composeapp:second")
            let pulled = try await run(box, "docker compose pull --ignore-buildable app 2>&1; docker compose pull app")
            #expect(pulled.contains(" app  Pulled\n"), "\(pulled)")
            #expect(try await run(box, "docker compose run --rm --no-deps app 2>/dev/null") == "base\no\nhush\ntee")
            let pushed = try await run(
                box, "docker tag \(registry)/composeapp:1 \(registry)/composeapp:second; docker compose push app")
            #expect(pushed.contains(" app  Pushed\n"), "\(pushed)")
            #expect(try await run(box, "docker compose publish x", status: 1).contains("is not in this version"))
        }
    }

    @Test("up that is killed in the middle goes on with the next one: nothing is there twice")
    func killed() async throws {
        let service = "{image: busybox, command: sleep 1000, init: true, stop_grace_period: 1s"
        var text = "name: killed\nservices:\n"
        for number in 1...4 {
            let after = number == 1 ? "" : ", depends_on: [s\(number - 1)]"
            text += "  s\(number): \(service), scale: 2, volumes: [\"v\(number):/v\"]\(after)}\n"
        }
        text += "volumes: {v1: , v2: , v3: , v4: }\n"
        let project = text
        try await Sandbox.with { box in
            try write(box, ["compose.yaml": project])
            _ = try await run(box, "docker pull -q busybox")
            for wait in ["0.05", "0.2", "0.35", "0.5", "0.8", "1.2"] {
                _ = try await run(
                    box, "(exec docker compose up -d) >/dev/null 2>&1 & sleep \(wait); kill -9 $!; wait $!; true")
                _ = try await run(box, "docker compose up -d")
                let running = try await run(
                    box, "docker compose ps --format '{{.Service}} {{.State}}' | sort | uniq -c")
                #expect(
                    running.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
                        == (1...4).map { "2 s\($0) running" }, "after \(wait) s: \(running)")
                #expect(try await run(box, "docker ps -aq | wc -l") == "8\n", "after \(wait) s")
                #expect(try await run(box, "docker network ls -q --filter name=killed_ | wc -l") == "1\n")
                #expect(try await run(box, "docker volume ls -q | wc -l") == "4\n")
                _ = try await run(box, "docker compose down -v -t 0")
                #expect(try await run(box, "docker ps -aq; docker volume ls -q").isEmpty)
            }
        }
    }

    @Test("hooks before a stop, containers as images and archives, completion")
    func smaller() async throws {
        let text = """
            name: small
            services:
              a:
                image: busybox
                command: sh -c 'trap "exit 0" TERM; sleep 1000 & wait'
                volumes: ["./out:/out"]
                post_start: [{command: sh -c 'echo start $$WHO > /out/start', environment: [WHO=me]}]
                pre_stop: [{command: sh -c 'id -un > /out/stop', user: nobody}]
              off: {image: busybox, profiles: [more]}
            """
        try await Sandbox.with { box in
            try write(box, ["compose.yaml": text])
            _ = try await run(box, "mkdir -m 777 out; docker compose up -d")
            #expect(try await run(box, "cat out/start") == "start me\n")
            _ = try await run(box, "docker compose exec -T a touch /made; docker compose commit -m words a kept:1")
            #expect(try await run(box, "docker run --rm kept:1 ls /made") == "/made\n")
            _ = try await run(box, "docker compose export -o all.tar a")
            #expect(try await run(box, "tar tf all.tar made") == "made\n")
            #expect(try await run(box, "docker __complete compose u").contains("up\t"))
            #expect(try await run(box, "docker __complete compose stop ''") == "a\n:4\n")
            #expect(try await run(box, "docker __complete compose --profile more stop ''") == "a\noff\n:4\n")
            #expect(try await run(box, "docker __complete compose up --det").contains("--detach\t"))
            #expect(try await run(box, "docker __complete compose -f ''") == ":0\n")
            #expect(try await run(box, "docker __complete comp").contains("compose\t"))
            _ = try await run(box, "docker compose stop")
            #expect(try await run(box, "cat out/stop") == "nobody\n")
            _ = try await run(box, "rm out/stop; docker compose start; docker compose down")
            #expect(try await run(box, "cat out/stop") == "nobody\n", "down runs it, too")
            _ = try await run(
                box, "sed -i 's/id -un/exit 4; id -un/' compose.yaml; docker compose up -d; docker compose stop",
                status: 1)
        }
    }
}
