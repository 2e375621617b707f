import KubeModel

/// The token authenticators in order.
///
/// As in the original one authenticator's fault doesn't end the search: a token that none takes is refused with all faults.
package struct TokenChain: Sendable {
    /// Longest token that is looked at, in bytes: bound tokens are below 2 KiB.
    package static let maximumBytes = 64 << 10

    private let authenticators: [any TokenAuthenticator]

    package init(_ authenticators: [any TokenAuthenticator]) { self.authenticators = authenticators }

    package func authenticate(token: String, audiences: [String]) async throws(CredentialFault) -> AuthenticatedUser? {
        guard token.utf8.count <= Self.maximumBytes else {
            throw CredentialFault("the token is longer than \(Self.maximumBytes) bytes")
        }
        var faults: [String] = []
        for authenticator in authenticators {
            do throws(CredentialFault) {
                if let found = try await authenticator.authenticate(token: token, audiences: audiences) { return found }
            } catch {
                faults.append(error.description)
            }
        }
        if !faults.isEmpty { throw CredentialFault(GoText.aggregate(faults)) }
        return nil
    }
}
