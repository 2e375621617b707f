import JSON
import KubeClient
import KubeModel
import Logging

/// Labels that say what a node is in its cluster. Kubelets may not set them, so the control plane does, as soon as a
/// node registers.
final class NodeLabels: Sendable {
    private let api: any ObjectAPI
    private let informer: Informer
    /// The control plane's node, which is called as the cluster is.
    private let primary: String
    private let log: Logger

    /// - Parameter api: as an administrator.
    init(_ api: any ObjectAPI, _ informers: InformerSet, primary: String, log: Logger) {
        self.api = api
        informer = informers[.nodes]
        self.primary = primary
        self.log = log
    }

    static func wanted(_ node: String, primary: String) -> [String: String] {
        var labels = ["minikube.k8s.io/name": primary, "minikube.k8s.io/primary": "\(node == primary)"]
        if node == primary {
            labels["node-role.kubernetes.io/control-plane"] = ""
            labels["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
        }
        return labels
    }

    /// Until its task is cancelled.
    func run() async {
        let loop = ReconcileLoop<String>("node labels", workers: 1, log: log) { name in
            guard let node = self.informer.object("", name), !SimulatedNode.isOne(node) else { return .settled }
            let missing = Self.wanted(name, primary: self.primary).filter {
                node["metadata"]["labels"][$0.key].string == nil
            }
            guard !missing.isEmpty else { return .settled }
            _ = try await self.api.patch(
                .nodes, "", name, subresource: "", .merge(["metadata": ["labels": JSON(missing)]]))
            return .settled
        }
        informer.observe { change in
            if change.new != nil, change.old == nil { loop.enqueue(change.key.name) }
        }
        await loop.run()
    }
}
