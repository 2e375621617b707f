import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Deletes pods from nodes whose taints they don't tolerate, or no longer.
final class TaintEvictionController: Controller {
    private let recorder: EventRecorder
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let nodes = context.informers[.nodes], pods = context.informers[.pods]
        recorder = context.recorder("node-controller", component: "taint-eviction-controller")
        let turn = TaintEvictionTurn(
            api: context.api("node-controller"), nodes: nodes, pods: pods, recorder: recorder, now: context.now)
        loop = ReconcileLoop("taint-eviction-controller", workers: 8, log: context.log) { try await turn.reconcile($0) }
        pods.observe { [loop] change in
            if let old = change.old, let new = change.new, old["spec"]["nodeName"] == new["spec"]["nodeName"],
                old["spec"]["tolerations"] == new["spec"]["tolerations"]
            {
                return
            }
            if !change.object["spec"].text("nodeName").isEmpty { loop.enqueue(change.key) }
        }
        nodes.observe { [loop] change in
            let old = change.old.map { NodeFacts.taints($0, "NoExecute") } ?? []
            guard let new = change.new, old != NodeFacts.taints(new, "NoExecute") else { return }
            for pod in pods.objects(by: InformerIndex.node, new.objectName) { loop.enqueue(ObjectKey(pod)) }
        }
    }

    func run() async { await runTogether([{ await self.loop.run() }, { await self.recorder.run() }]) }
}

private struct TaintEvictionTurn: Sendable {
    let api: any ObjectAPI
    let nodes: Informer
    let pods: Informer
    let recorder: EventRecorder
    let now: @Sendable () -> Double
    /// Since when pods, by UID, are to go.
    let begun = NIOLockedValueBox<[ObjectKey: (uid: String, since: Double)]>([:])

    func reconcile(_ key: ObjectKey) async throws -> Next {
        guard let pod = pods.object(key), !pod.isBeingDeleted else {
            begun.withLockedValue { $0[key] = nil }
            return .settled
        }
        let spec = pod["spec"]
        let taints = nodes.object("", spec.text("nodeName")).map { NodeFacts.taints($0, "NoExecute") } ?? []
        switch TaintEvictionPlan(tolerations: spec.list("tolerations"), taints: taints) {
        case .stays:
            let wasToGo = begun.withLockedValue { $0.removeValue(forKey: key)?.uid == pod.uid }
            if wasToGo { tell(pod, "Cancelling deletion of Pod \(key)") }
        case .goes(let seconds):
            let since = begun.withLockedValue { begun in
                if let known = begun[key], known.uid == pod.uid { return known.since }
                begun[key] = (pod.uid, now())
                return now()
            }
            let left = since + seconds - now()
            if left > 0 { return .again(after: .seconds(left)) }
            try await evict(pod, key)
            begun.withLockedValue { $0[key] = nil }
        }
        return .settled
    }

    private func tell(_ pod: JSON, _ message: String) {
        let reference: JSON = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]],
        ]
        recorder.record(.normal, about: reference, reason: "TaintManagerEviction", message)
    }

    private func evict(_ pod: JSON, _ key: ObjectKey) async throws {
        tell(pod, "Marking for deletion Pod \(key)")
        let condition: JSON = [
            "type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
            "lastTransitionTime": .string(Timestamp(now()).text),
        ]
        do throws(APIStatus) {
            _ = try await api.patch(
                .pods, key.namespace, key.name, subresource: "status",
                .strategic(["metadata": ["uid": .string(pod.uid)], "status": ["conditions": [condition]]]))
            try await api.delete(.pods, pod)
        } catch {
            if error.isNotFound || error.isConflict { return }
            throw error
        }
    }
}
