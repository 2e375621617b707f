/// Every built-in kind's own rules.
package enum AllKinds {
    /// One line a file under Kinds/.
    static let list: [KindRules] = [
        AddressReservation.rules,
        BindingKind.rules,
        CSIDriver.rules,
        CSINode.rules,
        CSIStorageCapacity.rules,
        ClusterRole.rules,
        ClusterRoleBinding.rules,
        ComponentStatusKind.rules,
        ConfigMapKind.rules,
        ControllerRevision.rules,
        CronJob.rules,
        DaemonSet.rules,
        Deployment.rules,
        EndpointSlice.rules,
        EndpointsKind.rules,
        EventKind.core,
        EventKind.events,
        Eviction.rules,
        HorizontalPodAutoscaler.rules,
        Ingress.rules,
        IngressClass.rules,
        Job.rules,
        Lease.rules,
        LeaseCandidate.rules,
        LimitRangeKind.rules,
        MutatingAdmissionPolicy.rules,
        MutatingAdmissionPolicyBinding.rules,
        MutatingWebhookConfiguration.rules,
        NamespaceKind.rules,
        NetworkPolicy.rules,
        NodeKind.rules,
        PersistentVolumeClaimKind.rules,
        PersistentVolumeKind.rules,
        PodDisruptionBudget.rules,
        PodKind.rules,
        PodTemplateKind.rules,
        PriorityClass.rules,
        ReplicaSet.rules,
        ReplicationControllerKind.rules,
        ResourceQuotaKind.rules,
        Role.rules,
        RoleBinding.rules,
        RuntimeClass.rules,
        Scale.rules,
        SecretKind.rules,
        ServiceAccountKind.rules,
        ServiceCIDR.rules,
        ServiceKind.rules,
        StatefulSet.rules,
        StorageClass.rules,
        TokenRequest.rules,
        ValidatingAdmissionPolicy.rules,
        ValidatingAdmissionPolicyBinding.rules,
        ValidatingWebhookConfiguration.rules,
        VolumeAttachment.rules,
        VolumeAttributesClass.rules,
        CustomResourceDefinition.rules,
    ]

    private static let byKind: [String: KindRules] = Dictionary(
        list.map { ("\($0.group)/\($0.kind)", $0) }, uniquingKeysWith: { first, _ in first })

    /// The kind's rules; those of a kind without a file of its own when there is none.
    package static func rules(group: String, kind: String) -> KindRules {
        byKind["\(group)/\(kind)"] ?? KindRules(group: group, kind: kind)
    }
}
