import KubeClient

/// Pods go near the pods that they want near them, and stay away from those that they, or who don't want them near.
struct InterPodAffinity: FilterPlugin {
    var name: PluginName { .interPodAffinity }

    /// A node label and its value.
    struct Domain: Hashable {
        let key: String
        let value: String
    }

    typealias Counts = [Domain: Int]

    struct Filter: NodeFilter {
        let pod: PodFacts
        let related: RelatedObjects
        /// How many pods match all of its required terms.
        var near: Counts = [:]
        /// How many pods match one of its terms to be apart from.
        var apart: Counts = [:]
        /// How many terms of other pods keep it away.
        var keptAway: Counts = [:]
        /// The labels that these are about: few, however many nodes there are.
        var keptAwayKeys: Set<String> = []

        var required: [PodAffinityTerm] { pod.affinity?.required ?? [] }
        var requiredApart: [PodAffinityTerm] { pod.affinity?.requiredApart ?? [] }
        var saysNothing: Bool { keptAway.isEmpty && required.isEmpty && requiredApart.isEmpty }

        func rejection(_ node: NodeState) -> Rejection? {
            if !hasRequired(node.facts) {
                return .final(.interPodAffinity, "node(s) didn't match pod affinity rules")
            }
            let labels = node.facts.labels
            for term in requiredApart {
                guard let value = labels[term.topologyKey] else { continue }
                if apart[Domain(key: term.topologyKey, value: value)] ?? 0 > 0 {
                    return .resolvable(.interPodAffinity, "node(s) didn't match pod anti-affinity rules")
                }
            }
            for key in keptAwayKeys {
                guard let value = labels[key], keptAway[Domain(key: key, value: value)] ?? 0 > 0 else { continue }
                return .resolvable(.interPodAffinity, "node(s) didn't satisfy existing pods anti-affinity rules")
            }
            return nil
        }

        private func hasRequired(_ node: NodeFacts) -> Bool {
            var isNear = true
            for term in required {
                guard let value = node.labels[term.topologyKey] else { return false }
                if near[Domain(key: term.topologyKey, value: value)] ?? 0 <= 0 { isNear = false }
            }
            // The first of pods that want to be near each other may go anywhere.
            return isNear || near.isEmpty && InterPodAffinity.matchesAll(required, pod.group, related)
        }

        mutating func add(_ other: PodFacts, to node: NodeFacts) { count(other, node, 1) }
        mutating func remove(_ other: PodFacts, from node: NodeFacts) { count(other, node, -1) }

        private mutating func count(_ other: PodFacts, _ node: NodeFacts, _ step: Int) {
            count(other.group, node, step)
            countTerms(of: other, node, step)
        }

        /// What the pod says of these.
        mutating func count(_ group: PodGroup, _ node: NodeFacts, _ step: Int) {
            if InterPodAffinity.matchesAll(required, group, related) {
                for term in required { Self.change(&near, term, node, step) }
            }
            guard !requiredApart.isEmpty else { return }
            let labels = related.labels(ofNamespace: group.namespace)
            for term in requiredApart where term.matches(group, labels) { Self.change(&apart, term, node, step) }
        }

        /// What another says of the pod.
        mutating func countTerms(of other: PodFacts, _ node: NodeFacts, _ step: Int) {
            guard let terms = other.affinity?.requiredApart, !terms.isEmpty else { return }
            let labels = related.labels(ofNamespace: pod.key.namespace)
            for term in terms where term.matches(pod.group, labels) {
                keptAwayKeys.insert(term.topologyKey)
                Self.change(&keptAway, term, node, step)
            }
        }

        private static func change(_ counts: inout Counts, _ term: PodAffinityTerm, _ node: NodeFacts, _ step: Int) {
            guard let value = node.labels[term.topologyKey] else { return }
            let domain = Domain(key: term.topologyKey, value: value)
            let count = (counts[domain] ?? 0) + step
            counts[domain] = count == 0 ? nil : count
        }
    }

    /// Whether there are terms, and the pods match all of them.
    static func matchesAll(_ terms: [PodAffinityTerm], _ group: PodGroup, _ related: RelatedObjects) -> Bool {
        guard !terms.isEmpty else { return false }
        let labels = related.labels(ofNamespace: group.namespace)
        return terms.allSatisfy { $0.matches(group, labels) }
    }

    func prepare(_ pod: PodFacts, _ cluster: ClusterState) -> FilterPreparation {
        let saysSomething = pod.affinity.map { !$0.required.isEmpty || !$0.requiredApart.isEmpty } ?? false
        guard saysSomething || cluster.requiredApartCount > 0 else { return .skip }
        var filter = Filter(pod: pod, related: cluster.related)
        for node in cluster.nodes {
            for other in node.withRequiredApart { filter.countTerms(of: other, node.facts, 1) }
            guard saysSomething else { continue }
            for (group, number) in node.groups { filter.count(group, node.facts, number.all) }
        }
        return filter.saysNothing ? .skip : .filter(filter, only: nil)
    }

    func mayHelp(_ event: ClusterEvent, _ pod: PodFacts, _ cluster: ClusterState) -> Bool {
        let terms = pod.affinity
        func isWanted(_ other: PodFacts) -> Bool {
            Self.matchesAll(terms?.required ?? [], other.group, cluster.related)
        }
        func isUnwanted(_ other: PodFacts) -> Bool {
            let labels = cluster.related.labels(ofNamespace: other.key.namespace)
            if (terms?.requiredApart ?? []).contains(where: { $0.matches(other.group, labels) }) { return true }
            let own = cluster.related.labels(ofNamespace: pod.key.namespace)
            return (other.affinity?.requiredApart ?? []).contains { $0.matches(pod.group, own) }
        }
        func differs(_ old: NodeFacts, _ new: NodeFacts) -> Bool {
            ((terms?.required ?? []) + (terms?.requiredApart ?? [])).contains {
                old.labels[$0.topologyKey] != new.labels[$0.topologyKey]
            } || terms == nil && old.labels != new.labels
        }
        return switch event {
        case .podPlaced(let other): isWanted(other)
        case .podRemoved(let other): isUnwanted(other)
        case .podChanged(let old, let new):
            isWanted(new) && !isWanted(old) || isUnwanted(old) && !isUnwanted(new)
        case .nodeAdded: true
        case .nodeChanged(let old, let new): differs(old, new)
        case .nodeRemoved: false
        case .related(let resource, _): resource == .namespaces
        }
    }
}
