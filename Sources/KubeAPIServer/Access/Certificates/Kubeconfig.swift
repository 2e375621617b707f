import Fault
import JSON

/// A kubeconfig with everything embedded, as kubeadm's `admin.conf`.
package struct Kubeconfig: Sendable {
    package enum Credential: Sendable {
        case certificate(certificatePEM: String, keyPEM: String)
        case token(String)
    }

    /// `https://127.0.0.1:6443`.
    package var server: String
    package var trustPEM: String
    package var credential: Credential
    package var cluster = "kubernetes"
    package var user = "kubernetes-admin"

    package init(server: String, trustPEM: String, credential: Credential) {
        self.server = server
        self.trustPEM = trustPEM
        self.credential = credential
    }

    /// `https://HOST:PORT`, an IPv6 host in brackets.
    package static func server(host: String, port: Int) -> String {
        "https://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// YAML. Strings are written as JSON strings, which YAML reads alike.
    package var yaml: String {
        let context = "\(user)@\(cluster)"
        let secret: String =
            switch credential {
            case .certificate(let certificate, let key):
                "    client-certificate-data: \(base64(certificate))\n    client-key-data: \(base64(key))\n"
            case .token(let token): "    token: \(scalar(token))\n"
            }
        return """
            apiVersion: v1
            clusters:
            - cluster:
                certificate-authority-data: \(base64(trustPEM))
                server: \(server)
              name: \(scalar(cluster))
            contexts:
            - context:
                cluster: \(scalar(cluster))
                user: \(scalar(user))
              name: \(scalar(context))
            current-context: \(scalar(context))
            kind: Config
            preferences: {}
            users:
            - name: \(scalar(user))
              user:

            """ + secret
    }

    /// Replaces the file, readable by its owner only; makes its folder when needed.
    package func write(to path: String) throws(Fault) {
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try PrivateFile.makeFolder(String(path[..<slash]))
        }
        try PrivateFile.write(path, yaml, mode: 0o600)
    }

    private func base64(_ text: String) -> String { encodeBase64(Array(text.utf8)) }

    /// Bare where YAML reads it as the same string, else quoted.
    private func scalar(_ text: String) -> String {
        let isPlain =
            text.first.map { $0.isLetter && $0.isASCII } ?? false
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.@/".contains($0)) }
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        return isPlain ? text : JSON.string(text).text
    }
}
