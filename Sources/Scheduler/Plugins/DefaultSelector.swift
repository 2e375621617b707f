import JSON
import KubeClient
import KubeModel

/// What the services and the controller select that a pod is of: pods like it. Source: kube-scheduler
/// `helper.DefaultSelector`.
enum DefaultSelector {
    /// nil when nothing selects the pod.
    static func of(_ pod: PodFacts, _ related: RelatedObjects) -> LabelSelector? {
        let namespace = pod.key.namespace
        var labels: [String: String] = [:]
        for service in related.all(.services, in: namespace) {
            let selector = service["spec"]["selector"].stringMap
            guard !selector.isEmpty, selector.allSatisfy({ pod.group.labels[$0.key] == $0.value }) else { continue }
            labels.merge(selector) { $1 }
        }
        var expressions: [JSON] = []
        let owner = (pod.object["metadata"]["ownerReferences"].array ?? []).first { $0["controller"].bool == true }
        if let owner, let resource = resource(owner) {
            let selector = related.object(resource, namespace, owner["name"].string ?? "")?["spec"]["selector"] ?? .null
            let isPlain = resource == .replicationControllers
            labels.merge((isPlain ? selector : selector["matchLabels"]).stringMap) { $1 }
            if !isPlain { expressions = selector["matchExpressions"].array ?? [] }
        }
        guard !labels.isEmpty || !expressions.isEmpty else { return nil }
        return try? LabelSelector(["matchLabels": JSON(labels), "matchExpressions": .array(expressions)])
    }

    private static func resource(_ owner: JSON) -> ResourceID? {
        switch (owner["apiVersion"].string, owner["kind"].string) {
        case ("v1", "ReplicationController"): .replicationControllers
        case ("apps/v1", "ReplicaSet"): .replicaSets
        case ("apps/v1", "StatefulSet"): .statefulSets
        default: nil
        }
    }
}
