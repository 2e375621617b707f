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
        controllers = [
            ReplicaSetController(context),
            ReplicaSetController(context, .replicationController),
            DeploymentController(context),
            EndpointSliceController(context),
            EndpointsController(context),
        ]
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
