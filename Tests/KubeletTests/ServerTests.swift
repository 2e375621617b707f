import Foundation
import JSON
import KubeAPIServer
import KubeClient
import KubeModel
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import TestKit
import Testing
import Wire

@testable import Kubelet

@Suite("the kubelet's own server")
struct ServerTests {
    private func serve(
        _ engine: FakeEngine, _ body: @Sendable (TestNode, Kubelet, RemotePods, JSON, Int) async throws -> Void
    ) async throws {
        try await TestNode.with { node in
            let pki = node.folder + "/api/pki"
            let listener = Int(try freePort())
            try await node.kubelet(
                engine,
                {
                    $0.addresses = ["127.0.0.1"]
                    $0.port = listener
                }
            ) { kubelet in
                let files = KubeletServer.Certificates(
                    certificate: pki + "/apiserver.crt", key: pki + "/apiserver.key", clientAuthority: pki + "/ca.crt")
                let server = try KubeletServer(
                    kubelet, files, group: MultiThreadedEventLoopGroup.singleton, log: Logger(label: "test"))
                let port = try await server.listen(host: "127.0.0.1", port: listener)
                let remote = RemotePods(
                    node.api, certificate: pki + "/apiserver-kubelet-client.crt",
                    key: pki + "/apiserver-kubelet-client.key")
                try await node.make("a", ["containers": [["name": "web", "image": "web:1"]]])
                let pod = try await node.until("running", "a") { $0["status"]["phase"] == "Running" }
                try await body(node, kubelet, remote, pod, port)
                await server.shutdown()
            }
        }
    }

    @Test("logs and commands of another node's pod go through its server")
    func remote() async throws {
        let engine = FakeEngine(images: ["web:1"])
        await engine.change { $0.commands["greet you"] = (3, "hello\n") }
        try await serve(engine) { _, _, remote, pod, _ in
            if let id = await engine.newest("web")?.id { await engine.write("line", id) }
            var log = ""
            for try await piece in try await remote.log(of: pod, PodLogOptions(container: "web")) {
                log += String(buffer: piece)
            }
            #expect(log == "line\n")
            var options = PodStreamOptions(container: "web")
            options.command = ["greet", "you"]
            options.givesOutput = true
            let streams = KeptStreams()
            #expect(try await remote.exec(in: pod, options, streams) == .exited(3))
            #expect(streams.output == "hello\n\n")
            var previous = PodLogOptions(container: "web")
            previous.isPrevious = true
            let refused = await #expect(throws: APIStatus.self) { try await remote.log(of: pod, previous) }
            #expect(refused?.code == 400)
            #expect(refused?.message == "previous terminated container \"web\" in pod \"a\" not found")
        }
    }

    @Test("strangers get nothing; administrators see pods and health")
    func access() async throws {
        try await serve(FakeEngine(images: ["web:1"])) { node, _, _, _, port in
            let pki = node.folder + "/api/pki"
            func get(_ path: String, _ certificate: String?) async throws -> (Int, String) {
                let tls = TLSFiles(
                    authority: nil, certificate: certificate.map { "\(pki)/\($0).crt" },
                    key: certificate.map { "\(pki)/\($0).key" }, verify: false)
                let client = HTTPClient(.tcp(host: "127.0.0.1", port: port), tls: tls)
                let answer = try await client.send(.GET, path)
                let body = String(buffer: try await answer.body())
                await client.shutdown()
                return (Int(answer.status.code), body)
            }
            #expect(try await get("/healthz", nil).0 == 401)
            #expect(try await get("/healthz", "admin") == (200, "ok"))
            let pods = try JSON(parsing: try await get("/pods", "admin").1)
            #expect(pods["items"][0]["status"]["phase"] == "Running")
            #expect(try await get("/metrics/resource", "admin").1.contains("node_memory_working_set_bytes "))
            #expect(try await get("/nonsense", "admin").0 == 404)
        }
    }
}
