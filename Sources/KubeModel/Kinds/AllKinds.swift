/// Every built-in kind's own rules.
package enum AllKinds {
    /// One line a file under Kinds/.
    static let list: [KindRules] = [
        AddressReservation.rules,
        ClusterRole.rules,
        ClusterRoleBinding.rules,
        ControllerRevision.rules,
        CronJob.rules,
        DaemonSet.rules,
        Deployment.rules,
        Eviction.rules,
        HorizontalPodAutoscaler.rules,
        Ingress.rules,
        IngressClass.rules,
        Job.rules,
        NetworkPolicy.rules,
        PodDisruptionBudget.rules,
        ReplicaSet.rules,
        Role.rules,
        RoleBinding.rules,
        Scale.rules,
        ServiceCIDR.rules,
        StatefulSet.rules,
        BindingKind.rules,
        ComponentStatusKind.rules,
        ConfigMapKind.rules,
        EndpointsKind.rules,
        EventKind.core,
        EventKind.events,
        LimitRangeKind.rules,
        NamespaceKind.rules,
        NodeKind.rules,
        PersistentVolumeClaimKind.rules,
        PersistentVolumeKind.rules,
        PodKind.rules,
        PodTemplateKind.rules,
        ReplicationControllerKind.rules,
        ResourceQuotaKind.rules,
        SecretKind.rules,
        ServiceAccountKind.rules,
        ServiceKind.rules,
    ]

    private static let byKind: [String: KindRules] = Dictionary(
        list.map { ("\($0.group)/\($0.kind)", $0) }, uniquingKeysWith: { first, _ in first })

    /// The kind's rules; those of a kind without a file of its own when there is none.
    package static func rules(group: String, kind: String) -> KindRules {
        byKind["\(group)/\(kind)"] ?? KindRules(group: group, kind: kind)
    }
}
