import KubeModel
import NIOHTTP1

/// What a request shows of its sender.
package struct RequestCredentials: Sendable {
    /// The peer's certificates in DER, its own first; empty without TLS or a client certificate. Unverified.
    package var certificates: [[UInt8]] = []
    /// The `Authorization` header; nil without one.
    package var authorization: String?
    /// The values of `Sec-WebSocket-Protocol`, split at commas; only of upgrade requests.
    package var webSocketProtocols: [String] = []
    /// For front proxies to speak in.
    package var headers = HTTPHeaders()
    /// The path, which anonymous access may depend on.
    package var path: String

    package init(path: String) { self.path = path }
}

/// Who somebody is, and for which audiences the credential was meant.
package struct AuthenticatedUser: Sendable, Equatable {
    package var user: UserInfo
    /// Empty: the credential says nothing of audiences and holds for the server's own.
    package var audiences: [String] = []

    package init(user: UserInfo, audiences: [String] = []) {
        self.user = user
        self.audiences = audiences
    }
}

/// Why a credential was refused. The client hears `Unauthorized` only; the text is for the log and for TokenReview.
package struct CredentialFault: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Knows one kind of bearer token.
package protocol TokenAuthenticator: Sendable {
    /// Nil: the token isn't of this kind. Throws when it is but doesn't hold.
    /// - Parameter audiences: what the answer must be for; empty: the authenticator's own.
    func authenticate(token: String, audiences: [String]) async throws(CredentialFault) -> AuthenticatedUser?
}

/// Who may ask without any credential.
package enum AnonymousAccess: Sendable, Equatable {
    case refused
    case everywhere
    /// `anonymous.conditions` of an AuthenticationConfiguration.
    case paths(Set<String>)

    package static let healthAndVersion = AnonymousAccess.paths(["/livez", "/readyz", "/healthz", "/version"])
}

/// The whole chain: front proxy, client certificate, bearer tokens, nobody.
///
/// As in the original, a credential that doesn't hold is passed over when another one does, but with a bad credential
/// and no good one the request is refused even where anonymous requests are welcome.
package struct Authentication: Sendable {
    package enum Outcome: Sendable {
        case user(UserInfo, warnings: [String])
        /// 401; the text is for the log.
        case refused(String)
    }

    /// Nil: none is believed.
    package var frontProxy: FrontProxyAuthenticator?
    package var certificates: ClientCertificateAuthenticator?
    package var tokens: TokenChain
    package var anonymous: AnonymousAccess
    /// `--api-audiences`; by default the issuer.
    package var audiences: [String]

    package init(
        frontProxy: FrontProxyAuthenticator? = nil, certificates: ClientCertificateAuthenticator?, tokens: TokenChain,
        anonymous: AnonymousAccess,
        audiences: [String]
    ) {
        self.frontProxy = frontProxy
        self.certificates = certificates
        self.tokens = tokens
        self.anonymous = anonymous
        self.audiences = audiences
    }

    package func authenticate(_ request: RequestCredentials) async -> Outcome {
        var faults: [String] = []
        if let frontProxy, !request.certificates.isEmpty {
            do {
                if let user = try await frontProxy.authenticate(chain: request.certificates, request.headers) {
                    return .user(Self.withGroup(user), warnings: [])
                }
            } catch {
                faults.append(error.description)
            }
        }
        if let certificates, !request.certificates.isEmpty {
            do {
                if let user = try await certificates.authenticate(chain: request.certificates) {
                    return .user(Self.withGroup(user), warnings: [])
                }
            } catch {
                faults.append(error.description)
            }
        }
        var warnings: [String] = []
        if let token = BearerToken.find(request, warnings: &warnings) {
            do {
                if let found = try await tokens.authenticate(token: token, audiences: []) {
                    guard isAcceptable(found.audiences) else {
                        return .refused(
                            "unable to match the audience: \(GoText.list(found.audiences)) , accepted: "
                                + GoText.list(audiences))
                    }
                    return .user(Self.withGroup(found.user), warnings: warnings)
                }
                faults.append("invalid bearer token")
            } catch {
                faults.append(error.description)
            }
        }
        guard faults.isEmpty else { return .refused(GoText.aggregate(faults)) }
        switch anonymous {
        case .refused: return .refused("no credential")
        case .everywhere: return .user(.anonymous, warnings: warnings)
        case .paths(let paths):
            return paths.contains(request.path)
                ? .user(.anonymous, warnings: warnings) : .refused("no credential, and the path asks for one")
        }
    }

    private func isAcceptable(_ found: [String]) -> Bool {
        audiences.isEmpty || found.isEmpty || found.contains(where: audiences.contains)
    }

    /// Everybody who was recognized is of `system:authenticated`.
    static func withGroup(_ user: UserInfo) -> UserInfo {
        let marks = ["system:authenticated", "system:unauthenticated"]
        guard user.name != UserInfo.anonymous.name, !user.groups.contains(where: marks.contains) else { return user }
        var user = user
        user.groups.append("system:authenticated")
        return user
    }
}
