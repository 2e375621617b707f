import Fault
import JSON
import KubeModel
import KubeStorage
import Logging
import NIOCore
import Wire

/// A server with its store and its socket: what `hako apiserver` is.
package final class RunningAPIServer: Sendable {
    /// `https://127.0.0.1:6443`.
    package let address: String
    private let server: APIServer
    private let http: HTTPServer
    private let storage: SQLiteStorage
    private let identity: ServingIdentity
    private let background: [Task<Void, Never>]

    /// Open connections; upstream has no limit, but a machine has one.
    private static let connections = 16_384

    private init(
        address: String, server: APIServer, http: HTTPServer, storage: SQLiteStorage,
        identity: ServingIdentity, background: [Task<Void, Never>]
    ) {
        self.address = address
        self.server = server
        self.http = http
        self.storage = storage
        self.identity = identity
        self.background = background
    }

    /// - Parameter node: who runs the pods; nobody yet, where nodes join later.
    package static func start(
        _ configuration: APIServerConfiguration, group: any EventLoopGroup, node: any NodeInterface = NoNodes(),
        log: Logger
    ) async throws -> RunningAPIServer {
        let storage = try SQLiteStorage(folder: configuration.dataFolder, log: log)
        do {
            let pki = try ClusterPKI.prepare(configuration.pki)
            let assembly = try await Assembly.make(configuration, storage, pki, node, group, log)
            let identity = try ServingIdentity(pki, configuration.pki, log: log)
            let http = HTTPServer(group: group, log: log, maximumConnections: connections, onLoops: true) {
                await assembly.server.handle($0, $1)
            }
            let endpoint = try await http.listenSecurely(
                host: configuration.bindAddress, port: configuration.port, context: { identity.context })
            guard case .tcp(_, let port) = endpoint else { throw Fault(.internalFault, "no TCP endpoint") }
            let background = await assembly.begin(port: port)
            let host = configuration.reachableAddress
            return RunningAPIServer(
                address: Kubeconfig.server(host: host, port: port), server: assembly.server, http: http,
                storage: storage, identity: identity, background: background + [Task { await identity.keepFresh() }])
        } catch {
            await storage.close()
            throw error
        }
    }

    package func writeKubeconfig(to path: String) throws {
        let pki = identity.pki
        guard let administrator = pki.administrator else {
            throw Fault(
                .invalid,
                "no kubeconfig can be written to \(path): with --client-ca-file the authority's key is not ours")
        }
        let credential = Kubeconfig.Credential.certificate(
            certificatePEM: administrator.certificatePEM, keyPEM: administrator.keyPEM)
        try Kubeconfig(server: address, trustPEM: pki.trustPEM, credential: credential).write(to: path)
    }

    /// Who signs certificate requests; nil when the authority's key is kept elsewhere.
    package var signingAuthority: CertifiedKey? { identity.pki.authority?.pair }

    /// Called whenever certificates have been made anew while the server runs: what was written of them is old then.
    package func observeRenewal(_ work: @escaping @Sendable () -> Void) { identity.observe(work) }

    /// For a component of this process.
    /// - Parameters:
    ///   - user: whom its requests are authorized as.
    ///   - manager: to whom its changes are ascribed.
    package func api(as user: UserInfo, manager: String) -> LocalAPI {
        LocalAPI(server, user: user, manager: manager)
    }

    package func stop() async {
        for task in background { task.cancel() }
        await http.shutdown(patience: .seconds(1))
        await storage.close()
    }
}
