import Fault
import JSON
import KubeAPIServer
import KubeModel
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import SwiftASN1
import Wire
import X509

/// The kubelet's own HTTPS server: health, pods, figures, logs and streams for the API server, by the original's paths.
/// Who isn't the API server or an administrator gets nothing.
package final class KubeletServer: Sendable {
    package struct Certificates: Sendable {
        /// PEM files: the server's own chain and key, and the authorities of clients.
        package var certificate: String, key: String, clientAuthority: String

        package init(certificate: String, key: String, clientAuthority: String) {
            self.certificate = certificate
            self.key = key
            self.clientAuthority = clientAuthority
        }
    }

    /// Open connections.
    private static let connections = 1_024
    private static let trustedUser = "kube-apiserver-kubelet-client"
    private static let trustedGroups: Set<String> = ["system:masters", "kubeadm:cluster-admins"]

    private let http: HTTPServer
    private let files: Certificates

    package init(
        _ kubelet: Kubelet, _ files: Certificates, group: any EventLoopGroup, log: Logger
    ) throws {
        let text = NodeFiles.read(files.clientAuthority) ?? ""
        let authorities = try PEMDocument.parseMultiple(pemString: text).map { try Certificate(pemDocument: $0) }
        let clients = ClientCertificateAuthenticator(authorities: authorities)
        let routes = KubeletRoutes(kubelet)
        self.files = files
        http = HTTPServer(group: group, log: log, maximumConnections: Self.connections) { request, responder in
            guard await Self.isTrusted(request, clients) else {
                try? await responder.send(.unauthorized, HTTPHeaders(), ByteBuffer(string: "Unauthorized"))
                return
            }
            await routes.handle(request, responder)
        }
    }

    private static func isTrusted(_ request: HTTPRequest, _ clients: ClientCertificateAuthenticator) async -> Bool {
        guard !request.peer.certificates.isEmpty,
            let user = try? await clients.authenticate(chain: request.peer.certificates)
        else { return false }
        return user.name == trustedUser || !trustedGroups.isDisjoint(with: user.groups)
    }

    /// - Parameter port: 0: any free one.
    /// - Returns: the port.
    package func listen(host: String, port: Int) async throws -> Int {
        let files = files
        let endpoint = try await http.listenSecurely(host: host, port: port) {
            // Read anew, since certificates are renewed while it runs.
            var settings = try TLSConfiguration.server(certificate: files.certificate, key: files.key)
            // Certificates are asked for here and judged when a request comes.
            settings.certificateVerification = .optionalVerification
            settings.trustRoots = .file(files.clientAuthority)
            return try NIOSSLContext(configuration: settings)
        }
        guard case .tcp(_, let port) = endpoint else { throw Fault(.internalFault, "no TCP endpoint") }
        return port
    }

    package func shutdown() async { await http.shutdown(patience: .seconds(1)) }
}
