import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Yams

/// The API server that a kubeconfig's current context names, and how to reach it.
struct Server: Sendable {
    let host: String
    let port: Int
    private let tls: NIOSSLContext?
    private let token: String?

    init(kubeconfig path: String) throws {
        guard let root = try Yams.compose(yaml: String(contentsOfFile: path, encoding: .utf8)) else {
            throw Failure("\(path) is empty")
        }
        func named(_ list: String, _ name: String?) throws -> Node {
            let found = root[list]?.sequence?.first { $0["name"]?.string == name }
            guard let found else { throw Failure("\(path) has no entry \(name ?? "") in \(list)") }
            return found
        }
        let context = try named("contexts", root["current-context"]?.string)["context"]
        let cluster = try named("clusters", context?["cluster"]?.string)["cluster"]
        let user = try named("users", context?["user"]?.string)["user"]
        guard let url = cluster?["server"]?.string.flatMap({ URL(string: $0) }), let host = url.host else {
            throw Failure("\(path) names no server")
        }
        self.host = host
        port = url.port ?? 443
        token = user?["token"]?.string
        func bytes(_ node: Node?, _ name: String) throws -> [UInt8]? {
            if let text = node?[name + "-data"]?.string {
                return Data(base64Encoded: text).map(Array.init)
            }
            guard let file = node?[name]?.string else { return nil }
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            return Array(try Data(contentsOf: URL(fileURLWithPath: file, relativeTo: folder)))
        }
        guard url.scheme == "https" else {
            tls = nil
            return
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = ["http/1.1"]
        if let authority = try bytes(cluster, "certificate-authority") {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authority))
        } else if cluster?["insecure-skip-tls-verify"]?.bool == true {
            configuration.certificateVerification = .none
        }
        if let certificate = try bytes(user, "client-certificate"), let key = try bytes(user, "client-key") {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
        }
        tls = try NIOSSLContext(configuration: configuration)
    }

    func connect(on loop: any EventLoop) async throws -> Client {
        let client = Client(host: "\(host):\(port)", token: token)
        let name = (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
        _ = try await ClientBootstrap(group: loop)
            .connectTimeout(.seconds(10))
            .channelInitializer { [tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name)) }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(client)
                }
            }.connect(host: host, port: port).get()
        return client
    }
}
