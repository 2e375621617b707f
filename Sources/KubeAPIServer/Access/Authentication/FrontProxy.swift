import Fault
import JSON
import KubeModel
import NIOHTTP1
import X509

/// `--requestheader-…`: which proxies may say in headers whom they ask for. Without `--requestheader-client-ca-file` the
/// cluster's own front-proxy authority is believed, with the headers that kubeadm sets.
package struct FrontProxyFlags: Sendable {
    /// PEM file; "": our own.
    package var authorityFile = ""
    /// Common names; empty: any that the authority has signed.
    package var allowedNames: [String] = []
    package var usernameHeaders: [String] = []
    package var uidHeaders: [String] = []
    package var groupHeaders: [String] = []
    package var extraPrefixes: [String] = []

    package init() {}

    /// What holds once the defaults are filled in.
    var settled: FrontProxyFlags {
        guard authorityFile.isEmpty else { return self }
        var flags = self
        if flags.allowedNames.isEmpty { flags.allowedNames = ["front-proxy-client"] }
        if flags.usernameHeaders.isEmpty { flags.usernameHeaders = ["X-Remote-User"] }
        if flags.groupHeaders.isEmpty { flags.groupHeaders = ["X-Remote-Group"] }
        if flags.extraPrefixes.isEmpty { flags.extraPrefixes = ["X-Remote-Extra-"] }
        return flags
    }

    /// Throws for a header without a name.
    func checked() throws(Fault) -> FrontProxyFlags {
        for (flag, names) in [
            ("username-headers", usernameHeaders), ("uid-headers", uidHeaders), ("group-headers", groupHeaders),
            ("extra-headers-prefix", extraPrefixes),
        ] where names.contains(where: { $0.allSatisfy(\.isWhitespace) }) {
            throw Fault(.invalid, "--requestheader-\(flag): empty header \"\"")
        }
        return settled
    }

    var headers: FrontProxyHeaders { FrontProxyHeaders(settled) }

    /// What the ConfigMap `kube-system/extension-apiserver-authentication` says of them.
    func published(_ authorityPEM: String) -> [String: String] {
        let flags = settled
        func list(_ names: [String]) -> String { JSON(names).text }
        let all = [
            "requestheader-client-ca-file": authorityPEM,
            "requestheader-allowed-names": list(flags.allowedNames),
            "requestheader-username-headers": list(flags.usernameHeaders),
            "requestheader-uid-headers": list(flags.uidHeaders),
            "requestheader-group-headers": list(flags.groupHeaders),
            "requestheader-extra-headers-prefix": list(flags.extraPrefixes),
        ]
        // As the original: of all lists this one is told only when there is something in it.
        return all.filter { $0.key != "requestheader-uid-headers" || !flags.uidHeaders.isEmpty }
    }
}

/// The headers by which a front proxy tells of a user; names in lower case.
package struct FrontProxyHeaders: Sendable {
    private let usernames: [String], uids: [String], groups: [String], prefixes: [String]

    init(_ flags: FrontProxyFlags) {
        usernames = flags.usernameHeaders.map { $0.lowercased() }
        uids = flags.uidHeaders.map { $0.lowercased() }
        groups = flags.groupHeaders.map { $0.lowercased() }
        prefixes = flags.extraPrefixes.map { $0.lowercased() }
    }

    /// Whether the header, in lower case, is one of them.
    func contains(_ name: String) -> Bool {
        usernames.contains(name) || uids.contains(name) || groups.contains(name)
            || prefixes.contains { name.hasPrefix($0) }
    }

    /// Whether they name anybody, which those of most requests don't.
    func areUsed(in headers: HTTPHeaders) -> Bool {
        usernames.contains { headers[$0].contains { !$0.isEmpty } }
    }

    /// Nil when they name nobody.
    func user(_ headers: HTTPHeaders) -> UserInfo? {
        func values(_ names: [String]) -> [String] { names.flatMap { headers[$0].filter { !$0.isEmpty } } }
        guard let name = values(usernames).first else { return nil }
        var user = UserInfo(name: name, uid: values(uids).first ?? "", groups: values(groups))
        for prefix in prefixes {
            for (name, value) in headers where name.lowercased().hasPrefix(prefix) {
                let key = ImpersonationHeaders.unescape(String(name.lowercased().dropFirst(prefix.count)))
                user.extra[key, default: []].append(value)
            }
        }
        return user
    }
}

/// Believes what a front proxy says in headers, once its certificate shows that it is one.
package struct FrontProxyAuthenticator: Sendable {
    private let certificates: ClientCertificateAuthenticator
    private let allowedNames: [String]
    private let headers: FrontProxyHeaders

    package init(_ flags: FrontProxyFlags, authorities: [Certificate]) {
        certificates = ClientCertificateAuthenticator(authorities: authorities)
        allowedNames = flags.allowedNames
        headers = FrontProxyHeaders(flags)
    }

    /// Nil when the headers name nobody; then the certificate, which is dear to check, isn't looked at. Throws for a
    /// certificate of somebody else.
    func authenticate(chain: [[UInt8]], _ sent: HTTPHeaders) async throws(CredentialFault) -> UserInfo? {
        guard headers.areUsed(in: sent) else { return nil }
        let name = try await certificates.authenticate(chain: chain)?.name ?? ""
        guard allowedNames.isEmpty || allowedNames.contains(name) else {
            throw CredentialFault("x509: subject with cn=\(name) is not in the allowed list")
        }
        return headers.user(sent)
    }
}
