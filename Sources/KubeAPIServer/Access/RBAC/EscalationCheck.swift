import JSON
import KubeModel

/// Keeps users from granting what they don't have: who writes a role must hold its rules or be allowed to `escalate`,
/// who writes a binding must hold the role's rules or be allowed to `bind` it.
package struct EscalationCheck: Sendable {
    private let rbac: RBACAuthorizer
    /// The server's whole chain: `escalate` and `bind` may come from any authorizer.
    private let authorizer: any Authorizer

    package init(rbac: RBACAuthorizer, authorizer: any Authorizer) {
        self.rbac = rbac
        self.authorizer = authorizer
    }

    /// To be called for a write of the four kinds before it is stored; nothing to do for others.
    /// - Parameters:
    ///   - object: as it would be stored.
    ///   - old: what is stored; null for a creation.
    ///   - requestName: the name in the request's path; "" for a creation.
    package func check(
        resource: String, object: JSON, old: JSON, user: UserInfo, namespace: String, requestName: String
    ) async throws(APIStatus) {
        if user.groups.contains(PrivilegedGroup.group) { return }
        switch resource {
        case "roles", "clusterroles":
            try await checkRole(resource, object, old, user, namespace, requestName)
        case "rolebindings", "clusterrolebindings":
            try await checkBinding(resource, object, old, user, namespace)
        default: return
        }
    }

    private func checkRole(
        _ resource: String, _ object: JSON, _ old: JSON, _ user: UserInfo, _ namespace: String, _ requestName: String
    ) async throws(APIStatus) {
        if await may("escalate", resource, requestName, user, namespace) { return }
        if Self.changesOnlyReferences(object, old) { return }
        let name = object["metadata", "name"].string ?? ""
        try confirm(PolicyRule.list(object), user, namespace, resource, name)
        guard resource == "clusterroles", Self.aggregates(object) || Self.aggregates(old) else { return }
        let everything = [
            PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"]), PolicyRule(verbs: ["*"], urls: ["*"]),
        ]
        if missing(everything, user, namespace).rules?.isEmpty != true {
            throw Forbidden.status(
                group: RoleIndex.group, resource: resource, name: name,
                "must have cluster-admin privileges to use the aggregationRule")
        }
    }

    private func checkBinding(
        _ resource: String, _ object: JSON, _ old: JSON, _ user: UserInfo, _ namespace: String
    ) async throws(APIStatus) {
        if Self.changesOnlyReferences(object, old) { return }
        let kind = object["roleRef", "kind"].string ?? "", role = object["roleRef", "name"].string ?? ""
        let plural = kind == "ClusterRole" ? "clusterroles" : "roles"
        let isKnown = kind == "ClusterRole" || kind == "Role"
        if isKnown, await may("bind", plural, role, user, namespace) { return }
        guard let rules = rbac.index.rules(kind: kind, name: role, namespace: namespace).rules else {
            guard isKnown else {
                throw APIStatus.internalError("unsupported role reference kind: \(GoText.quoted(kind))")
            }
            let singular = kind == "ClusterRole" ? "clusterrole" : "role"
            throw APIStatus(
                code: 404, reason: "NotFound",
                message: "\(singular).\(RoleIndex.group) \(GoText.quoted(role)) not found",
                details: ["name": .string(role), "group": .string(RoleIndex.group), "kind": .string(singular)])
        }
        try confirm(rules, user, namespace, resource, object["metadata", "name"].string ?? "")
    }

    private func may(_ verb: String, _ resource: String, _ name: String, _ user: UserInfo, _ namespace: String) async
        -> Bool
    {
        var request = RequestAttributes(user: user, verb: verb, isResource: true)
        request.group = RoleIndex.group
        request.version = "*"
        request.resource = resource
        request.name = name
        request.namespace = namespace
        if case .allow = await authorizer.authorize(request) { return true }
        return false
    }

    private func missing(_ wanted: [PolicyRule], _ user: UserInfo, _ namespace: String) -> (
        rules: [PolicyRule]?, faults: [String]
    ) {
        let held = rbac.index.rules(of: user, namespace: namespace)
        return (RuleCoverage.missing(wanted, in: held.rules), held.faults)
    }

    private func confirm(
        _ wanted: [PolicyRule], _ user: UserInfo, _ namespace: String, _ resource: String, _ name: String
    ) throws(APIStatus) {
        let found = missing(wanted, user, namespace)
        guard let missing = found.rules else {
            throw Forbidden.status(
                group: RoleIndex.group, resource: resource, name: name, "the rules are too many to be checked")
        }
        guard !missing.isEmpty else { return }
        let lines = Set(RuleCoverage.compact(missing).map(\.compactText)).sorted()
        var text =
            "user \(GoText.quoted(user.name)) (groups=\(GoText.quoted(user.groups))) is attempting to grant RBAC "
            + "permissions not currently held:\n\(lines.joined(separator: "\n"))"
        if !found.faults.isEmpty { text += "; resolution errors: \(GoText.list([GoText.aggregate(found.faults)]))" }
        throw Forbidden.status(group: RoleIndex.group, resource: resource, name: name, text)
    }

    private static func aggregates(_ role: JSON) -> Bool {
        !(role["aggregationRule", "clusterRoleSelectors"].array ?? []).isEmpty
    }

    /// Owner references and finalizers may change: the garbage collector writes them without holding the rules.
    private static func changesOnlyReferences(_ new: JSON, _ old: JSON) -> Bool {
        guard !old.isNull else { return false }
        func rest(_ object: JSON) -> JSON {
            var object = object, metadata = object["metadata"]
            for member in ["ownerReferences", "finalizers", "managedFields"] { metadata.remove(member) }
            object["metadata"] = metadata
            return object
        }
        return rest(new) == rest(old)
    }
}
