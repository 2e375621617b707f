import CLinux
import Fault
import JSON
import Linux

/// What a node shows when it joins (`ID.SECRET`, kubeadm's bootstrap tokens), beside the authority that it is to trust.
/// The control plane makes one at its first start and keeps it.
struct BootstrapToken: Sendable, Equatable {
    /// Whom the token's holders are as.
    static let group = "system:bootstrappers:kubeadm:default-node-token"

    let id: String
    let secretPart: String
    /// The cluster's authority, PEM.
    let trustPEM: String

    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")

    init(id: String, secretPart: String, trustPEM: String) {
        self.id = id
        self.secretPart = secretPart
        self.trustPEM = trustPEM
    }

    /// From `ID.SECRET:BASE64`, as `text` gives it.
    init(_ text: String) throws(Fault) {
        let halves = text.split(separator: ":")
        let parts = (halves.first ?? "").split(separator: ".")
        guard halves.count == 2, parts.count == 2, parts[0].count == 6, parts[1].count == 16,
            let trust = decodeBase64(String(halves[1]))
        else { throw Fault(.invalid, "--token isn't what the control plane gave out: ID.SECRET:AUTHORITY") }
        id = String(parts[0])
        secretPart = String(parts[1])
        trustPEM = String(decoding: trust, as: UTF8.self)
    }

    var value: String { "\(id).\(secretPart)" }
    var text: String { "\(value):\(encodeBase64(Array(trustPEM.utf8)))" }

    /// The one that the file holds, or a new one that it holds from now on.
    static func kept(in file: String, trustPEM: String) throws -> BootstrapToken {
        if let text = try? KernelFile.read(file), let known = try? BootstrapToken(text.filter { !$0.isNewline }) {
            return BootstrapToken(id: known.id, secretPart: known.secretPart, trustPEM: trustPEM)
        }
        var generator = SystemRandomNumberGenerator()
        func random(_ count: Int) -> String {
            String((0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
        }
        let token = BootstrapToken(id: random(6), secretPart: random(16), trustPEM: trustPEM)
        try KernelFile.replace(file, Array((token.text + "\n").utf8))
        return token
    }

    /// The object by which the API server knows it.
    var secret: JSON {
        [
            "apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token",
            "metadata": ["name": .string("bootstrap-token-\(id)"), "namespace": "kube-system"],
            "stringData": [
                "token-id": .string(id), "token-secret": .string(secretPart), "usage-bootstrap-authentication": "true",
                "usage-bootstrap-signing": "true", "auth-extra-groups": .string(Self.group),
            ],
        ]
    }
}
