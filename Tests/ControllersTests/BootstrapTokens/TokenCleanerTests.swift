import JSON
import KubeClient
import KubeModel
import Testing

@testable import Controllers

@Suite struct TokenCleanerTests {
    static func token(_ name: String, _ expiration: String) -> JSON {
        [
            "apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token",
            "metadata": ["name": .string("bootstrap-token-\(name)"), "namespace": "kube-system"],
            "data": [
                "token-id": .string(encodeBase64(Array(name.utf8))),
                "token-secret": .string(encodeBase64(Array("0123456789abcdef".utf8))),
                "expiration": .string(encodeBase64(Array(expiration.utf8))),
            ],
        ]
    }

    @Test("a token without an end stays; one whose end can't be read has ended")
    func expiry() {
        #expect(TokenCleaner.expiry(Self.token("a", "2026-01-01T00:00:00Z")) == 1_767_225_600)
        #expect(TokenCleaner.expiry(Self.token("a", "soon")) == 0)
        #expect(TokenCleaner.expiry(["data": [:]]) == nil)
    }

    @Test("tokens go when their time is over")
    func cleans() async throws {
        try await TestCluster.with { cluster in
            let soon = Timestamp(cluster.now() + 2).text
            try await cluster.api.create(.secrets, Self.token("aaaaaa", "2026-01-01T00:00:00Z"))
            try await cluster.api.create(.secrets, Self.token("bbbbbb", soon))
            try await cluster.api.create(.secrets, Self.token("cccccc", "2099-01-01T00:00:00Z"))
            try await cluster.until("one left", .secrets, "kube-system") { secrets in
                secrets.filter { $0.text("type") == "bootstrap.kubernetes.io/token" }.map(\.objectName)
                    == ["bootstrap-token-cccccc"]
            }
        }
    }
}
