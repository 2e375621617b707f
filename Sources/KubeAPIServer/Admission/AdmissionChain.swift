import KubeModel

/// The admission plugins in the original's order: all `mutate`, then the caller validates the object, then all `validate`.
package struct AdmissionChain: Sendable {
    private let plugins: [any AdmissionPlugin]

    package init(_ plugins: [any AdmissionPlugin]) { self.plugins = plugins }

    func without(_ names: Set<String>) -> AdmissionChain { AdmissionChain(plugins.filter { !names.contains($0.name) }) }

    package var names: [String] { plugins.map(\.name) }

    package func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        for plugin in plugins { try await plugin.mutate(&request, reader) }
    }

    /// - Parameter request: its `name` is the generated one by now.
    package func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        for plugin in plugins { try await plugin.validate(&request, reader) }
    }
}

extension AdmissionChain {
    /// The plugins that are on by default in 1.36, in the original's order.
    ///
    /// - Parameter policies: admission policies and webhooks, which aren't here yet. Their place is after all other
    ///   plugins and before the quota, which is charged only when nothing else refuses.
    package static func standard(
        authorizer: any Authorizer, ledger: any QuotaLedger, policies: [any AdmissionPlugin] = []
    ) -> AdmissionChain {
        let signers = SignerPermission(authorizer: authorizer)
        let plugins: [any AdmissionPlugin] =
            [
                NamespaceLifecycle(), LimitRanger(), ServiceAccountPlugin(), NodeRestriction(authorizer: authorizer),
                TaintNodesByCondition(), PodSecurity(), PriorityPlugin(), DefaultTolerationSeconds(),
                DefaultStorageClass(), StorageObjectInUseProtection(), PersistentVolumeClaimResize(),
                RuntimeClassPlugin(),
                CertificateApproval(permission: signers), CertificateSigning(permission: signers),
                ClusterTrustBundleAttest(permission: signers), CertificateSubjectRestriction(), DefaultIngressClass(),
                PodTopologyLabels(),
            ] + policies
        return AdmissionChain(plugins + [ResourceQuotaPlugin(ledger: ledger)])
    }
}
