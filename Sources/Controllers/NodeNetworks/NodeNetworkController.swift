import JSON
import KubeClient
import KubeModel
import Logging

/// Gives every node a part of the pods' network.
final class NodeNetworkController: Controller {
    private let recorder: EventRecorder
    private let loop: ReconcileLoop<String>

    /// Nil when there is no network to give from.
    init?(_ context: ControllerContext) {
        guard let plan = NodeNetworkPlan(context.settings.clusterCIDR) else { return nil }
        let nodes = context.informers[.nodes]
        recorder = context.recorder("node-controller", component: "cidrAllocator")
        let turn = NodeNetworkTurn(
            plan: plan, api: context.api("node-controller"), nodes: nodes, recorder: recorder)
        // One at a time: two nodes must not get the same part.
        loop = ReconcileLoop("node-ipam-controller", workers: 1, log: context.log) { try await turn.reconcile($0) }
        nodes.observe { [loop] change in
            if change.new?["spec"].text("podCIDR") == "" { loop.enqueue(change.object.objectName) }
            // What a node leaves may be what others wait for.
            guard change.new == nil else { return }
            for node in nodes.objects where node["spec"].text("podCIDR").isEmpty { loop.enqueue(node.objectName) }
        }
    }

    func run() async { await runTogether([{ await self.loop.run() }, { await self.recorder.run() }]) }
}

private struct NodeNetworkTurn: Sendable {
    let plan: NodeNetworkPlan
    let api: any ObjectAPI
    let nodes: Informer
    let recorder: EventRecorder

    func reconcile(_ name: String) async throws -> Next {
        guard let node = nodes.object("", name), node["spec"].text("podCIDR").isEmpty else { return .settled }
        let used = Set(nodes.objects.map { $0["spec"].text("podCIDR") })
        guard let network = plan.free(used) else {
            recorder.record(
                .normal, about: NodeFacts.reference(node), reason: "CIDRNotAvailable",
                "Node \(name) status is now: CIDRNotAvailable")
            return .settled
        }
        do throws(APIStatus) {
            let written = try await api.patch(
                .nodes, "", name, subresource: "",
                .strategic(["spec": ["podCIDR": .string(network), "podCIDRs": [.string(network)]]]))
            await nodes.reached(written)
        } catch {
            if !error.isNotFound { throw error }
        }
        return .settled
    }
}
