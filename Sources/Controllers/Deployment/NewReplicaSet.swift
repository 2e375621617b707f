import JSON
import KubeModel

/// The replica set of a deployment's template.
enum NewReplicaSet {
    /// - Parameter old: the other sets, by which its first size is bounded.
    static func make(_ deployment: JSON, old: [JSON]) -> JSON {
        let spec = deployment["spec"]
        var template = spec["template"]
        let hash = TemplateHash.of(template, collisions: deployment["status"]["collisionCount"].int)
        template["metadata", "labels"] = adding(hash, to: template.labels)
        var selector = spec["selector"]
        selector["matchLabels"] = adding(hash, to: selector["matchLabels"])
        var set: JSON = [
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": [
                "name": .string(name(deployment.objectName, hash)), "namespace": deployment["metadata"]["namespace"],
                "labels": template.labels,
                "ownerReferences": [OwnerReferences.make(to: deployment, isController: true)],
            ],
            "spec": ["replicas": 0, "selector": selector, "template": template],
        ]
        if let seconds = spec["minReadySeconds"].int, seconds != 0 { set["spec", "minReadySeconds"] = JSON(seconds) }
        set["spec", "replicas"] = JSON(DeploymentPlan.newestSize(deployment, newest: set, all: old + [set]))
        let revision = DeploymentRevisions.highest(old) + 1
        _ = DeploymentRevisions.annotate(&set, as: revision, of: deployment, exists: false)
        return set
    }

    private static func adding(_ hash: String, to labels: JSON) -> JSON {
        var labels = labels
        labels[DeploymentRevisions.hashLabel] = .string(hash)
        return labels
    }

    /// Cut where it would be longer than a name may be.
    static func name(_ deployment: String, _ hash: String) -> String {
        let longest = 253 - 1 - hash.utf8.count
        return "\(deployment.prefix(longest))-\(hash)"
    }
}
