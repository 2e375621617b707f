import JSON
import KubeModel

/// Who was granted what: every binding with its role's rules, by subject.
///
/// Built from all roles and bindings at once, and immutable: a change of one of them makes a new index.
struct RoleIndex: Sendable {
    /// One subject's part in one binding.
    struct Grant: Sendable {
        /// `ClusterRoleBinding "x" of ClusterRole "y" to Group "z"`, built when it is needed.
        let binding: String, roleKind: String, roleName: String, subject: String
        /// What the role allows; nil when there is no such role.
        let rules: [PolicyRule]?
        /// Why `rules` is nil.
        let fault: String

        var description: String {
            "\(binding) of \(roleKind) \(GoText.quoted(roleName)) to \(subject)"
        }
    }

    private var cluster: [String: [Grant]] = [:]
    private var namespaced: [String: [String: [Grant]]] = [:]
    private let clusterRoles: [String: [PolicyRule]]
    private let roles: [String: [String: [PolicyRule]]]

    static let group = "rbac.authorization.k8s.io"

    init(_ reader: any ObjectReader) {
        func all(_ resource: String) -> [JSON] {
            reader.objects(group: Self.group, resource: resource, namespace: "")
                .sorted { Self.name($0) < Self.name($1) }
        }
        clusterRoles = Dictionary(
            all("clusterroles").map { (Self.name($0), PolicyRule.list($0)) }, uniquingKeysWith: { first, _ in first })
        var roles: [String: [String: [PolicyRule]]] = [:]
        for role in all("roles") { roles[Self.namespace(role), default: [:]][Self.name(role)] = PolicyRule.list(role) }
        self.roles = roles
        for binding in all("clusterrolebindings") {
            add(binding, "ClusterRoleBinding \(GoText.quoted(Self.name(binding)))", namespace: "")
        }
        for binding in all("rolebindings") {
            let namespace = Self.namespace(binding)
            add(binding, "RoleBinding \(GoText.quoted("\(Self.name(binding))/\(namespace)"))", namespace: namespace)
        }
    }

    private static func name(_ object: JSON) -> String { object["metadata", "name"].string ?? "" }
    private static func namespace(_ object: JSON) -> String { object["metadata", "namespace"].string ?? "" }

    private mutating func add(_ binding: JSON, _ title: String, namespace: String) {
        let kind = binding["roleRef", "kind"].string ?? "", name = binding["roleRef", "name"].string ?? ""
        let found = rules(kind: kind, name: name, namespace: namespace)
        for subject in binding["subjects"].array ?? [] {
            guard let key = key(subject, namespace) else { continue }
            let grant = Grant(
                binding: title, roleKind: kind, roleName: name, subject: describe(subject, namespace),
                rules: found.rules, fault: found.fault)
            if namespace.isEmpty {
                cluster[key, default: []].append(grant)
            } else {
                namespaced[namespace, default: [:]][key, default: []].append(grant)
            }
        }
    }

    /// A role's rules; nil with a reason when it isn't there.
    func rules(kind: String, name: String, namespace: String) -> (rules: [PolicyRule]?, fault: String) {
        switch kind {
        case "Role":
            (roles[namespace]?[name], "role.\(Self.group) \(GoText.quoted(name)) not found")
        case "ClusterRole":
            (clusterRoles[name], "clusterrole.\(Self.group) \(GoText.quoted(name)) not found")
        default:
            (nil, "unsupported role reference kind: \(GoText.quoted(kind))")
        }
    }

    /// Users and groups have each their own space of keys; a service account is the user that its token names.
    private func key(_ subject: JSON, _ bindingNamespace: String) -> String? {
        guard let name = subject["name"].string else { return nil }
        switch subject["kind"].string {
        case "User": return "u:" + name
        case "Group": return "g:" + name
        case "ServiceAccount":
            let own = subject["namespace"].string ?? ""
            let namespace = own.isEmpty ? bindingNamespace : own
            return namespace.isEmpty ? nil : "u:system:serviceaccount:\(namespace):\(name)"
        default: return nil
        }
    }

    private func describe(_ subject: JSON, _ bindingNamespace: String) -> String {
        let kind = subject["kind"].string ?? "", name = subject["name"].string ?? ""
        guard kind == "ServiceAccount" else { return "\(kind) \(GoText.quoted(name))" }
        let own = subject["namespace"].string ?? ""
        return "\(kind) \(GoText.quoted("\(name)/\(own.isEmpty ? bindingNamespace : own)"))"
    }

    /// Calls `visit` with each grant that the user has in the namespace ("": in the cluster), until it returns false.
    func visit(_ user: UserInfo, namespace: String, _ visit: (Grant) -> Bool) {
        let keys = ["u:" + user.name] + user.groups.map { "g:" + $0 }
        for key in keys { for grant in cluster[key] ?? [] where !visit(grant) { return } }
        guard !namespace.isEmpty, let local = namespaced[namespace] else { return }
        for key in keys { for grant in local[key] ?? [] where !visit(grant) { return } }
    }

    /// Everything that the user may do in the namespace, and the faults met on the way.
    func rules(of user: UserInfo, namespace: String) -> (rules: [PolicyRule], faults: [String]) {
        var rules: [PolicyRule] = [], faults: [String] = []
        visit(user, namespace: namespace) { grant in
            if let found = grant.rules { rules += found } else { faults.append(grant.fault) }
            return true
        }
        return (rules, faults)
    }
}
