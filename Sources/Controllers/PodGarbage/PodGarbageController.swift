import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Deletes pods that nobody will end any more, and the oldest finished ones when there are too many.
final class PodGarbageController: Controller {
    /// Stands for the count of all finished pods.
    static let finished = ObjectKey("", "")

    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let nodes = context.informers[.nodes], pods = context.informers[.pods]
        let turn = PodGarbageTurn(
            api: context.api("pod-garbage-collector"), nodes: nodes, pods: pods,
            limit: context.settings.finishedPods, now: context.now)
        loop = ReconcileLoop("pod-garbage-collector", log: context.log) { try await turn.reconcile($0) }
        pods.observe { [loop] change in
            guard let pod = change.new else { return }
            if PodFacts.isFinished(pod), change.old.map(PodFacts.isFinished) != true { loop.enqueue(Self.finished) }
            if PodGarbagePlan.fault(pod, node: nodes.object("", pod["spec"].text("nodeName"))) != nil {
                loop.enqueue(change.key)
            }
        }
        nodes.observe { [loop] change in
            for pod in pods.objects(by: InformerIndex.node, change.object.objectName)
            where PodGarbagePlan.fault(pod, node: change.new) != nil { loop.enqueue(ObjectKey(pod)) }
        }
    }

    func run() async { await loop.run() }
}

private struct PodGarbageTurn: Sendable {
    /// Seconds that a node may be away before its pods go.
    private static let quarantine = 40.0

    let api: any ObjectAPI
    let nodes: Informer
    let pods: Informer
    let limit: Int
    let now: @Sendable () -> Double
    /// Since when nodes are away, by name.
    let away = NIOLockedValueBox<[String: Double]>([:])

    func reconcile(_ key: ObjectKey) async throws -> Next {
        if key == PodGarbageController.finished {
            for pod in PodGarbagePlan.surplus(pods.objects, limit: limit) { try await remove(pod) }
            return .settled
        }
        guard let pod = pods.object(key) else { return .settled }
        let name = pod["spec"].text("nodeName")
        let node = nodes.object("", name)
        if node != nil { away.withLockedValue { $0[name] = nil } }
        switch PodGarbagePlan.fault(pod, node: node) {
        case nil: return .settled
        case .neverPlaced, .nodeOutOfService: try await remove(pod)
        case .nodeGone:
            let left = away.withLockedValue { away in
                let since = away[name] ?? now()
                away[name] = since
                return since + Self.quarantine - now()
            }
            if left > 0 { return .again(after: .seconds(left)) }
            if try await exists(name) { return .settled }
            try await remove(
                pod,
                [
                    "type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC",
                    "message": "PodGC: node no longer exists", "lastTransitionTime": .string(Timestamp(now()).text),
                ])
        }
        return .settled
    }

    private func exists(_ node: String) async throws -> Bool {
        do throws(APIStatus) { _ = try await api.get(.nodes, "", node) } catch {
            if error.isNotFound { return false }
            throw error
        }
        return true
    }

    /// Marks it failed, unless it has ended, and deletes it at once.
    private func remove(_ pod: JSON, _ condition: JSON? = nil) async throws {
        do throws(APIStatus) {
            if !PodFacts.isFinished(pod) {
                var status: JSON = ["phase": "Failed"]
                if let condition { status["conditions"] = [condition] }
                _ = try await api.patch(
                    .pods, pod.objectNamespace, pod.objectName, subresource: "status",
                    .strategic(["metadata": ["uid": .string(pod.uid)], "status": status]))
            }
            try await api.delete(
                .pods, pod.objectNamespace, pod.objectName,
                ["gracePeriodSeconds": 0, "preconditions": ["uid": .string(pod.uid)]])
        } catch {
            if error.isNotFound || error.isConflict { return }
            throw error
        }
    }
}
