import KubeClient

/// Names of resources and kinds as the original's messages have them, which come from its own types.
extension ServedResource {
    /// `/v1, Resource=pods`.
    var goResource: String { "\(group)/\(version), Resource=\(name)" }
    /// `CronJob.batch`.
    var goKind: String { group.isEmpty ? kind : "\(kind).\(group)" }
    /// `*v1.ConfigMap`; kinds that the cluster's users made have no type of their own.
    var goType: String {
        let isOwn = !group.contains(".") || group.hasSuffix(".k8s.io")
        return isOwn ? "*\(version).\(kind)" : "*unstructured.Unstructured"
    }
}
