import Foundation
import TestKit
import Testing

/// Which client builds, and by which protocol.
struct BuildWay: Sendable, CustomStringConvertible {
    let client: Client
    let isBuildKit: Bool
    var description: String { "\(client), \(isBuildKit ? "BuildKit" : "classic")" }

    /// Ours by both; the original's by the classic one, which needs no plugin.
    static let available =
        [BuildWay(client: .hako, isBuildKit: true)] + Client.available.map { BuildWay(client: $0, isBuildKit: false) }

    /// In front of a shell line.
    var setting: String { isBuildKit ? "unset DOCKER_BUILDKIT; " : "export DOCKER_BUILDKIT=0; " }
}

/// `docker build`, with our own client and the original's.
@Suite("Building images", .serialized)
struct BuildTests {
    /// Writes the files of a context below the sandbox's folder and gives its path.
    private func context(_ box: Sandbox, _ name: String = "ctx", _ files: [String: String]) throws -> String {
        let folder = box.root + "/" + name
        for (path, text) in files {
            let file = URL(fileURLWithPath: folder + "/" + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return folder
    }

    private func shell(
        _ box: Sandbox, _ line: String, at place: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await box.shell(line, seconds: 120)
        #expect(answer.status == 0, "\(answer)", sourceLocation: place)
        return answer.out
    }

    /// S25 to S31 of the course, as written. The first way compiles; the others find that in the cache, whoever asks.
    @Test("the course's Go program")
    func theCourse() async throws {
        try await LocalRegistry.shared.add("golang")
        try await Sandbox.with { box in
            _ = try context(
                box, "myapp",
                [
                    "testapp.go": """
                    package main

                    import (
                      "fmt"
                      "net/http"
                    )

                    func handler(w http.ResponseWriter, r *http.Request) {
                      fmt.Fprintln(w, "Hello, Docker with Go!")
                    }

                    func main() {
                      http.HandleFunc("/", handler)
                      fmt.Println("Server is running on port 8080...")
                      http.ListenAndServe(":8080", nil)
                    }

                    """,
                    "Dockerfile": """
                    # 最新のGoの公式イメージをベースにする
                    FROM golang:latest

                    # 環境変数を設定
                    # OSをLinuxに設定
                    ENV GOOS=linux
                    # アーキテクチャをamd64に設定
                    ENV GOARCH=amd64

                    # 作業ディレクトリを作成
                    WORKDIR /app

                    # 必要なファイルをコピー
                    COPY testapp.go .

                    # Goのビルド（バイナリを作成）
                    RUN go build -o app testapp.go && chmod +x app

                    # コンテナのポートを開放
                    EXPOSE 8080

                    # 実行するコマンド
                    CMD ["./app"]

                    """,
                ])
            for (number, way) in BuildWay.available.enumerated() {
                try await buildAndRun(box, way, isFirst: number == 0)
            }
        }
    }

    private func buildAndRun(_ box: Sandbox, _ way: BuildWay, isFirst: Bool) async throws {
        let client = way.client == .docker ? "docker() { \(Client.original ?? "") \"$@\"; }; " : ""
        func run(_ line: String) async throws -> String { try await shell(box, client + line) }
        let built = try await box.shell(
            "\(client)\(way.setting)cd \(box.root) && docker build ./myapp/ --tag testapp:1.0.0", seconds: 300)
        #expect(built.status == 0, "\(way): \(built)")
        let (said, told) = (built.out + built.err, "\(way): \(built)")
        #expect(
            said.contains(
                way.isBuildKit ? "naming to docker.io/library/testapp:1.0.0" : "Successfully tagged testapp:1.0.0\n"),
            "\(told)")
        let cached = way.isBuildKit ? " CACHED\n" : " ---> Using cache\n"
        #expect(said.contains(cached) == !isFirst, "\(told)")
        let images = try await run("docker images testapp")
        #expect(images.contains("testapp") && images.contains("1.0.0"))
        let port = try freePort()  // the course says 8080; a machine that runs tests may hold it
        _ = try await run("docker run -d --name my-go-app -p \(port):8080 testapp:1.0.0")
        try await until("the program answers") {
            try await box.shell("curl -s http://localhost:\(port)").out == "Hello, Docker with Go!\n"
        }
        #expect(try await run("docker logs my-go-app") == "Server is running on port 8080...\n")
        let ports = try await run("docker inspect -f '{{json .Config.ExposedPorts}}' testapp:1.0.0")
        #expect(ports == "{\"8080/tcp\":{}}\n")
        _ = try await run("docker rm -f my-go-app; docker rmi testapp:1.0.0")
    }

    @Test("stages, copies, here-documents, arguments", arguments: BuildWay.available)
    func language(_ way: BuildWay) async throws {
        try await Sandbox.with(way.client) { box in
            let folder = try context(
                box,
                files: [
                    "Dockerfile": """
                    ARG BASE=busybox
                    FROM $BASE AS one
                    ARG WHO=nobody
                    ENV GREETING="hi ${WHO:-x}" EMPTY=
                    WORKDIR /app/deep
                    COPY --chown=65534:65534 --chmod=0640 a.txt renamed
                    RUN echo "$GREETING" > out && ls -ln renamed | cut -c1-10 > modes && stat -c %u:%g renamed >> modes
                    FROM busybox AS two
                    RUN echo two > /two; echo $WHO >> /two
                    FROM busybox AS never
                    RUN exit 7
                    FROM one
                    COPY --from=two /two /copied/
                    COPY . /all/
                    COPY --exclude=*.txt sub /some
                    COPY <<F1 <<"F2" /docs/
                    $GREETING
                    F1
                    $GREETING
                    F2
                    RUN <<EOF
                    echo line one > /script
                    echo line two >> /script
                    EOF
                    ADD pack.tar /unpacked/
                    LABEL a=1 "b c"="d e"
                    USER nobody
                    EXPOSE 80-81/udp
                    VOLUME /data
                    STOPSIGNAL SIGINT
                    HEALTHCHECK --interval=5s CMD true
                    ENTRYPOINT ["cat"]
                    CMD ["/app/deep/out"]
                    """,
                    ".dockerignore": "*.log\n!kept.log\n", "a.txt": "a", "x.log": "x", "kept.log": "k",
                    "sub/one.txt": "1", "sub/two.bin": "2", "packed/inner/file": "inside",
                ])
            _ = try await shell(box, "tar -C \(folder)/packed -cf \(folder)/pack.tar . && rm -r \(folder)/packed")
            let out = try await shell(
                box, "\(way.setting)docker build -t x:1 --build-arg WHO=you --label extra=yes \(folder)")
            #expect(!out.contains("exit 7"), "a stage that nothing needs doesn't run")
            #expect(try await shell(box, "docker run --rm x:1") == "hi you\n")
            let look = "docker run --rm --entrypoint sh x:1 -c"
            #expect(try await shell(box, "\(look) 'cat /app/deep/modes'") == "-rw-r-----\n65534:65534\n")
            #expect(try await shell(box, "\(look) 'cat /copied/two'") == "two\n\n")
            #expect(
                try await shell(box, "\(look) 'ls /all /some'")
                    == "/all:\nDockerfile\na.txt\nkept.log\npack.tar\nsub\n\n/some:\ntwo.bin\n")
            #expect(
                try await shell(box, "\(look) 'cat /docs/F1 /docs/F2 /script'")
                    == "hi you\n$GREETING\nline one\nline two\n")
            #expect(try await shell(box, "\(look) 'cat /unpacked/inner/file; id -un'") == "insidenobody\n")
            let config = try await shell(
                box,
                "docker inspect -f '{{json .Config.Labels}} {{.Config.StopSignal}} {{json .Config.ExposedPorts}}' x:1")
            #expect(config == "{\"a\":\"1\",\"b c\":\"d e\",\"extra\":\"yes\"} SIGINT {\"80/udp\":{},\"81/udp\":{}}\n")
            // What the run needed and nobody asked for isn't in the image.
            let files = try await shell(
                box, "docker create --name bare x:1 >&2; docker export bare | tar -t; docker rm bare >&2")
            #expect(!files.contains("resolv.conf") && !files.contains(".dockerenv"), "\(files)")
        }
    }

    @Test("what is unchanged is not run again, and gives the same image", arguments: BuildWay.available)
    func cache(_ way: BuildWay) async throws {
        try await Sandbox.with(way.client) { box in
            let folder = try context(
                box,
                files: [
                    "Dockerfile":
                        "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /once\nCOPY a /a\nRUN date +%N > /twice\n",
                    "a": "one",
                ])
            let first = try await shell(box, "\(way.setting)docker build -q \(folder)")
            #expect(first.hasPrefix("sha256:"))
            #expect(try await shell(box, "\(way.setting)touch \(folder)/a; docker build -q \(folder)") == first)
            _ = try await shell(box, "echo two > \(folder)/a")
            let second = try await shell(box, "\(way.setting)docker build \(folder) 2>&1")
            let cached = way.isBuildKit ? " CACHED\n" : " ---> Using cache\n"
            #expect(second.components(separatedBy: cached).count == 2, "\(second)")
            let fresh = try await shell(box, "\(way.setting)docker build --no-cache -q \(folder)")
            let once = "docker run --rm IMAGE cat /once"
            let before = try await shell(
                box, once.replacingOccurrences(of: "IMAGE", with: first.trimmingCharacters(in: .newlines)))
            let after = try await shell(
                box, once.replacingOccurrences(of: "IMAGE", with: fresh.trimmingCharacters(in: .newlines)))
            #expect(before != after)
            #expect(
                try await shell(box, "docker system df --format '{{.Type}} {{.TotalCount}}'").contains("Build Cache 7"))
            let pruned = try await shell(box, "\(way.setting)docker builder prune -af")
            #expect(pruned.contains("Total reclaimed space:"))
            #expect(
                try await shell(box, "docker system df --format '{{.Type}} {{.TotalCount}}'").contains("Build Cache 0"))
        }
    }

    @Test("other ways to give a context and a Dockerfile", arguments: BuildWay.available)
    func contexts(_ way: BuildWay) async throws {
        try await Sandbox.with(way.client) { box in
            let folder = try context(
                box,
                files: [
                    "a.txt": "from the folder", "other/Dockerfile.dev": "FROM busybox\nCOPY a.txt /a\nCMD cat /a\n",
                ])
            _ = try await shell(box, "\(way.setting)docker build -t f1 -f \(folder)/other/Dockerfile.dev \(folder)")
            #expect(try await shell(box, "docker run --rm f1") == "from the folder")
            _ = try await shell(box, "\(way.setting)printf 'FROM busybox\\nCMD echo stdin\\n' | docker build -t f2 -")
            #expect(try await shell(box, "docker run --rm f2") == "stdin\n")
            _ = try await shell(box, "\(way.setting)docker build -t f3 -f - \(folder) < \(folder)/other/Dockerfile.dev")
            #expect(try await shell(box, "docker run --rm f3") == "from the folder")
            _ = try await shell(
                box, "\(way.setting)tar -C \(folder) -czf - . | docker build -t f4 -f other/Dockerfile.dev -")
            #expect(try await shell(box, "docker run --rm f4") == "from the folder")
            let port = try freePort()
            let server = try Service(
                ["busybox", "httpd", "-f", "-p", "127.0.0.1:\(port)", "-h", folder], logFile: box.root + "/httpd.log")
            defer { server.stop() }
            try await until("httpd answers") {
                try await box.shell("curl -sf http://127.0.0.1:\(port)/a.txt").status == 0
            }
            _ = try await shell(
                box,
                "\(way.setting)printf 'FROM busybox\\nADD http://127.0.0.1:\(port)/a.txt /got/\\nCMD cat /got/a.txt\\n' | docker build -t f5 -"
            )
            #expect(try await shell(box, "docker run --rm f5") == "from the folder")
        }
    }

    @Test("failures say where and why, with Docker's exit codes", arguments: BuildWay.available)
    func failures(_ way: BuildWay) async throws {
        try await Sandbox.with(way.client) { box in
            func refused(_ dockerfile: String, _ message: String, _ status: Int32 = 1) async throws {
                let folder = try context(box, "bad", files: ["Dockerfile": dockerfile])
                let answer = try await box.shell("\(way.setting)docker build \(folder)")
                #expect(answer.status == status, "\(answer)")
                #expect((answer.out + answer.err).contains(message), "\(answer)")
            }
            if way.isBuildKit {
                try await refused(
                    "FROM busybox\nRUN exit 3",
                    "ERROR: failed to build: failed to solve: process \"/bin/sh -c exit 3\" did not complete successfully: exit code: 3"
                )
                try await refused("FROM busybox\n\nCOPY nothing /x", "   3 | >>> COPY nothing /x")
            } else {
                try await refused(
                    "FROM busybox\nRUN exit 3", "The command '/bin/sh -c exit 3' returned a non-zero code: 3", 3)
                try await refused("FROM busybox\nRUN nosuch", "returned a non-zero code: 127", 127)
                try await refused(
                    "FROM busybox\n\nCOPY nothing /x", "Dockerfile:3: COPY failed: file not found in build context")
            }
            try await refused("FROM busybox\nFOO bar", "dockerfile parse error on line 2: unknown instruction: FOO")
            try await refused("FROM nosuchimage:1", "nosuchimage")
            try await refused("FROM busybox\nCOPY --from=9 /a /b", "9")
            let folder = try context(box, "bad", files: ["Dockerfile": "FROM busybox\n"])
            let target = try await box.shell("\(way.setting)docker build --target no \(folder)")
            #expect(target.status == 1 && target.err.contains("target stage \"no\" could not be found"), "\(target)")
            let missing = try await box.shell("\(way.setting)docker build \(box.root)/nowhere")
            #expect(missing.status == 1 && missing.err.contains("unable to prepare context: path"), "\(missing)")
            #expect(try await shell(box, "docker ps -aq").isEmpty)
            #expect(try await shell(box, "ls \(box.root)/data/builds/running").isEmpty)
        }
    }

    @Test("a hostile context stays where it is", arguments: [true, false])
    func hostileContext(_ isBuildKit: Bool) async throws {
        let way = BuildWay(client: .hako, isBuildKit: isBuildKit)
        try await Sandbox.with { box in
            let folder = try context(
                box, "hostile",
                files: [
                    "Dockerfile":
                        "FROM busybox\nCOPY link /a\nCOPY up /b\nRUN ln -s ../../../../tmp /out\nCOPY mark /out/mark\nCMD cat /a\n",
                    "mark": "x",
                ])
            _ = try await shell(
                box,
                "echo host > \(box.root)/secret; cd \(folder); ln -s /etc/shadow link; mkdir up; ln -s ../../secret up/s; mknod up/dev b 8 0; mkfifo up/fifo"
            )
            let answer = try await box.shell("\(way.setting)docker build \(folder)")
            #expect(answer.status == 1, "the link leads to the context's own etc/shadow, which isn't there: \(answer)")
            _ = try await shell(box, "mkdir \(folder)/etc; echo own > \(folder)/etc/shadow")
            _ = try await shell(box, "\(way.setting)rm -f /tmp/mark; docker build -t hostile \(folder)")
            #expect(try await shell(box, "docker run --rm hostile") == "own\n")
            #expect(!FileManager.default.fileExists(atPath: "/tmp/mark"))
            #expect(try await shell(box, "docker run --rm hostile sh -c 'ls /b'") == "s\n")
        }
    }

    @Test("a client that goes ends its build, and nothing stays", arguments: [true, false])
    func cancellation(_ isBuildKit: Bool) async throws {
        let way = BuildWay(client: .hako, isBuildKit: isBuildKit)
        try await Sandbox.with { box in
            let folder = try context(box, files: ["Dockerfile": "FROM busybox\nRUN sleep 100 # \(UUID())\n"])
            _ = try await box.shell("\(way.setting)timeout 2 docker build \(folder)")
            try await until("the build's folder is gone") {
                try FileManager.default.contentsOfDirectory(atPath: box.root + "/data/builds/running").isEmpty
            }
            try await until("the step's container is gone") {
                try FileManager.default.contentsOfDirectory(atPath: box.root + "/run/containers").isEmpty
            }
        }
    }

    private func context(_ box: Sandbox, _ name: String = "ctx", files: [String: String]) throws -> String {
        try context(box, name, files)
    }
}
