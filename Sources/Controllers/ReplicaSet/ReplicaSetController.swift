import JSON
import KubeClient
import KubeModel
import Logging

/// Keeps the pods of replica sets, and of replication controllers, at their number.
final class ReplicaSetController: Controller {
    /// What the two kinds differ in.
    struct Flavor: Sendable {
        let resource: ResourceID
        let kind: String
        let account: String
        let selector: @Sendable (JSON) -> LabelSelector
        let countsTerminating: Bool

        static let replicaSet = Flavor(
            resource: .replicaSets, kind: "ReplicaSet", account: "replicaset-controller",
            selector: OwnerWatch.objectSelector, countsTerminating: true)
        static let replicationController = Flavor(
            resource: .replicationControllers, kind: "ReplicationController", account: "replication-controller",
            selector: { LabelSelector(equalTo: $0["spec"]["selector"].stringMap) }, countsTerminating: false)
    }

    private let flavor: Flavor
    private let api: any ObjectAPI
    private let sets: Informer
    private let pods: Informer
    private let control: PodControl
    private let deletions = PendingDeletions()
    private let now: @Sendable () -> Double
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext, _ flavor: Flavor = .replicaSet) {
        self.flavor = flavor
        api = context.api(flavor.account)
        sets = context.informers[flavor.resource]
        pods = context.informers[.pods]
        control = PodControl(api: api, recorder: context.recorder(flavor.account))
        now = context.now
        let turn = ReplicaSetTurn(
            flavor: flavor, api: api, sets: sets, pods: pods, control: control, deletions: deletions, now: now)
        loop = ReconcileLoop(flavor.account, log: context.log) { try await turn.reconcile($0) }
        deletions.follow(pods)
        let owners = OwnerWatch(kind: flavor.kind, owners: sets, selector: flavor.selector)
        sets.observe { [loop] in loop.enqueue($0.key) }
        pods.observe { [loop] change in for key in owners.keys(change) { loop.enqueue(key) } }
    }

    func run() async {
        await runTogether([{ await self.loop.run() }, { await self.control.recorder.run() }])
    }
}

/// One turn for one set.
private struct ReplicaSetTurn: Sendable {
    let flavor: ReplicaSetController.Flavor
    let api: any ObjectAPI
    let sets: Informer
    let pods: Informer
    let control: PodControl
    let deletions: PendingDeletions
    let now: @Sendable () -> Double

    func reconcile(_ key: ObjectKey) async throws -> Next {
        guard let set = sets.object(key) else { return .settled }
        let selector = flavor.selector(set)
        let claims = Claims(api: api, owners: flavor.resource, dependents: .pods)
        let candidates = pods.candidates(of: set).filter { !PodFacts.isFinished($0) }
        let active = try await claims.claim(candidates.filter(isActive), owner: set, selector: selector)
        let terminating = candidates.filter {
            !isActive($0) && $0.controllerReference != nil && selector.matches($0.labels)
        }
        let time = now()
        let failure = set.isBeingDeleted ? nil : await adjust(set, active, time)
        let status = ReplicaSetPlan.status(
            set, pods: active, terminating: flavor.countsTerminating ? terminating : nil, failure: failure?.message,
            now: time)
        if status != set["status"] { try await write(status, set) }
        if let failure { throw failure }
        let seconds = set["spec"]["minReadySeconds"].int ?? 0
        guard seconds > 0, status["readyReplicas"] != status["availableReplicas"] else { return .settled }
        let wait = PodFacts.nextAvailability(active, minReadySeconds: seconds, now: now()) ?? Double(seconds)
        return .again(after: .seconds(wait))
    }

    private func isActive(_ pod: JSON) -> Bool { PodFacts.isActive(pod) && !deletions.contains(pod) }

    /// - Returns: why not all could be made or deleted.
    private func adjust(_ set: JSON, _ active: [JSON], _ time: Double) async -> APIStatus? {
        let change = ReplicaSetPlan.change(set, pods: active, related: related(set), now: time)
        if change.create > 0 {
            let pod = PodControl.pod(set["spec"]["template"], owner: set)
            let (made, failure) = await control.create(Array(repeating: pod, count: change.create), for: set)
            for pod in made { await pods.reached(pod) }
            return failure
        }
        return await delete(change.delete, of: set)
    }

    private func delete(_ doomed: [JSON], of set: JSON) async -> APIStatus? {
        await withTaskGroup(of: APIStatus?.self) { group in
            for pod in doomed {
                deletions.insert(pod)
                group.addTask {
                    do throws(APIStatus) { try await control.delete(pod, for: set) } catch {
                        deletions.remove(pod)
                        return error.isNotFound ? nil : error
                    }
                    return nil
                }
            }
            var first: APIStatus?
            for await failure in group where first == nil { first = failure }
            return first
        }
    }

    /// Active pods of all sets with the same owner: those of a deployment's other revisions.
    private func related(_ set: JSON) -> [JSON] {
        guard let owner = set.controllerReference?.text("uid") else { return pods.controlled(by: set).filter(isActive) }
        return sets.objects(by: InformerIndex.owner, owner).flatMap { pods.controlled(by: $0) }.filter(isActive)
    }

    /// With one more try over the newest state.
    private func write(_ status: JSON, _ set: JSON) async throws(APIStatus) {
        var changed = set
        changed["status"] = status
        do {
            await sets.reached(try await api.updateStatus(flavor.resource, changed))
        } catch {
            if error.isNotFound { return }
            guard error.isConflict else { throw error }
            var fresh = try await api.get(flavor.resource, set.objectNamespace, set.objectName)
            fresh["status"] = status
            await sets.reached(try await api.updateStatus(flavor.resource, fresh))
        }
    }
}
