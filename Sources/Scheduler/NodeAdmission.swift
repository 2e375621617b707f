import JSON
import KubeModel

/// Whether a node can run a pod beside those that it runs already: what kubelets ask before they begin with one, since
/// pods may come past the scheduler. Reasons and sentences are the original's (`scheduler.AdmissionCheck`).
package enum NodeAdmission {
    package enum Refusal: Sendable, Equatable {
        /// - `resource`: `cpu` in thousandths, `memory` in bytes, `pods`, …
        case shortage(resource: String, requested: Int, used: Int, capacity: Int)
        case rule(name: String, reason: String)

        package var reason: String {
            switch self {
            case .shortage(let resource, _, _, _): "OutOf\(resource)"
            case .rule(let name, _): name
            }
        }

        package var message: String {
            switch self {
            case .shortage(let resource, let requested, let used, let capacity):
                "Node didn't have enough resource: \(resource), requested: \(requested), used: \(used), "
                    + "capacity: \(capacity)"
            case .rule(let name, let reason): "Predicate \(name) failed: \(reason)"
            }
        }
    }

    /// All that speaks against the pod, what counts first.
    /// - Parameters:
    ///   - others: the pods that the node has taken.
    ///   - isStatic: it comes from a file on the node, and puts up with all taints.
    package static func refusals(_ pod: JSON, node: JSON, others: [JSON], isStatic: Bool) -> [Refusal] {
        let facts = NodeFacts(node)
        var refusals = shortages(pod, facts, others)
        func refuse(_ name: String, _ reason: String) { refusals.append(.rule(name: name, reason: reason)) }
        if !NodeDemand(pod["spec"]).isMet(by: facts) {
            refuse("NodeAffinity", "node(s) didn't match Pod's node affinity/selector")
        }
        let name = pod["spec"]["nodeName"].string ?? ""
        if !name.isEmpty, name != facts.name {
            refuse("NodeName", "node(s) didn't match the requested node name")
        }
        let ports = HostPort.of(pod["spec"])
        if !ports.isEmpty {
            let taken = others.flatMap { HostPort.of($0["spec"]) }
            if ports.contains(where: { port in taken.contains { $0.conflicts(with: port) } }) {
                refuse("NodePorts", "node(s) didn't have free ports for the requested pod ports")
            }
        }
        if !isStatic, hasIntolerableTaint(pod, node) {
            refuse("TaintToleration", "node(s) had taints that the pod didn't tolerate")
        }
        return refusals
    }

    /// Whether what the pod demands of its node can't be told from the node's size alone: labels, or resources that
    /// others count.
    package static func asksForMore(_ pod: JSON) -> Bool {
        !NodeDemand(pod["spec"]).isEmpty || !PodRequests(pod).exact.others.isEmpty
    }

    /// Only those that end pods count: the pod is there already.
    package static func hasIntolerableTaint(_ pod: JSON, _ node: JSON) -> Bool {
        let taints = (node["spec"]["taints"].array ?? []).map { Taint($0) }.filter { $0.effect == .noExecute }
        guard !taints.isEmpty else { return false }
        return (pod["spec"]["tolerations"].array ?? []).map { Toleration($0) }.intolerable(of: taints) != nil
    }

    /// What the pod asks for of a resource, as `Refusal.shortage` counts it.
    package static func request(_ pod: JSON, _ resource: String) -> Int {
        if resource == "pods" { return 1 }
        let wanted = PodRequests(pod).exact
        switch resource {
        case "cpu": return wanted.cpu
        case "memory": return wanted.memory
        case "ephemeral-storage": return wanted.storage
        default: return wanted.others[resource] ?? 0
        }
    }

    private static func shortages(_ pod: JSON, _ node: NodeFacts, _ others: [JSON]) -> [Refusal] {
        var wanted = PodRequests(pod).exact
        // What the node doesn't count is counted for the cluster as a whole.
        wanted.others = wanted.others.filter {
            $0.key.hasPrefix("hugepages-") || node.allocatable.others[$0.key] != nil
        }
        var used = Resources()
        for other in others { used += PodRequests(other).exact }
        return NodeResourcesFit.shortages(wanted, node, used: used, pods: others.count).map {
            .shortage(resource: $0.resource, requested: $0.requested, used: $0.used, capacity: $0.capacity)
        }
    }
}
