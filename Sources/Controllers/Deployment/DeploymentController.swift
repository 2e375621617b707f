import JSON
import KubeClient
import KubeModel
import Logging

/// Rolls deployments out: makes a replica set of each template and moves the pods from the old ones to it.
final class DeploymentController: Controller {
    private let recorder: EventRecorder
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let account = "deployment-controller"
        let deployments = context.informers[.deployments]
        let sets = context.informers[.replicaSets]
        let pods = context.informers[.pods]
        recorder = context.recorder(account)
        let turns = DeploymentTurns(
            api: context.api(account), deployments: deployments, sets: sets, pods: pods, recorder: recorder,
            now: context.now)
        loop = ReconcileLoop(account, log: context.log) { try await turns.reconcile($0) }
        let owners = OwnerWatch(kind: "Deployment", owners: deployments)
        let setOwners = OwnerWatch(kind: "ReplicaSet", owners: sets)
        deployments.observe { [loop] in loop.enqueue($0.key) }
        sets.observe { [loop] change in for key in owners.keys(change) { loop.enqueue(key) } }
        // A deployment that recreates waits for its last pod to go.
        pods.observe { [loop] change in
            guard change.new == nil, let key = setOwners.owner(of: change.object), let set = sets.object(key),
                let owner = owners.owner(of: set), let deployment = deployments.object(owner),
                deployment["spec"]["strategy"].text("type") == "Recreate"
            else { return }
            loop.enqueue(owner)
        }
    }

    func run() async { await runTogether([{ await self.loop.run() }, { await self.recorder.run() }]) }
}

struct DeploymentTurns: Sendable {
    let api: any ObjectAPI
    let deployments: Informer
    let sets: Informer
    let pods: Informer
    let recorder: EventRecorder
    let now: @Sendable () -> Double

    func reconcile(_ key: ObjectKey) async throws -> Next {
        guard let deployment = deployments.object(key) else { return .settled }
        if deployment["spec"]["selector"].isAlike([:]) {
            recorder.record(
                .warning, about: deployment, reason: "SelectingAll",
                "This deployment is selecting all pods. A non-empty selector is required.")
            return .settled
        }
        let selector = OwnerWatch.objectSelector(deployment)
        let claims = Claims(api: api, owners: .deployments, dependents: .replicaSets)
        let owned = try await claims.claim(sets.candidates(of: deployment), owner: deployment, selector: selector)
        var turn = DeploymentTurn(shared: self, deployment: deployment, sets: owned)
        do {
            return try await turn.run()
        } catch let error as APIStatus {
            if error.isNamespaceTerminating || error.isNotFound { return .settled }
            throw error
        }
    }
}
