import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Tells kubelets by an annotation how long they may trust what they have read of secrets and config maps: the longer,
/// the more nodes there are.
final class NodeTTLController: Controller {
    static let annotation = "node.alpha.kubernetes.io/ttl"

    private let loop: ReconcileLoop<String>

    init(_ context: ControllerContext) {
        let nodes = context.informers[.nodes]
        let api = context.api("ttl-controller")
        let step = NIOLockedValueBox(0)
        loop = ReconcileLoop("ttl-controller", log: context.log) { name in
            guard let node = nodes.object("", name) else { return .settled }
            let seconds = NodeTTLPlan.seconds[step.withLockedValue { $0 }]
            guard node.annotation(Self.annotation) != "\(seconds)" else { return .settled }
            _ = try await api.patch(
                .nodes, "", name, subresource: "",
                .merge(["metadata": ["annotations": [Self.annotation: .string("\(seconds)")]]]))
            return .settled
        }
        nodes.observe { [loop] change in
            guard change.old == nil || change.new == nil else { return loop.enqueue(change.object.objectName) }
            let count = nodes.objects.count
            let isChanged = step.withLockedValue { step in
                let new = NodeTTLPlan.step(from: step, nodes: count)
                defer { step = new }
                return step != new
            }
            for node in isChanged ? nodes.objects : [change.object] { loop.enqueue(node.objectName) }
        }
    }

    func run() async { await loop.run() }
}

enum NodeTTLPlan {
    static let seconds = [0, 15, 30, 60, 300]
    /// Nodes from which a step is left, downwards and upwards.
    private static let bounds = [(0, 100), (90, 500), (450, 1_000), (900, 2_000), (1_800, Int.max)]

    static func step(from step: Int, nodes: Int) -> Int {
        var step = step
        while nodes > bounds[step].1 { step += 1 }
        while nodes < bounds[step].0 { step -= 1 }
        return step
    }
}
