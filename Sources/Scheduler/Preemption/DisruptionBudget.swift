import JSON
import KubeClient
import KubeModel

/// How many pods may be evicted now of those that it selects.
struct DisruptionBudget {
    let namespace: String
    /// nil selects nothing.
    let selector: LabelSelector?
    let allowed: Int
    /// Pods whose eviction is counted already.
    let disrupted: Set<String>

    init(_ object: JSON) {
        namespace = object["metadata"]["namespace"].string ?? ""
        selector = try? LabelSelector(object["spec"]["selector"])
        allowed = object["status"]["disruptionsAllowed"].int ?? 0
        disrupted = Set(object["status"]["disruptedPods"].object?.names ?? [])
    }

    private func protects(_ pod: PodFacts) -> Bool {
        guard pod.key.namespace == namespace, let selector, !selector.isEmpty, !pod.group.labels.isEmpty else {
            return false
        }
        return selector.matches(pod.group.labels) && !disrupted.contains(pod.key.name)
    }

    /// The pods whose eviction, after that of those before them, would go beyond a budget, and the others.
    static func split(_ pods: [PodFacts], _ budgets: [DisruptionBudget]) -> (protected: [PodFacts], free: [PodFacts]) {
        var left = budgets.map(\.allowed)
        var (protected, free): ([PodFacts], [PodFacts]) = ([], [])
        for pod in pods {
            var isProtected = false
            for index in budgets.indices where budgets[index].protects(pod) {
                left[index] -= 1
                if left[index] < 0 { isProtected = true }
            }
            if isProtected { protected.append(pod) } else { free.append(pod) }
        }
        return (protected, free)
    }
}
