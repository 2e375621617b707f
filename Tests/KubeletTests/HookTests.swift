import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing
import Wire

@testable import Kubelet

@Suite("hooks before the end, in all their forms")
struct HookTests {
    private func pod(_ hook: JSON) -> JSON {
        [
            "containers": [["name": "web", "image": "web:1", "lifecycle": ["preStop": hook]]],
            "terminationGracePeriodSeconds": 10,
        ]
    }

    /// How long the pod's end took, from its deletion on.
    private func end(_ hook: JSON) async throws -> Duration {
        let took = NIOLockedValueBox(Duration.zero)
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine) { _ in
                try await node.make("a", pod(hook))
                try await node.until("running", "a") { $0["status"]["phase"] == "Running" }
                let start = ContinuousClock.now
                try await node.api.delete(.pods, "default", "a", ["gracePeriodSeconds": 10])
                try await node.until("gone", "a") { $0.isNull }
                let passed = ContinuousClock.now - start
                took.withLockedValue { $0 = passed }
                #expect(await engine.stops.contains { $0.name == "web" })
            }
        }
        return took.withLockedValue { $0 }
    }

    @Test("a pause is kept before the container is stopped")
    func sleep() async throws {
        let took = try await end(["sleep": ["seconds": 1]])
        #expect(took >= .seconds(1) && took < .seconds(8), "\(took)")
    }

    @Test("a request is sent to the place that it names, with its headers")
    func request() async throws {
        let seen = NIOLockedValueBox<[String]>([])
        let server = HTTPServer(group: HTTPClient.sharedLoop, log: Logger(label: "test")) { request, responder in
            seen.withLockedValue { $0.append("\(request.path) \(request.headers.first(name: "x-why") ?? "")") }
            try? await responder.send(.ok, [:], ByteBuffer())
        }
        guard case .tcp(_, let port) = try await server.listen(on: .tcp(host: "127.0.0.1", port: 0)) else { return }
        let took = try await end([
            "httpGet": [
                "host": "127.0.0.1", "port": .init(port), "path": "/bye",
                "httpHeaders": [["name": "X-Why", "value": "stop"]],
            ]
        ])
        await server.shutdown(patience: .zero)
        #expect(seen.withLockedValue { $0 } == ["/bye stop"])
        #expect(took < .seconds(8), "\(took)")
    }
}
