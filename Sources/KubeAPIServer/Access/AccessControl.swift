import Fault

/// kube-apiserver's flags about who may do what; each property names its own.
package struct AccessFlags: Sendable {
    /// Certificates, keys, and where they are (`--client-ca-file`, `--tls-cert-file`, `--tls-private-key-file`).
    package var certificates: ClusterPKI.Settings
    /// `--service-account-key-file`, given once or more.
    package var serviceAccountKeyFiles: [String] = []
    /// `--service-account-signing-key-file`.
    package var serviceAccountSigningKeyFile: String?
    /// `--service-account-issuer`; the first signs, all are believed.
    package var issuers = ["https://kubernetes.default.svc.cluster.local"]
    /// `--api-audiences`; empty: the issuers.
    package var audiences: [String] = []
    /// `--service-account-jwks-uri`; nil: under `externalAddress`.
    package var keysURL: String?
    /// `HOST:PORT` at which others reach the server.
    package var externalAddress: String
    /// `--service-account-max-token-expiration` in seconds; 0: none.
    package var maximumTokenSeconds = 0
    /// `--service-account-extend-token-expiration`.
    package var extendsTokenExpiration = true
    /// `--token-auth-file`.
    package var tokenFile: String?
    /// `--enable-bootstrap-token-auth`.
    package var allowsBootstrapTokens = true
    /// `--anonymous-auth`, or an AuthenticationConfiguration's conditions.
    package var anonymous = AnonymousAccess.healthAndVersion
    /// `--requestheader-…`.
    package var frontProxy = FrontProxyFlags()
    /// `--authorization-mode`.
    package var authorizationModes = ["Node", "RBAC"]

    package init(folder: String, externalAddress: String) {
        certificates = ClusterPKI.Settings(folder: folder)
        self.externalAddress = externalAddress
    }
}

/// Everything about who may do what, made of the flags: the parts that a request passes, in this order.
package struct AccessControl: Sendable {
    package let pki: ClusterPKI
    package let authentication: Authentication
    package let authorizer: AuthorizerChain
    package let impersonation: Impersonation
    /// For writes of roles and bindings, before they are stored.
    package let escalation: EscalationCheck
    package let accessReviews: AccessReviews
    package let identityReviews: IdentityReviews
    package let tokenRequests: TokenRequests
    /// Nil when the issuer has none.
    package let discovery: IssuerDiscovery?
    /// Sentences for the log.
    package let warnings: [String]

    private let rbac: RBACAuthorizer

    /// Reads and makes files; to be called once, at start.
    /// - Parameters:
    ///   - pki: nil: from the flags. Certificates are needed before the store is open, so they may have been made already.
    package static func prepare(_ flags: AccessFlags, reader: any ObjectReader, pki: ClusterPKI? = nil) throws(Fault)
        -> AccessControl
    {
        if let pki { return try AccessControl(flags, reader, pki) }
        return try AccessControl(flags, reader, try ClusterPKI.prepare(flags.certificates))
    }

    private init(_ flags: AccessFlags, _ reader: any ObjectReader, _ pki: ClusterPKI) throws(Fault) {
        guard let issuer = flags.issuers.first, !issuer.isEmpty else {
            throw Fault(.invalid, "--service-account-issuer is needed")
        }
        let audiences = flags.audiences.isEmpty ? flags.issuers : flags.audiences
        let keys = try ServiceAccountKeys.prepare(
            folder: flags.certificates.folder, keyFiles: flags.serviceAccountKeyFiles,
            signingKeyFile: flags.serviceAccountSigningKeyFile)
        var file: StaticTokenFile?
        if let path = flags.tokenFile { file = try StaticTokenFile(path: path) }
        var authenticators: [any TokenAuthenticator] = []
        if let file { authenticators.append(file) }
        authenticators.append(
            ServiceAccountTokens(
                keys: keys.believed, issuers: flags.issuers, implicitAudiences: audiences, reader: reader))
        if flags.allowsBootstrapTokens { authenticators.append(BootstrapTokens(reader: reader)) }
        let tokens = TokenChain(authenticators)

        rbac = RBACAuthorizer(reader)
        authorizer = try Self.authorizer(flags.authorizationModes, rbac, NodeAuthorizer(reader))
        impersonation = Impersonation(authorizer)
        escalation = EscalationCheck(rbac: rbac, authorizer: authorizer)
        accessReviews = AccessReviews(authorizer: authorizer, rbac: rbac)
        identityReviews = IdentityReviews(tokens: tokens, audiences: audiences)
        let proxies = try flags.frontProxy.checked()
        authentication = Authentication(
            frontProxy: FrontProxyAuthenticator(
                proxies, authorities: try PEM.certificates(pki.frontProxyPEM, of: pki.frontProxyAuthorityPath)),
            certificates: ClientCertificateAuthenticator(authorities: pki.clientAuthorities), tokens: tokens,
            anonymous: flags.anonymous, audiences: audiences)
        tokenRequests = TokenRequests(
            signer: keys.signer, issuer: issuer, audiences: audiences, reader: reader,
            maximumSeconds: flags.maximumTokenSeconds, extendsExpiration: flags.extendsTokenExpiration)
        discovery = IssuerDiscovery(
            issuer: issuer, keysURL: flags.keysURL, externalAddress: flags.externalAddress, keys: keys.believed)
        warnings = file?.warnings ?? []
        self.pki = pki
    }

    private static func authorizer(_ modes: [String], _ rbac: RBACAuthorizer, _ nodes: NodeAuthorizer) throws(Fault)
        -> AuthorizerChain
    {
        var chain: [any Authorizer] = [PrivilegedGroup()]
        for mode in modes {
            switch mode {
            case "RBAC": chain.append(rbac)
            case "Node": chain.append(nodes)
            case "AlwaysAllow": chain.append(EverybodyAllowed())
            case "AlwaysDeny": break
            default:
                throw Fault(
                    .invalid,
                    "\(mode) is no --authorization-mode: use Node, RBAC, AlwaysAllow or AlwaysDeny, with commas")
            }
        }
        return AuthorizerChain(chain)
    }

    /// To be called after every change of an object, of any kind, once the reader shows it.
    package func objectChanged(group: String, resource: String) {
        if group == RoleIndex.group { rbac.invalidate() }
    }
}

/// `--authorization-mode=AlwaysAllow`.
private struct EverybodyAllowed: Authorizer {
    func authorize(_ request: RequestAttributes) async -> AccessDecision { .allow("") }
}
