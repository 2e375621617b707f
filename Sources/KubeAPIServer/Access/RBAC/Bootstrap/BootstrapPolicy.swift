import JSON
import KubeModel

/// The roles and bindings of a fresh cluster of 1.36, as objects.
package enum BootstrapPolicy {
    static let group = "rbac.authorization.k8s.io"

    /// One object, and where it belongs.
    package struct Entry: Sendable {
        /// `clusterroles`, `clusterrolebindings`, `roles`, `rolebindings`.
        package let resource: String
        /// "" for cluster-scoped ones.
        package let namespace: String
        package let name: String
        package let object: JSON
    }

    /// In the order in which they are to be written: cluster roles, their bindings, roles, their bindings.
    package static var entries: [Entry] {
        let controllers = RoleTable.controllerRoles
        return RoleTable.clusterRoles.map { role($0, name: $0.name) }
            + controllers.map { role($0, name: "system:controller:\($0.name)") }
            + clusterBindings
            + controllers.map {
                let name = "system:controller:\($0.name)"
                return binding(name, to: name, [account($0.name)])
            }
            + RoleTable.systemRoles.map { role($0, name: $0.name, namespace: "kube-system") }
            + RoleTable.publicRoles.map { role($0, name: $0.name, namespace: "kube-public") }
            + namespacedBindings
    }

    private static var clusterBindings: [Entry] {
        let authenticated = group("system:authenticated")
        let accounts = group("system:serviceaccounts")
        let scheduler = user("system:kube-scheduler"), manager = user("system:kube-controller-manager")
        let table: [(String, [JSON])] = [
            ("cluster-admin", [group("system:masters")]),
            ("system:monitoring", [group("system:monitoring")]),
            ("system:discovery", [authenticated]),
            ("system:basic-user", [authenticated]),
            ("system:public-info-viewer", [authenticated, group("system:unauthenticated")]),
            ("system:node-proxier", [user("system:kube-proxy")]),
            ("system:kube-controller-manager", [manager]),
            ("system:kube-dns", [account("kube-dns")]),
            ("system:kube-scheduler", [scheduler]),
            ("system:volume-scheduler", [scheduler]),
            // The node authorizer serves nodes; the binding stays, without subjects.
            ("system:node", []),
            ("system:service-account-issuer-discovery", [accounts]),
        ]
        return table.map { binding($0.0, to: $0.0, $0.1) }
    }

    private static var namespacedBindings: [Entry] {
        let scheduler = user("system:kube-scheduler"), manager = user("system:kube-controller-manager")
        let system = "kube-system"
        func controller(_ name: String, in namespace: String) -> Entry {
            binding("system:controller:\(name)", to: "system:controller:\(name)", [account(name)], namespace: namespace)
        }
        return [
            binding(
                "system::extension-apiserver-authentication-reader", to: "extension-apiserver-authentication-reader",
                [manager, scheduler], namespace: system),
            binding(
                "system::leader-locking-kube-controller-manager", to: "system::leader-locking-kube-controller-manager",
                [manager, account("kube-controller-manager")], namespace: system),
            binding(
                "system::leader-locking-kube-scheduler", to: "system::leader-locking-kube-scheduler",
                [scheduler, account("kube-scheduler")], namespace: system),
            controller("bootstrap-signer", in: system), controller("cloud-provider", in: system),
            controller("token-cleaner", in: system), controller("bootstrap-signer", in: "kube-public"),
        ]
    }

    /// What kubeadm adds: the group of its administrators, whose certificates don't carry `system:masters`.
    package static var administratorBinding: Entry {
        var entry = binding("kubeadm:cluster-admins", to: "cluster-admin", [group("kubeadm:cluster-admins")]).object
        entry["metadata"] = ["name": "kubeadm:cluster-admins"]
        return Entry(resource: "clusterrolebindings", namespace: "", name: "kubeadm:cluster-admins", object: entry)
    }

    // MARK: objects

    private static func metadata(_ name: String, namespace: String, labels: [String: String] = [:]) -> JSON {
        var metadata: JSON = [
            "name": .string(name), "annotations": JSON([RoleReconciliation.autoUpdate: "true"]),
            "labels": JSON(labels.merging(["kubernetes.io/bootstrapping": "rbac-defaults"]) { own, _ in own }),
        ]
        if !namespace.isEmpty { metadata["namespace"] = .string(namespace) }
        return metadata
    }

    private static func role(_ role: RoleTable.Role, name: String, namespace: String = "") -> Entry {
        let label = "rbac.authorization.k8s.io/aggregate-to-"
        let labels = role.aggregatesTo.map { [label + $0: "true"] } ?? [:]
        var object: JSON = [
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": namespace.isEmpty ? "ClusterRole" : "Role",
            "metadata": metadata(name, namespace: namespace, labels: labels),
        ]
        if let selected = role.aggregates {
            object["aggregationRule"] = [
                "clusterRoleSelectors": [["matchLabels": JSON([label + selected: "true"])]]
            ]
        }
        object["rules"] = role.aggregates == nil ? .array(role.rules.map(\.json)) : .null
        return Entry(
            resource: namespace.isEmpty ? "clusterroles" : "roles", namespace: namespace, name: name, object: object)
    }

    private static func binding(_ name: String, to role: String, _ subjects: [JSON], namespace: String = "") -> Entry {
        var object: JSON = [
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": namespace.isEmpty ? "ClusterRoleBinding" : "RoleBinding",
            "metadata": metadata(name, namespace: namespace),
            "roleRef": [
                "apiGroup": .string(group), "kind": namespace.isEmpty ? "ClusterRole" : "Role", "name": .string(role),
            ],
        ]
        if !subjects.isEmpty { object["subjects"] = .array(subjects) }
        return Entry(
            resource: namespace.isEmpty ? "clusterrolebindings" : "rolebindings", namespace: namespace, name: name,
            object: object)
    }

    private static func user(_ name: String) -> JSON {
        ["apiGroup": .string(group), "kind": "User", "name": .string(name)]
    }
    private static func group(_ name: String) -> JSON {
        ["apiGroup": .string(group), "kind": "Group", "name": .string(name)]
    }
    private static func account(_ name: String) -> JSON {
        ["kind": "ServiceAccount", "name": .string(name), "namespace": "kube-system"]
    }
}
