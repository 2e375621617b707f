import JSON
import KubeModel

/// Which nodes: terms of which one must hold. Source: component-helpers `nodeaffinity`.
struct NodeSelector: Sendable, Equatable {
    let terms: [NodeSelectorTerm]

    /// An empty term selects nothing.
    init(_ json: JSON) {
        terms = (json["nodeSelectorTerms"].array ?? []).map { NodeSelectorTerm($0) }.filter { !$0.isEmpty }
    }

    func matches(_ node: NodeFacts) -> Bool { terms.contains { $0.matches(node) } }
}

struct NodeSelectorTerm: Sendable, Equatable {
    struct Expression: Sendable, Equatable {
        let key: String
        let comparison: String
        let values: [String]

        init(_ json: JSON) {
            key = json["key"].string ?? ""
            comparison = json["operator"].string ?? ""
            values = json["values"].strings
        }

        /// - Parameter value: nil when there is no such label or field.
        func matches(_ value: String?) -> Bool {
            switch comparison {
            case "In": return value.map(values.contains) ?? false
            case "NotIn": return !(value.map(values.contains) ?? false)
            case "Exists": return value != nil
            case "DoesNotExist": return value == nil
            case "Gt", "Lt":
                guard let number = value.flatMap({ GoInteger.parse($0) }),
                    let bound = values.first.flatMap({ GoInteger.parse($0) })
                else { return false }
                return comparison == "Gt" ? number > bound : number < bound
            default: return false
            }
        }
    }

    let labels: [Expression]
    /// The one field is `metadata.name`.
    let fields: [Expression]

    init(_ json: JSON) {
        labels = (json["matchExpressions"].array ?? []).map { Expression($0) }
        fields = (json["matchFields"].array ?? []).map { Expression($0) }
    }

    var isEmpty: Bool { labels.isEmpty && fields.isEmpty }

    func matches(_ node: NodeFacts) -> Bool {
        labels.allSatisfy { $0.matches(node.labels[$0.key]) }
            && fields.allSatisfy { $0.matches($0.key == "metadata.name" ? node.name : nil) }
    }

    /// The nodes that its fields name; nil when they name none, and so leave all.
    var names: Set<String>? {
        let named = fields.filter { $0.key == "metadata.name" && $0.comparison == "In" }.map { Set($0.values) }
        guard var names = named.first else { return nil }
        for more in named.dropFirst() { names.formIntersection(more) }
        return names
    }
}

/// What a pod demands of its node: `nodeSelector` and the required node affinity.
struct NodeDemand: Sendable, Equatable {
    let labels: [String: String]
    /// nil: nothing is required.
    let affinity: NodeSelector?

    init(_ spec: JSON) {
        labels = spec["nodeSelector"].stringMap
        let required = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        affinity = required.isNull ? nil : NodeSelector(required)
    }

    var isEmpty: Bool { labels.isEmpty && affinity == nil }

    func isMet(by node: NodeFacts) -> Bool {
        for (key, value) in labels where node.labels[key] != value { return false }
        return affinity?.matches(node) ?? true
    }
}
