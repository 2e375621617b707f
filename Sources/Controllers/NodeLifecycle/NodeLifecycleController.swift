import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Notices nodes that fall silent, and taints those that aren't well.
final class NodeLifecycleController: Controller {
    private let recorder: EventRecorder
    private let loop: ReconcileLoop<String>
    private let health: NodeHealth

    init(_ context: ControllerContext) {
        let nodes = context.informers[.nodes], pods = context.informers[.pods]
        let recorder = context.recorder("node-controller")
        self.recorder = recorder
        let health = NodeHealth(now: context.now)
        self.health = health
        let turn = NodeTurn(
            api: context.api("node-controller"), nodes: nodes, pods: pods, recorder: recorder, health: health,
            settings: context.settings, now: context.now)
        loop = ReconcileLoop("node-lifecycle-controller", workers: 8, log: context.log) { try await turn.reconcile($0) }
        nodes.observe { [loop] change in
            health.note(change)
            let name = change.object.objectName
            if change.old == nil || change.new == nil {
                let (reason, verb) = change.new == nil ? ("RemovingNode", "Removing") : ("RegisteredNode", "Registered")
                let where_ = change.new == nil ? "from" : "in"
                recorder.record(
                    .normal, about: NodeFacts.reference(change.object), reason: reason,
                    "Node \(name) event: \(verb) Node \(name) \(where_) Controller")
            }
            loop.enqueue(name)
            // Whether others evict depends on how many are well.
            guard change.old.map(NodeFacts.ready) != change.new.map(NodeFacts.ready) else { return }
            for node in nodes.objects { loop.enqueue(node.objectName) }
        }
        context.informers[.leases].observe { change in
            guard change.object.objectNamespace == "kube-node-lease", change.new != nil else { return }
            health.noteLease(change.object)
        }
    }

    func run() async { await runTogether([{ await self.loop.run() }, { await self.recorder.run() }]) }
}

/// When each node was last heard of, by our own clock: nodes' clocks may differ.
final class NodeHealth: Sendable {
    private struct Sign {
        var heartbeat = ""
        var renewal = ""
        /// Seconds since 1970.
        var heard: Double
    }

    private let now: @Sendable () -> Double
    private let signs = NIOLockedValueBox<[String: Sign]>([:])

    init(now: @escaping @Sendable () -> Double) { self.now = now }

    func note(_ change: ObjectChange) {
        let time = now()
        let name = change.object.objectName
        signs.withLockedValue { signs in
            guard let node = change.new else { return signs[name] = nil }
            let heartbeat = NodeFacts.condition(node, "Ready").text("lastHeartbeatTime")
            let status = NodeFacts.ready(node)
            var sign = signs[name] ?? Sign(heard: heartbeat.isEmpty ? node.creationTime?.time ?? time : time)
            // A condition that we ourselves made Unknown is no sign of life.
            if sign.heartbeat != heartbeat, !heartbeat.isEmpty, status != "Unknown" || sign.heartbeat.isEmpty {
                sign.heard = time
            }
            sign.heartbeat = heartbeat
            signs[name] = sign
        }
    }

    func noteLease(_ lease: JSON) {
        let renewal = lease["spec"].text("renewTime")
        let time = now()
        signs.withLockedValue { signs in
            let name = lease.objectName
            guard signs[name]?.renewal != renewal else { return }
            var sign = signs[name] ?? Sign(heard: time)
            sign.renewal = renewal
            sign.heard = time
            signs[name] = sign
        }
    }

    /// Nil for nodes that nobody knows.
    func lastHeard(_ name: String) -> Double? { signs.withLockedValue { $0[name]?.heard } }
}

private struct NodeTurn: Sendable {
    let api: any ObjectAPI
    let nodes: Informer
    let pods: Informer
    let recorder: EventRecorder
    let health: NodeHealth
    let settings: ControllerSettings
    let now: @Sendable () -> Double

    func reconcile(_ name: String) async throws -> Next {
        guard var node = nodes.object("", name) else { return .settled }
        let grace =
            NodeFacts.ready(node).isEmpty ? settings.nodeStartupGraceSeconds : settings.nodeGraceSeconds
        let left = (health.lastHeard(name) ?? now()) + grace - now()
        if left <= 0 { node = try await silence(node) }
        node = try await taint(node)
        try await label(node)
        return left > 0 ? .again(after: .seconds(left)) : .settled
    }

    private func silence(_ node: JSON) async throws -> JSON {
        let wasReady = NodeFacts.ready(node) == "True"
        let conditions = NodeHealthPlan.silenced(node, now: now())
        guard conditions != node["status"].list("conditions") else { return node }
        var changed = node
        changed["status", "conditions"] = .array(conditions)
        let written = try await api.updateStatus(.nodes, changed)
        await nodes.reached(written)
        if wasReady {
            let name = node.objectName
            recorder.record(
                .normal, about: NodeFacts.reference(node), reason: "NodeNotReady",
                "Node \(name) status is now: NodeNotReady")
            for pod in pods.objects(by: InformerIndex.node, name) { try await markNotReady(pod) }
        }
        return written
    }

    private func markNotReady(_ pod: JSON) async throws {
        guard PodFacts.isReady(pod) else { return }
        let condition: JSON = [
            "type": "Ready", "status": "False", "lastTransitionTime": .string(Timestamp(now()).text),
        ]
        do throws(APIStatus) {
            _ = try await api.patch(
                .pods, pod.objectNamespace, pod.objectName, subresource: "status",
                .strategic(["metadata": ["uid": .string(pod.uid)], "status": ["conditions": [condition]]]))
        } catch {
            if error.isNotFound || error.isConflict { return }
            throw error
        }
        recorder.record(.warning, about: pod, reason: "NodeNotReady", "Node is not ready")
    }

    private func taint(_ node: JSON) async throws -> JSON {
        let evicts = NodeHealthPlan.evicts(zone: NodeFacts.zone(node), nodes: nodes.objects)
        let taints = NodeHealthPlan.taints(node, evicts: evicts, now: now())
        guard taints != node["spec"].list("taints") else { return node }
        let written = try await api.patch(
            .nodes, "", node.objectName, subresource: "",
            .merge([
                "metadata": ["resourceVersion": node["metadata"]["resourceVersion"]],
                "spec": ["taints": taints.isEmpty ? JSON.null : .array(taints)],
            ]))
        await nodes.reached(written)
        return written
    }

    private func label(_ node: JSON) async throws {
        let labels = NodeHealthPlan.labels(node)
        guard !labels.isEmpty else { return }
        _ = try await api.patch(
            .nodes, "", node.objectName, subresource: "", .merge(["metadata": ["labels": JSON(labels)]]))
    }
}
