import Foundation
import TestKit
import Testing

@Suite("docker-py", .serialized)
struct DockerPyTests {
    /// A Python with the `docker` package from PyPI, made once by `make test`.
    static let python = Repo.root + "/out/python/bin/python"

    @Test("ordinary use through docker-py", .enabled(if: FileManager.default.isExecutableFile(atPath: python)))
    func ordinaryUse() async throws {
        let address = "tcp://127.0.0.1:\(try freePort())"
        try await Sandbox.with(daemonFlags: ["-H", address]) { box in
            let answer = try await box.shell(
                "DOCKER_TCP=\(address) \(Self.python) \(Repo.root)/Tests/SystemTests/Python/docker_py.py", seconds: 180)
            #expect(answer.status == 0, "\(answer)")
        }
    }

    @Test("ordinary use through Testcontainers", .enabled(if: FileManager.default.isExecutableFile(atPath: python)))
    func testcontainers() async throws {
        try await Sandbox.with { box in
            let answer = try await box.shell(
                "\(Self.python) \(Repo.root)/Tests/SystemTests/Python/testcontainers_use.py", seconds: 120)
            #expect(answer.status == 0, "\(answer)")
            #expect(try await box.ok("ps", "-aq") == "")
        }
    }
}
