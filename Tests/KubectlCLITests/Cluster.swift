import Foundation
import KubeAPIServer
import KubeClient
import Logging
import NIOPosix

/// A whole server in this process, and its administrator's kubeconfig.
struct Cluster {
    let environment: [String: String]

    static func with(_ body: (Cluster) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "hako-kubectl-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = APIServerConfiguration()
        configuration.dataFolder = folder
        configuration.bindAddress = "127.0.0.1"
        configuration.port = 0
        configuration.admissionOff = ["ServiceAccount"]
        let running = try await RunningAPIServer.start(
            configuration, group: MultiThreadedEventLoopGroup.singleton, log: Logger(label: "test"))
        let config = """
            apiVersion: v1
            kind: Config
            current-context: c
            clusters: [{name: c, cluster: {server: "\(running.address)", certificate-authority: pki/ca.crt}}]
            users: [{name: u, user: {client-certificate: pki/admin.crt, client-key: pki/admin.key}}]
            contexts: [{name: c, context: {cluster: c, user: u}}]
            """
        try config.write(toFile: folder + "/config", atomically: true, encoding: .utf8)
        do {
            try await body(Cluster(environment: ["KUBECONFIG": folder + "/config", "HOME": folder]))
            await running.stop()
        } catch {
            await running.stop()
            throw error
        }
    }

    func connection() throws -> KubeConnection {
        KubeConnection(try ClusterTarget(try Kubeconfig.load(environment)), agent: "test")
    }

    func run(_ words: String..., input: String = "") async -> Printed {
        await Printed.run(words, environment: environment, input: input)
    }
}
