/// Authorizers in order: the first with an opinion decides.
package struct AuthorizerChain: Authorizer {
    private let authorizers: [any Authorizer]

    package init(_ authorizers: [any Authorizer]) { self.authorizers = authorizers }

    package func authorize(_ request: RequestAttributes) async -> AccessDecision {
        var reasons: [String] = []
        for authorizer in authorizers {
            switch await authorizer.authorize(request) {
            case .allow(let reason): return .allow(reason)
            case .deny(let reason): return .deny(reason)
            case .noOpinion(let reason): if !reason.isEmpty { reasons.append(reason) }
            }
        }
        return .noOpinion(reasons.joined(separator: "\n"))
    }
}

/// Lets the members of `system:masters` do everything, whatever the roles say: the way back in when those are broken.
package struct PrivilegedGroup: Authorizer {
    static let group = "system:masters"

    package init() {}

    package func authorize(_ request: RequestAttributes) async -> AccessDecision {
        request.user.groups.contains(Self.group) ? .allow("") : .noOpinion("")
    }
}
