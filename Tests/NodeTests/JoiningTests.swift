import Controllers
import Fault
import Foundation
import JSON
import KubeAPIServer
import KubeClient
import KubeModel
import Logging
import NIOPosix
import Testing

@testable import Node

@Suite("joining a cluster", .serialized)
struct JoiningTests {
    private static let log = Logger(label: "test")

    private func withCluster(
        certificateSeconds: Int, _ body: (NodeSettings, RunningAPIServer) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "hako-joining-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder + "/node", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = APIServerConfiguration()
        configuration.dataFolder = folder
        configuration.bindAddress = "127.0.0.1"
        configuration.port = 0
        let server = try await RunningAPIServer.start(
            configuration, group: MultiThreadedEventLoopGroup.singleton, log: Self.log)
        let authority = try #require(server.signingAuthority)
        let token = try BootstrapToken.kept(in: folder + "/token", trustPEM: authority.certificatePEM)
        try await ClusterObjects.ensure(server.api(as: .administrator, manager: "test"), token: token)
        var wanted = ControllerSettings()
        wanted.authorityCertificatePEM = authority.certificatePEM
        wanted.authorityKeyPEM = authority.keyPEM
        wanted.certificateSeconds = certificateSeconds
        let controllers = ControllerManager(
            wanted, api: { server.api(as: ControlPlane.user($0), manager: "kube-controller-manager") }, log: Self.log,
            now: { wallClock() })
        let work = Task { await controllers.run() }
        var settings = NodeSettings()
        settings.name = "n1"
        settings.server = server.address
        settings.token = token.text
        settings.folder = folder + "/node"
        do { try await body(settings, server) } catch {
            work.cancel()
            await work.value
            await server.stop()
            throw error
        }
        work.cancel()
        await work.value
        await server.stop()
    }

    @Test("a token becomes a certificate, which a second start uses again")
    func joining() async throws {
        try await withCluster(certificateSeconds: 86_400) { settings, _ in
            let (api, credential) = try await Joining(settings, log: Self.log).join()
            #expect(credential.ends > wallClock() + 80_000)
            await #expect { _ = try await api.get(.nodes, "", "n1") } throws: { ($0 as? APIStatus)?.code == 404 }
            await #expect {
                _ = try await api.get(.secrets, "default", "others")
            } throws: {
                ($0 as? APIStatus)?.code == 403
            }
            let (_, again) = try await Joining(settings, log: Self.log).join()
            #expect(again == credential)
        }
    }

    @Test("a certificate is renewed while the node runs, and what it had before is worth nothing after its end")
    func renewal() async throws {
        try await withCluster(certificateSeconds: 4) { settings, _ in
            let joining = try Joining(settings, log: Self.log)
            let (api, first) = try await joining.join()
            let work = Task { await joining.keepFresh(api, first) }
            defer { work.cancel() }
            // Longer than two lives: without renewal every question would be refused by then.
            try await Task.sleep(for: .seconds(9))
            await #expect { _ = try await api.get(.nodes, "", "n1") } throws: { ($0 as? APIStatus)?.code == 404 }
            let kept = try #require(NodeCredential.kept(in: settings.folder + "/kubelet-client.pem"))
            #expect(kept.ends > first.ends && kept.keyPEM != first.keyPEM)
        }
    }
}
