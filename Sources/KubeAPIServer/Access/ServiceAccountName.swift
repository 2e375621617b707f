import KubeModel

/// The users that service accounts are: `system:serviceaccount:NAMESPACE:NAME`.
package struct ServiceAccountName: Sendable, Equatable {
    package let namespace: String, name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// Nil when the user is no service account.
    package init?(user: String) {
        let prefix = "system:serviceaccount:"
        guard user.hasPrefix(prefix) else { return nil }
        let parts = user.dropFirst(prefix.count).split(separator: ":", omittingEmptySubsequences: false).map(
            String.init)
        guard parts.count == 2, Names.dnsLabel(parts[0]).isEmpty, Names.dnsSubdomain(parts[1]).isEmpty else {
            return nil
        }
        self.init(namespace: parts[0], name: parts[1])
    }

    package var user: String { "system:serviceaccount:\(namespace):\(name)" }
    package var groups: [String] { ["system:serviceaccounts", "system:serviceaccounts:\(namespace)"] }
}

/// The users that kubelets are: `system:node:NAME` in the group `system:nodes`.
enum NodeName {
    static let group = "system:nodes"
    static let prefix = "system:node:"

    /// Nil when the user is no node; "" for a user whose name isn't that of a node.
    static func of(_ user: UserInfo) -> String? {
        guard user.name.hasPrefix(prefix), user.groups.contains(group) else { return nil }
        return String(user.name.dropFirst(prefix.count))
    }
}
