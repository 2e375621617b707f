/// What a start waits for, by the names of minikube's `--wait`.
package enum StartGoal: String, Sendable, CaseIterable {
    case server = "apiserver", systemPods = "system_pods", account = "default_sa", apps = "apps_running"
    case node = "node_ready", kubelet, extra

    /// From the flag's words. Nil: waiting for everything, as when nothing is said.
    /// - Returns: the word that names nothing, when there is one.
    package static func parse(_ words: [String]) -> (goals: Set<StartGoal>, unknown: String?) {
        switch words {
        case [], ["true"], ["all"]: return (Set(allCases), nil)
        case ["false"], ["none"]: return ([], nil)
        default:
            let goals = words.compactMap { StartGoal(rawValue: $0) }
            return (Set(goals), words.first { StartGoal(rawValue: $0) == nil })
        }
    }

    /// Whether a node must say that it is ready: system pods and apps are the node's own DNS, proxy and control plane.
    var isOfNodes: Bool { self != .server && self != .account }
}
