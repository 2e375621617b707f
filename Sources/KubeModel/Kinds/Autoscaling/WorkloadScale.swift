import JSON

/// `autoscaling/v1` Scale: the part of a workload that says how many there shall be. Pure; the server loads and stores.
package enum WorkloadScale {
    package static let groupVersion = GroupVersion("autoscaling", "v1")

    /// The Scale of an object whose numbers are known.
    static func json(_ object: JSON, replicas: Int, ready: Int, selector: String) -> JSON {
        var metadata: JSON = [:]
        for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            let value = object["metadata"][name]
            if !value.isNull, value != "" { metadata[name] = value }
        }
        var status: JSON = ["replicas": JSON(ready)]
        if !selector.isEmpty { status["selector"] = .string(selector) }
        let spec: JSON = replicas == 0 ? [:] : ["replicas": JSON(replicas)]
        return ["kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status]
    }

    /// The Scale of a Deployment, ReplicaSet, StatefulSet or ReplicationController.
    package static func of(_ object: JSON) throws(APIStatus) -> JSON {
        let selector = object["spec", "selector"]
        let text: String
        // Only ReplicationController's selector is a plain map.
        if selector["matchLabels"].isNull, selector["matchExpressions"].isNull {
            text = LabelSelector(equalTo: selector.stringMap).description
        } else {
            do throws(SelectorError) { text = try LabelSelector(selector).description } catch {
                throw APIStatus.badRequest("invalid label selector: \(error.description)")
            }
        }
        return json(
            object, replicas: object["spec", "replicas"].int ?? 0, ready: object["status", "replicas"].int ?? 0,
            selector: text)
    }

    /// The faults of a Scale that someone wants to put.
    package static func errors(_ scale: JSON) -> [FieldError] {
        let replicas = scale["spec", "replicas"].int ?? 0
        if replicas >= 0 { return [] }
        return [
            .of(.invalid, FieldPath("spec.replicas"), JSON(replicas), "must be greater than or equal to 0")
        ]
    }

    /// The workload with the number of replicas that the scale asks for, and the scale's resourceVersion when it has one,
    /// so that the store refuses a change of an object that has changed meanwhile.
    package static func scaled(_ object: JSON, to scale: JSON) throws(APIStatus) -> JSON {
        let name = object["metadata"].text("name")
        let errors = errors(scale)
        guard errors.isEmpty else { throw APIStatus.invalid(kind: "Scale", group: "autoscaling", name, errors) }
        var result = object
        result["spec", "replicas"] = JSON(scale["spec", "replicas"].int ?? 0)
        let version = scale["metadata"].text("resourceVersion")
        if !version.isEmpty { result["metadata", "resourceVersion"] = .string(version) }
        return result
    }
}
