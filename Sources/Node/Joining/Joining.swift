import Fault
import JSON
import KubeClient
import KubeModel
import Logging
import Wire

/// How a node comes to a credential of its own: with the token that the control plane gave out it asks for a
/// certificate, which the cluster's controllers approve and sign; with that it renews it.
struct Joining: Sendable {
    private let settings: NodeSettings
    private let token: BootstrapToken
    private let log: Logger

    private static let requests = ResourceID.certificateSigningRequests
    /// How long the cluster may take to sign, in seconds; after that the node asks anew.
    private static let patience = 30
    /// Between tries when the control plane can't be reached, doubled up to the most.
    private static let firstPause = Duration.milliseconds(100), longestPause = Duration.seconds(10)

    init(_ settings: NodeSettings, log: Logger) throws(Fault) {
        self.settings = settings
        token = try BootstrapToken(settings.token)
        self.log = log
    }

    private var file: String { settings.folder + "/kubelet-client.pem" }

    /// The cluster's authority, PEM.
    var trustPEM: String { token.trustPEM }

    /// Returns when the node has a credential that is valid now.
    func join() async throws -> (api: JoinedAPI, credential: NodeCredential) {
        if let kept = NodeCredential.kept(in: file), kept.ends > wallClock() {
            return (JoinedAPI(try api(of: kept)), kept)
        }
        let guest = try api(ClusterTarget.Credential.token(token.value), nil)
        var pause = Self.firstPause
        while true {
            do {
                let credential = try await ask(guest)
                return (JoinedAPI(try api(of: credential)), credential)
            } catch {
                try Task.checkCancellation()
                log.warning("joining \(settings.server) is tried again: \(sentence(error))")
                try await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    /// Renews the credential before it ends, until its task is cancelled.
    func keepFresh(_ api: JoinedAPI, _ first: NodeCredential) async {
        var credential = first
        while !Task.isCancelled {
            let wait = max(credential.renewal - wallClock(), 1)
            do {
                try await Task.sleep(for: .seconds(wait))
                credential = try await ask(api)
                api.use(try self.api(of: credential))
            } catch {
                if Task.isCancelled { return }
                log.warning("the node's certificate can't be renewed yet: \(sentence(error))")
                try? await Task.sleep(for: Self.longestPause)
            }
        }
    }

    // MARK: Asking

    private func ask(_ api: any ObjectAPI) async throws -> NodeCredential {
        let request = try CredentialRequest(node: settings.name)
        let object: JSON = [
            "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
            "metadata": ["generateName": "csr-"],
            "spec": [
                "request": .string(encodeBase64(Array(request.requestPEM.utf8))),
                "signerName": "kubernetes.io/kube-apiserver-client-kubelet",
                "usages": ["digital signature", "client auth"],
            ],
        ]
        let made = try await api.create(Self.requests, object)
        let signed = try await certificate(of: made, api)
        let credential = try NodeCredential(certificatePEM: signed, keyPEM: request.keyPEM)
        try credential.keep(in: file)
        return credential
    }

    private func certificate(of request: JSON, _ api: any ObjectAPI) async throws -> String {
        let name = ObjectKey(request).name
        return try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                let watch = try await api.watch(
                    Self.requests, "", ObjectSelection(fields: "metadata.name=\(name)"),
                    after: request["metadata"]["resourceVersion"].string ?? "")
                for try await events in watch {
                    for case .modified(let object) in events {
                        if let found = Self.certificate(in: object) { return found }
                        if let why = Self.refusal(in: object) { throw Fault(.denied, why) }
                    }
                }
                return nil
            }
            group.addTask {
                try await Task.sleep(for: .seconds(Self.patience))
                return nil
            }
            defer { group.cancelAll() }
            guard let found = try await group.next() ?? nil else {
                throw Fault(.unavailable, "request \(name) wasn't signed in \(Self.patience) s")
            }
            return found
        }
    }

    private static func certificate(in request: JSON) -> String? {
        guard let text = request["status"]["certificate"].string, let bytes = decodeBase64(text) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func refusal(in request: JSON) -> String? {
        (request["status"]["conditions"].array ?? []).first { ["Denied", "Failed"].contains($0["type"].string ?? "") }
            .map { "the cluster refused the node's certificate: \($0["message"].string ?? "")" }
    }

    // MARK: Connections

    private func api(of credential: NodeCredential) throws -> RemoteAPI { try api(.none, credential) }

    private func api(_ credential: ClusterTarget.Credential, _ certificate: NodeCredential?) throws -> RemoteAPI {
        var material = TLSMaterial(authority: Array(token.trustPEM.utf8))
        if let certificate {
            material.certificate = Array(certificate.certificatePEM.utf8)
            material.key = Array(certificate.keyPEM.utf8)
        }
        let target = try ClusterTarget(server: settings.server, tls: material, credential: credential)
        return RemoteAPI(KubeConnection(target, agent: "kubelet/v1.36.0 (linux/amd64) hako"), manager: "kubelet")
    }
}
