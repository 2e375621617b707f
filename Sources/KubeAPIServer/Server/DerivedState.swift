import JSON
import KubeModel
import KubeStorage

/// State that follows from other objects and that decisions rest upon: the rules of aggregated roles, and what quotas
/// count.
struct DerivedState: Sendable {
    static let roles = [GroupResource("rbac.authorization.k8s.io", "clusterroles")]
    /// What quotas count, and they themselves.
    static let counted =
        [
            "resourcequotas", "pods", "services", "persistentvolumeclaims", "configmaps", "secrets",
            "replicationcontrollers",
        ].map { GroupResource("", $0) } + [
            GroupResource("apps", "deployments"), GroupResource("apps", "replicasets"),
            GroupResource("apps", "statefulsets"), GroupResource("batch", "jobs"), GroupResource("batch", "cronjobs"),
        ]

    private let parts: ServerParts

    init(_ parts: ServerParts) { self.parts = parts }

    func aggregateRoles() async {
        let group = "rbac.authorization.k8s.io"
        let roles = parts.reader.objects(group: group, resource: "clusterroles", namespace: "")
        for role in roles {
            guard let updated = RoleAggregation.updated(role, from: roles) else { continue }
            await write(updated, over: role, group, "clusterroles")
        }
    }

    func countQuotas() async {
        for quota in parts.reader.objects(group: "", resource: "resourcequotas", namespace: "") {
            guard let updated = QuotaRecount.updated(quota, parts.reader, now: parts.now()) else { continue }
            await write(updated, over: quota, "", "resourcequotas")
        }
    }

    /// A change that came between is no fault: it starts the next turn.
    private func write(_ new: JSON, over old: JSON, _ group: String, _ resource: String) async {
        guard let served = parts.table.find(group: group, version: "v1", resource: resource) else { return }
        let metadata = old["metadata"]
        guard
            let stored = try? await parts.store.find(
                served, metadata["namespace"].string ?? "", metadata["name"].string ?? ""),
            "\(stored.modRevision)" == metadata["resourceVersion"].string
        else { return }
        _ = try? await parts.store.replace(stored, new)
    }
}
