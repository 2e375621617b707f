import JSON

/// Labels of nodes that others have replaced.
package enum NodeLabelWarnings {
    static let successors = [
        "beta.kubernetes.io/arch": "kubernetes.io/arch",
        "beta.kubernetes.io/os": "kubernetes.io/os",
        "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
        "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    ]

    package static func words(_ key: String) -> String? {
        guard let successor = successors[key] else { return nil }
        let since = key.hasSuffix("/arch") || key.hasSuffix("/os") ? "v1.14" : "v1.17"
        return "deprecated since \(since); use \"\(successor)\" instead"
    }

    package static func of(term: JSON, _ path: FieldPath) -> [String] {
        var warnings: [String] = []
        for (index, requirement) in term.list("matchExpressions").enumerated() {
            let at = path["matchExpressions"][index]
            let key = requirement.text("key")
            if let words = words(key) { warnings.append("\(at["key"]): \(key) is \(words)") }
            for (place, value) in requirement["values"].strings.enumerated() {
                for detail in Names.labelValue(value) {
                    warnings.append("\(at["values"][place]): \(value) is invalid, \(detail)")
                }
            }
        }
        return warnings
    }
}
