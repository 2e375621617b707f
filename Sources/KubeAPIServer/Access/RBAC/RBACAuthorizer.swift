import KubeModel
import NIOConcurrencyHelpers

/// Decides by roles and bindings.
package final class RBACAuthorizer: Authorizer {
    private let reader: any ObjectReader
    private let current = NIOLockedValueBox<RoleIndex?>(nil)

    package init(_ reader: any ObjectReader) { self.reader = reader }

    /// To be called after every change of a role or binding: the next decision reads them anew.
    package func invalidate() { current.withLockedValue { $0 = nil } }

    var index: RoleIndex {
        // Built inside the lock, so that a change during the building isn't lost and no two requests build it.
        current.withLockedValue { index in
            if let index { return index }
            let made = RoleIndex(reader)
            index = made
            return made
        }
    }

    package func authorize(_ request: RequestAttributes) async -> AccessDecision {
        var allowed: String?
        var faults: [String] = []
        index.visit(request.user, namespace: request.namespace) { grant in
            guard let rules = grant.rules else {
                faults.append(grant.fault)
                return true
            }
            if rules.contains(where: { $0.allows(request) }) {
                allowed = "RBAC: allowed by \(grant.description)"
                return false
            }
            return true
        }
        if let allowed { return .allow(allowed) }
        return .noOpinion(faults.isEmpty ? "" : "RBAC: \(GoText.aggregate(faults))")
    }
}
