import JSON
import KubeClient
import KubeModel
import Logging

/// Keeps the counts of disruption budgets, by which evictions are granted.
final class DisruptionController: Controller {
    private let recorder: EventRecorder
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let account = "disruption-controller"
        let budgets = context.informers[.podDisruptionBudgets], pods = context.informers[.pods]
        recorder = context.recorder(account, component: "controllermanager")
        let sizes = ControllerSizes(context.informers)
        let turn = DisruptionTurn(
            api: context.api(account), budgets: budgets, pods: pods, sizes: sizes, recorder: recorder, now: context.now)
        loop = ReconcileLoop(account, log: context.log) { try await turn.reconcile($0) }
        budgets.observe { [loop] in loop.enqueue($0.key) }
        pods.observe { [loop] change in
            for budget in budgets.objects(in: change.object.objectNamespace) {
                let selector = DisruptionTurn.selector(budget)
                if [change.old, change.new].contains(where: { pod in pod.map { selector.matches($0.labels) } ?? false })
                {
                    loop.enqueue(ObjectKey(budget))
                }
            }
        }
        sizes.observe { [loop] namespace in
            for budget in budgets.objects(in: namespace) { loop.enqueue(ObjectKey(budget)) }
        }
    }

    func run() async { await runTogether([{ await self.loop.run() }, { await self.recorder.run() }]) }
}

/// How many pods controllers are to have.
struct ControllerSizes: Sendable {
    private let deployments: Informer
    private let sets: Informer
    private let others: [String: Informer]

    init(_ informers: InformerSet) {
        deployments = informers[.deployments]
        sets = informers[.replicaSets]
        others = [
            "ReplicationController": informers[.replicationControllers], "StatefulSet": informers[.statefulSets],
        ]
    }

    /// Told the namespace of each controller whose size has changed.
    func observe(_ changed: @escaping @Sendable (_ namespace: String) -> Void) {
        for informer in [deployments, sets] + others.values {
            informer.observe { change in
                guard change.old?["spec"]["replicas"] != change.new?["spec"]["replicas"] else { return }
                changed(change.object.objectNamespace)
            }
        }
    }

    /// UID and size of what a pod's reference leads to: of a replica set its deployment. Nil for kinds without a size.
    func size(_ reference: JSON, _ namespace: String) -> (uid: String, replicas: Int)? {
        let name = reference.text("name")
        guard reference.text("kind") == "ReplicaSet" else {
            return others[reference.text("kind")]?.object(namespace, name).flatMap { Self.size($0, reference) }
        }
        guard let set = sets.object(namespace, name), set.uid == reference.text("uid") else { return nil }
        guard let owner = set.controllerReference else { return Self.size(set, reference) }
        guard owner.text("kind") == "Deployment" else { return nil }
        return deployments.object(namespace, owner.text("name")).flatMap { Self.size($0, owner) }
    }

    private static func size(_ object: JSON, _ reference: JSON) -> (uid: String, replicas: Int)? {
        object.uid == reference.text("uid") ? (object.uid, object["spec"]["replicas"].int ?? 1) : nil
    }
}

private struct DisruptionTurn: Sendable {
    let api: any ObjectAPI
    let budgets: Informer
    let pods: Informer
    let sizes: ControllerSizes
    let recorder: EventRecorder
    let now: @Sendable () -> Double

    /// An empty selector selects all pods of the namespace.
    static func selector(_ budget: JSON) -> LabelSelector { OwnerWatch.objectSelector(budget) }

    func reconcile(_ key: ObjectKey) async throws -> Next {
        guard let budget = budgets.object(key) else { return .settled }
        let selector = Self.selector(budget)
        let own = pods.objects(in: key.namespace).filter { selector.matches($0.labels) }
        if own.isEmpty { recorder.record(.normal, about: budget, reason: "NoPods", "No matching pods found") }
        let plan: DisruptionPlan
        do throws(DisruptionPlan.Failure) {
            plan = try DisruptionPlan(
                budget, pods: own,
                expected: { () throws(DisruptionPlan.Failure) in try expected(own, budget, selector) }, now: now())
        } catch {
            recorder.record(
                .warning, about: budget, reason: "CalculateExpectedPodCountFailed",
                "Failed to calculate the number of expected pods: \(error)")
            try await write(DisruptionPlan.failed(budget, error, now: now()), budget)
            return .settled
        }
        for pod in plan.lingering {
            recorder.record(
                .warning, about: pod, reason: "NotDeleted",
                "Pod was expected by PDB \(key.namespace)/\(key.namespace) to be deleted but it wasn't")
        }
        try await write(plan.status, budget)
        return plan.recheck.map { .again(after: .seconds($0 + 0.001)) } ?? .settled
    }

    private func expected(_ own: [JSON], _ budget: JSON, _ selector: LabelSelector) throws(DisruptionPlan.Failure)
        -> Int
    {
        var counts: [String: Int] = [:]
        var isUnmanaged = false
        for pod in own {
            guard let reference = pod.controllerReference else {
                isUnmanaged = true
                continue
            }
            guard let (uid, replicas) = sizes.size(reference, pod.objectNamespace) else {
                throw DisruptionPlan.Failure(description: "found no controllers for pod \"\(pod.objectName)\"")
            }
            counts[uid] = replicas
        }
        if isUnmanaged {
            recorder.record(
                .warning, about: budget, reason: "UnmanagedPods",
                "Pods selected by this PodDisruptionBudget (selector: \(GoSelectorText.of(budget["spec"]["selector"]))) "
                    + "were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, "
                    + "which may result in undefined behavior. To account for these pods please set "
                    + "\".spec.minAvailable\" field of the PDB to an integer value.")
        }
        return counts.values.reduce(0, +)
    }

    private func write(_ status: JSON, _ budget: JSON) async throws {
        guard !status.isAlike(budget["status"]) else { return }
        var changed = budget
        changed["status"] = status
        do throws(APIStatus) {
            await budgets.reached(try await api.updateStatus(.podDisruptionBudgets, changed))
        } catch {
            if !error.isNotFound { throw error }
        }
    }
}

/// A selector as Go prints the struct: `&LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]…{},}`.
enum GoSelectorText {
    static func of(_ selector: JSON) -> String {
        let labels = selector["matchLabels"].stringMap.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)," }
        let expressions = selector.list("matchExpressions").map { expression in
            let values = expression["values"].strings.joined(separator: " ")
            return "LabelSelectorRequirement{Key:\(expression.text("key")),Operator:\(expression.text("operator")),"
                + "Values:[\(values)],},"
        }
        return "&LabelSelector{MatchLabels:map[string]string{\(labels.joined())},"
            + "MatchExpressions:[]LabelSelectorRequirement{\(expressions.joined())},}"
    }
}
