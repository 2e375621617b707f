import JSON
import KubeModel

/// Whether a pod may be on a node by its node selector and required node affinity (component-helpers `nodeaffinity`).
enum NodeMatch {
    static func fits(_ podSpec: JSON, _ node: JSON) -> Bool {
        for (key, value) in podSpec.map("nodeSelector") where node.labels[key] != value { return false }
        let required = podSpec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        guard !required.isNull else { return true }
        return required.list("nodeSelectorTerms").contains { matches($0, node) }
    }

    /// A term without any expression matches nothing.
    private static func matches(_ term: JSON, _ node: JSON) -> Bool {
        let labels = term.list("matchExpressions"), fields = term.list("matchFields")
        guard !labels.isEmpty || !fields.isEmpty else { return false }
        return labels.allSatisfy { holds($0, node.labels[$0.text("key")].string) }
            && fields.allSatisfy { $0.text("key") == "metadata.name" && holds($0, node.objectName) }
    }

    private static func holds(_ expression: JSON, _ value: String?) -> Bool {
        let values = expression["values"].strings
        switch expression.text("operator") {
        case "In": return value.map(values.contains) ?? false
        case "NotIn": return !(value.map(values.contains) ?? false)
        case "Exists": return value != nil
        case "DoesNotExist": return value == nil
        case let name:
            guard let value = value.flatMap({ Int($0) }), let bound = values.first.flatMap({ Int($0) }) else {
                return false
            }
            return name == "Gt" ? value > bound : name == "Lt" && value < bound
        }
    }
}
