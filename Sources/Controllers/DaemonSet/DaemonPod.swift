import JSON
import KubeModel

/// A daemon set's pod for one node.
enum DaemonPod {
    static let generationLabel = "pod-template-generation"

    private static let tolerated: [(key: String, effect: String)] = [
        (NodeFacts.notReady, "NoExecute"), (NodeFacts.unreachable, "NoExecute"),
        ("node.kubernetes.io/disk-pressure", "NoSchedule"), ("node.kubernetes.io/memory-pressure", "NoSchedule"),
        ("node.kubernetes.io/pid-pressure", "NoSchedule"), (NodeFacts.unschedulable, "NoSchedule"),
    ]

    static func make(_ set: JSON, node: String, hash: String) -> JSON {
        var pod = PodControl.pod(set["spec"]["template"], owner: set)
        var labels: JSON = pod.labels.isNull ? [:] : pod.labels
        if let generation = generation(set) { labels[generationLabel] = .string(generation) }
        labels[RevisionHistory.hashLabel] = .string(hash)
        pod["metadata", "labels"] = labels
        pod["spec"] = spec(set)
        // The scheduler binds it: to this node and to no other.
        pod["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"] = [
            "nodeSelectorTerms": [
                ["matchFields": [["key": "metadata.name", "operator": "In", "values": [.string(node)]]]]
            ]
        ]
        return pod
    }

    /// The template's, with the tolerations that daemons have.
    static func spec(_ set: JSON) -> JSON {
        var spec = set["spec"]["template"]["spec"]
        var tolerations = spec.list("tolerations")
        var own = tolerated
        if spec.flag("hostNetwork") { own.append(("node.kubernetes.io/network-unavailable", "NoSchedule")) }
        for (key, effect) in own {
            let toleration: JSON = ["key": .string(key), "operator": "Exists", "effect": .string(effect)]
            if !tolerations.contains(toleration) { tolerations.append(toleration) }
        }
        spec["tolerations"] = .array(tolerations)
        return spec
    }

    /// An annotation from before there were revisions.
    static func generation(_ set: JSON) -> String? { set.annotation("deprecated.daemonset.template.generation") }

    static func isUpdated(_ pod: JSON, _ set: JSON, hash: String) -> Bool {
        if !hash.isEmpty, pod.labels.text(RevisionHistory.hashLabel) == hash { return true }
        guard let generation = generation(set) else { return false }
        return pod.labels.text(generationLabel) == generation
    }

    /// The node that it is on or is to be on; "" when it names none.
    static func node(_ pod: JSON) -> String {
        let spec = pod["spec"]
        if !spec.text("nodeName").isEmpty { return spec.text("nodeName") }
        let required = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        for term in required.list("nodeSelectorTerms") {
            for field in term.list("matchFields")
            where field.text("key") == "metadata.name" && field.text("operator") == "In" {
                return field["values"].strings.first ?? ""
            }
        }
        return ""
    }
}
