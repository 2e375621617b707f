import JSON

/// What draws a pod to nodes and to other pods, or keeps it away.
enum AffinityRules {
    private static let (required, preferred) = (
        "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
    )

    static func check(
        _ affinity: JSON, _ options: PodSpecRules.Options, _ path: FieldPath, _ faults: inout Faults
    ) {
        guard case .object = affinity else { return }
        let (nodes, at) = (affinity["nodeAffinity"], path["nodeAffinity"])
        if nodes.has(required) { NodeSelectors.check(nodes[required], at[required], &faults) }
        for (index, term) in nodes.list(preferred).enumerated() {
            let path = at[preferred][index]
            checkWeight(term, path, &faults)
            NodeSelectors.checkTerm(term["preference"], allowsBadValues: true, path["preference"], &faults)
        }
        for kind in ["podAffinity", "podAntiAffinity"] {
            let (pods, path) = (affinity[kind], path[kind])
            for (index, term) in pods.list(required).enumerated() {
                checkTerm(term, options, path[required][index], &faults)
            }
            for (index, term) in pods.list(preferred).enumerated() {
                let path = path[preferred][index]
                checkWeight(term, path, &faults)
                checkTerm(term["podAffinityTerm"], options, path["podAffinityTerm"], &faults)
            }
        }
    }

    private static func checkWeight(_ term: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let weight = term["weight"].int ?? 0
        if !(1...100).contains(weight) {
            faults.invalid(path["weight"], .init(weight), "must be in the range 1-100")
        }
    }

    private static func checkTerm(
        _ term: JSON, _ options: PodSpecRules.Options, _ path: FieldPath, _ faults: inout Faults
    ) {
        for name in ["labelSelector", "namespaceSelector"] {
            faults.checkSelector(term[name], allowsBadValues: options.allowsBadSelectorValues, path[name])
        }
        for name in term["namespaces"].strings { faults.check(name, path["namespace"], Names.dnsLabel) }
        checkKeys(term, path, &faults)
        let key = term.text("topologyKey")
        if key.isEmpty { faults.required(path["topologyKey"], "can not be empty") }
        faults.check(key, path["topologyKey"], Names.qualifiedName)
    }

    /// Labels whose values are taken from the pod itself.
    private static func checkKeys(_ term: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let (matching, other) = (term["matchLabelKeys"].strings, term["mismatchLabelKeys"].strings)
        if matching.isEmpty, other.isEmpty { return }
        let selector = term["labelSelector"]
        for (keys, name) in [(matching, "matchLabelKeys"), (other, "mismatchLabelKeys")] where !keys.isEmpty {
            if selector.isNull {
                faults.forbidden(path[name], "must not be specified when labelSelector is not set")
                continue
            }
            for (index, key) in keys.enumerated() { faults.check(key, path[name][index], Names.qualifiedName) }
        }
        let places = Dictionary(matching.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
        var seen = Set(selector.map("matchLabels").names)
        for requirement in selector.list("matchExpressions") {
            let key = requirement.text("key")
            if let index = places[key], seen.contains(key) {
                faults.invalid(path[index], .string(key), "exists in both matchLabelKeys and labelSelector")
            }
            seen.insert(key)
        }
        let others = Set(other)
        for (index, key) in matching.enumerated() where others.contains(key) {
            faults.invalid(
                path["matchLabelKeys"][index], .string(key), "exists in both matchLabelKeys and mismatchLabelKeys")
        }
    }
}
