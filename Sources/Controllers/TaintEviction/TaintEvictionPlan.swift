import JSON
import KubeModel

/// How long a pod stays on a node with taints that evict.
enum TaintEvictionPlan: Equatable {
    /// It tolerates all taints for good.
    case stays
    case goes(after: Double)

    /// - Parameter taints: the node's with effect NoExecute.
    init(tolerations: [JSON], taints: [JSON]) {
        var used: [JSON] = []
        for taint in taints {
            let matching = tolerations.filter { Self.tolerates($0, taint) }
            // The first that matches counts, as the original's.
            guard let first = matching.first else {
                self = .goes(after: 0)
                return
            }
            used.append(first)
        }
        let seconds = used.compactMap { $0["tolerationSeconds"].double }
        if let least = seconds.min() { self = .goes(after: max(0, least)) } else { self = .stays }
    }

    static func tolerates(_ toleration: JSON, _ taint: JSON) -> Bool {
        let effect = toleration.text("effect"), key = toleration.text("key")
        if !effect.isEmpty, effect != taint.text("effect") { return false }
        if !key.isEmpty, key != taint.text("key") { return false }
        switch toleration.text("operator") {
        case "", "Equal": return !key.isEmpty && toleration.text("value") == taint.text("value")
        case "Exists": return true
        case let name:
            guard let a = Int(taint.text("value")), let b = Int(toleration.text("value")) else { return false }
            return name == "Lt" ? a < b : name == "Gt" && a > b
        }
    }
}
