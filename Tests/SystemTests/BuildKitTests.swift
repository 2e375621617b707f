import Foundation
import TestKit
import Testing

/// BuildKit's protocol, with a client of our own and with buildx where it is to be had.
@Suite("BuildKit's clients", .serialized)
struct BuildKitTests {
    @Test(
        "gRPC over /grpc and /session: files, secrets, status, the bridge, hostile and vanishing clients",
        .enabled(if: FileManager.default.isExecutableFile(atPath: DockerPyTests.python)))
    func protocolItself() async throws {
        try await Sandbox.with { box in
            // Made before the first build is asked for by its protocol alone.
            _ = try await box.shell("docker pull -q busybox")
            let answer = try await box.shell(
                "\(DockerPyTests.python) \(Repo.root)/Tests/SystemTests/Python/buildkit.py \(box.socket) \(box.root) \(box.root)/data",
                seconds: 180)
            #expect(answer.status == 0, "\(answer)")
            #expect(answer.out.components(separatedBy: "ok test_").count == 10, "\(answer)")
        }
    }

    // MARK: buildx

    /// The plugin: `HAKO_BUILDX`, or where packages put it.
    static let buildx: String? = {
        let places =
            [ProcessInfo.processInfo.environment["HAKO_BUILDX"]].compactMap { $0 }
            + ["/usr/libexec/docker", "/usr/lib/docker", "/usr/local/lib/docker", "/usr/local/libexec/docker"].map {
                $0 + "/cli-plugins/docker-buildx"
            }
        return places.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    private func withBuildx(_ body: (Sandbox) async throws -> Void) async throws {
        try await Sandbox.with(.docker) { box in
            let plugins = box.root + "/config/cli-plugins"
            try FileManager.default.createDirectory(atPath: plugins, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: plugins + "/docker-buildx", withDestinationPath: Self.buildx ?? "")
            try await body(box)
        }
    }

    private func run(
        _ box: Sandbox, _ line: String, status: Int32 = 0, at place: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await box.shell(
            "export DOCKER_CONFIG=\(box.root)/config BUILDX_CONFIG=\(box.root)/buildx; cd \(box.root); \(line)",
            seconds: 120)
        #expect(answer.status == status, "\(answer)", sourceLocation: place)
        return answer.out + answer.err
    }

    private func write(_ box: Sandbox, _ files: [String: String]) throws {
        for (path, text) in files {
            let file = URL(fileURLWithPath: box.root + "/ctx/" + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    @Test("docker build with buildx, as it comes", .enabled(if: buildx != nil && Client.available.contains(.docker)))
    func build() async throws {
        try await withBuildx { box in
            try write(
                box,
                [
                    "Dockerfile": """
                    FROM busybox AS tools
                    RUN echo tool > /tool
                    FROM busybox
                    WORKDIR /app
                    COPY --from=tools /tool .
                    COPY . .
                    RUN --mount=type=secret,id=key cp /run/secrets/key /app/key
                    CMD cat /app/a /app/tool /app/key
                    """, "a": "a\n", ".dockerignore": "left-out\n", "left-out": "x",
                ])
            _ = try await run(box, "printf 'hush\\n' > key")
            let out = try await run(
                box,
                "docker build --progress=plain -t x:1 --secret id=key,src=key --iidfile iid --metadata-file facts ctx")
            for line in [
                "[internal] load build definition from Dockerfile", "[internal] load .dockerignore",
                "[internal] load metadata for docker.io/library/busybox:latest", "[internal] load build context",
                "[tools 2/2] RUN echo tool > /tool", "[stage-1 2/5] WORKDIR /app", "exporting to image",
                "naming to docker.io/library/x:1",
            ] {
                #expect(out.contains(line), "\(line) is missing in \(out)")
            }
            #expect(try await run(box, "docker run --rm x:1") == "a\ntool\nhush\n")
            #expect(try await run(box, "docker run --rm x:1 ls /app") == "Dockerfile\na\nkey\ntool\n")
            let id = try await run(box, "docker inspect -f '{{.Id}}' x:1")
            #expect(try await run(box, "cat iid").trimmingCharacters(in: .newlines) + "\n" == id)
            #expect(try await run(box, "cat facts").contains("\"containerimage.digest\""))
            let again = try await run(box, "docker build --progress=plain -t x:1 --secret id=key,src=key ctx")
            #expect(again.contains("CACHED"), "\(again)")
            #expect(try await run(box, "docker inspect -f '{{.Id}}' x:1") == id)
        }
    }

    @Test(
        "outputs: folder, tar, archives, a registry", .enabled(if: buildx != nil && Client.available.contains(.docker)))
    func outputs() async throws {
        let registry = try await LocalRegistry.shared.address
        try await withBuildx { box in
            try write(box, ["Dockerfile": "FROM scratch\nCOPY d /d\n", "d/a": "one", "d/e/b": "two"])
            _ = try await run(box, "ln -s a ctx/d/link; chmod 750 ctx/d/e; docker build -q -o type=local,dest=out ctx")
            #expect(
                try await run(box, "cat out/d/a out/d/e/b; readlink out/d/link; stat -c %a out/d/e") == "onetwoa\n750\n"
            )
            _ = try await run(box, "docker build -q -o type=tar,dest=out.tar ctx")
            #expect(try await run(box, "tar xOf out.tar d/e/b") == "two")
            _ = try await run(box, "docker build -q -t y:1 -o type=docker,dest=y.tar ctx && docker load -i y.tar")
            #expect(try await run(box, "docker images -q y:1 | wc -l") == "1\n")
            _ = try await run(box, "docker build -q -t y:2 -o type=oci,dest=oci.tar ctx")
            #expect(try await run(box, "tar tf oci.tar").contains("oci-layout"))
            _ = try await run(box, "docker build -q --push -t \(registry)/pushed:1 ctx")
            let listed = try await run(box, "curl -sf http://\(registry)/v2/pushed/tags/list")
            #expect(listed.contains("\"1\""), "\(listed)")
        }
    }

    @Test("failures show the Dockerfile's lines", .enabled(if: buildx != nil && Client.available.contains(.docker)))
    func failures() async throws {
        try await withBuildx { box in
            try write(box, ["Dockerfile": "FROM busybox\nRUN echo before; exit 7\n"])
            let out = try await run(box, "docker build --progress=plain ctx", status: 1)
            for text in [
                "process \"/bin/sh -c echo before; exit 7\" did not complete successfully: exit code: 7",
                "Dockerfile:2", ">>> RUN echo before; exit 7",
            ] {
                #expect(out.contains(text), "\(text) is missing in \(out)")
            }
            try write(box, ["Dockerfile": "FROM busybox\nCOPY nothing /\n"])
            let missing = try await run(box, "docker build --progress=plain ctx", status: 1)
            #expect(missing.contains("\"/nothing\": not found") && missing.contains(">>> COPY nothing /"), "\(missing)")
            let left = try await run(box, "ls data/builds/running")
            #expect(left.isEmpty, "\(left)")
        }
    }
}
