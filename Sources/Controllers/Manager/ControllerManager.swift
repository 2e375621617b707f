import KubeClient
import Logging

/// kube-controller-manager: the loops that make the cluster match what is declared.
package final class ControllerManager: Sendable {
    private let informers: InformerSet
    private let controllers: [any Controller]

    /// - Parameter api: the API as the named user (`system:serviceaccount:kube-system:deployment-controller`, …;
    ///   `system:kube-controller-manager` for the shared caches).
    package init(
        _ settings: ControllerSettings, api: @escaping @Sendable (String) -> any ObjectAPI, log: Logger,
        now: @escaping @Sendable () -> Double
    ) {
        informers = InformerSet(api("system:kube-controller-manager"), indexes: ObjectIndexes.all, log: log)
        let context = ControllerContext(settings, informers: informers, api: api, log: log, now: now)
        let catalog = ResourceCatalog(
            definitions: settings.followsCustomResources ? informers[ResourceCatalog.definitions] : nil)
        let namespaces = NamespaceController(context, catalog: catalog)
        let first: [any Controller] = [
            ReplicaSetController(context),
            ReplicaSetController(context, .replicationController),
            DeploymentController(context),
            EndpointSliceController(context),
            EndpointsController(context),
            EndpointMirrorController(context),
            namespaces,
            NodeLifecycleController(context),
            TaintEvictionController(context),
            PodGarbageController(context),
            NodeTTLController(context),
            TokenCleaner(context),
            CertificateController(context),
            StatefulSetController(context),
            DaemonSetController(context),
            JobController(context),
            JobTTLController(context),
            CronJobController(context),
            DisruptionController(context),
        ]
        let networks: [any Controller] = NodeNetworkController(context).map { [$0] } ?? []
        // After all others: what they cache it needn't.
        let collector = GarbageCollector(context, catalog: catalog)
        collector.observeRemovals { namespaces.contentGone($0) }
        controllers = first + networks + StorageProtection.controllers(context) + [collector]
    }

    /// Until its task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.informers.run() }
            await informers.synced()
            for controller in controllers { group.addTask { await controller.run() } }
        }
    }
}
