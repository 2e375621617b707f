import Foundation
import TestKit
import Testing

@testable import Kubelet

/// gRPC's health check against a server of gRPC's own library.
@Suite("gRPC probes", .serialized, .enabled(if: GRPCLibrary.isThere, "needs grpcio, which make test installs"))
struct HealthCallTests {
    private static let python = Repo.root + "/out/python/bin/python"

    /// Serves on any port of loopback, which it prints. With `--none` it knows no health.
    private static let program = """
        import sys, threading
        from concurrent import futures
        import grpc
        from grpc_health.v1 import health, health_pb2, health_pb2_grpc
        server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
        if "--none" not in sys.argv:
            states = health.HealthServicer()
            states.set("", health_pb2.HealthCheckResponse.SERVING)
            states.set("bad", health_pb2.HealthCheckResponse.NOT_SERVING)
            health_pb2_grpc.add_HealthServicer_to_server(states, server)
        print(server.add_insecure_port("127.0.0.1:0"), flush=True)
        server.start()
        threading.Event().wait()
        """

    private func with(_ arguments: [String] = [], _ body: (Int) async throws -> Void) async throws {
        let log = NSTemporaryDirectory() + "hako-grpc-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: log) }
        let server = try Service(
            [Self.python, "-c", Self.program] + arguments, environment: ["HOME": "/nonexistent"], logFile: log)
        defer { server.stop() }
        var port: Int?
        try await until("the server's port", seconds: 20) {
            port = server.log.split(separator: "\n").first.flatMap { Int($0) }
            return port != nil
        }
        try await body(try #require(port))
    }

    private func ask(_ port: Int, _ service: String = "", timeout: Double = 5) async -> ProbeAnswer {
        await HealthCall(
            host: "127.0.0.1", port: port, service: service, agent: "kube-probe/1.36", timeout: timeout
        ).ask()
    }

    @Test("a server tells of itself and of its services")
    func services() async throws {
        try await with { port in
            #expect(await ask(port) == .success)
            #expect(await ask(port, "bad") == .failure("service unhealthy (responded with \"NOT_SERVING\")"))
            guard case .failure(let text) = await ask(port, "nobody") else {
                Issue.record("a service that isn't there is well")
                return
            }
            #expect(text.hasPrefix("error: health rpc probe failed: rpc error: code = "), "\(text)")
        }
    }

    @Test("a server without the protocol, and none at all")
    func others() async throws {
        try await with(["--none"]) { port in
            guard case .failure(let text) = await ask(port) else {
                Issue.record("a server without health is well")
                return
            }
            #expect(
                text.hasPrefix(
                    "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): "),
                "\(text)")
        }
        let nobody = Int(try freePort())
        #expect(
            await ask(nobody)
                == .failure(
                    "error: failed to connect service at \"127.0.0.1:\(nobody)\": dial tcp 127.0.0.1:\(nobody): connect: connection refused"
                ))
    }
}

/// The Python library of gRPC that `make test` installs.
enum GRPCLibrary {
    static let isThere: Bool = {
        let folder = Repo.root + "/out/python/lib"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return versions.contains {
            FileManager.default.fileExists(atPath: "\(folder)/\($0)/site-packages/grpc_health")
        }
    }()
}
