import Foundation
import NIOConcurrencyHelpers
import NIOHTTP1
import NIOPosix
import Testing
import Wire

@testable import KubeAPIServer

@Suite("certificates of a server that runs", .serialized)
struct CertificateRenewalTests {
    private static func certificate(_ server: TestServer, _ name: String) throws -> String {
        try String(contentsOfFile: "\(server.folder)/pki/\(name).crt", encoding: .utf8)
    }

    @Test("they are made anew before they end, and who watches is told")
    func renewal() async throws {
        try await TestServer.with {
            $0.certificateSeconds = 6
            $0.renewedWithinSeconds = 3
        } _: { server in
            let told = NIOLockedValueBox(0)
            server.running.observeRenewal { told.withLockedValue { $0 += 1 } }
            let names = ["apiserver", "admin", "apiserver-kubelet-client", "front-proxy-client"]
            let before = try names.map { try Self.certificate(server, $0) }
            // Longer than the first ones live.
            try await Task.sleep(for: .seconds(8))
            for (name, old) in zip(names, before) { #expect(try Self.certificate(server, name) != old, "\(name)") }
            #expect(told.withLockedValue { $0 } > 0)
            let client = HTTPClient(
                server.endpoint, tls: TestServer.files(server.folder, "admin"),
                group: MultiThreadedEventLoopGroup.singleton)
            let answer = try await client.send(.GET, "/api/v1/namespaces")
            #expect(answer.status == .ok)
            _ = try await answer.body(upTo: 1 << 20)
            await client.shutdown()
        }
    }

    @Test("certificates that last are left alone")
    func rest() async throws {
        try await TestServer.with { server in
            let before = try Self.certificate(server, "apiserver")
            let told = NIOLockedValueBox(0)
            server.running.observeRenewal { told.withLockedValue { $0 += 1 } }
            try await Task.sleep(for: .milliseconds(1_200))
            #expect(told.withLockedValue { $0 } == 0)
            #expect(try Self.certificate(server, "apiserver") == before)
        }
    }
}
