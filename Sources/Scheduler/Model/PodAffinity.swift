import JSON
import KubeModel

/// Pods that a pod wants near it, or far from it. Source: kube-scheduler `framework.AffinityTerm`.
struct PodAffinityTerm: Sendable, Equatable {
    let namespaces: Set<String>
    /// Further namespaces, by their labels.
    let namespaceSelector: LabelSelector
    let selector: LabelSelector
    let topologyKey: String

    /// nil for selectors that can't be read: such a term counts for nothing.
    init?(_ json: JSON, of namespace: String) {
        guard let selector = try? LabelSelector(json["labelSelector"]),
            let namespaceSelector = try? LabelSelector(json["namespaceSelector"])
        else { return nil }
        let named = json["namespaces"].strings
        namespaces = named.isEmpty && json["namespaceSelector"].isNull ? [namespace] : Set(named)
        self.namespaceSelector = namespaceSelector
        self.selector = selector
        topologyKey = json["topologyKey"].string ?? ""
    }

    /// - Parameter namespaceLabels: of the namespace that the pods are in.
    func matches(_ pods: PodGroup, _ namespaceLabels: [String: String]) -> Bool {
        (namespaces.contains(pods.namespace) || namespaceSelector.matches(namespaceLabels))
            && selector.matches(pods.labels)
    }
}

struct WeightedPodAffinityTerm: Sendable, Equatable {
    let term: PodAffinityTerm
    let weight: Int
}

struct PodAffinity: Sendable, Equatable {
    let required: [PodAffinityTerm]
    let preferred: [WeightedPodAffinityTerm]
    let requiredApart: [PodAffinityTerm]
    let preferredApart: [WeightedPodAffinityTerm]

    /// nil when the pod has neither affinity nor anti-affinity to pods.
    init?(_ affinity: JSON, of namespace: String) {
        let (near, far) = (affinity["podAffinity"], affinity["podAntiAffinity"])
        guard !near.isNull || !far.isNull else { return nil }
        required = Self.required(near, namespace)
        preferred = Self.preferred(near, namespace)
        requiredApart = Self.required(far, namespace)
        preferredApart = Self.preferred(far, namespace)
    }

    private static func required(_ json: JSON, _ namespace: String) -> [PodAffinityTerm] {
        (json["requiredDuringSchedulingIgnoredDuringExecution"].array ?? []).compactMap {
            PodAffinityTerm($0, of: namespace)
        }
    }

    private static func preferred(_ json: JSON, _ namespace: String) -> [WeightedPodAffinityTerm] {
        (json["preferredDuringSchedulingIgnoredDuringExecution"].array ?? []).compactMap { entry in
            PodAffinityTerm(entry["podAffinityTerm"], of: namespace).map {
                WeightedPodAffinityTerm(term: $0, weight: entry["weight"].int ?? 0)
            }
        }
    }
}
