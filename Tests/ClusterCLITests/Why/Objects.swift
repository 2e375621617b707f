import JSON

/// Objects of tests, in few words.
enum Make {
    static func object(_ kind: String, _ name: String, _ more: JSON = [:]) -> JSON {
        var object = more
        object["kind"] = .string(kind)
        object["metadata"]["name"] = .string(name)
        if kind != "Node" { object["metadata"]["namespace"] = "default" }
        object["metadata"]["uid"] = .string("\(kind)-\(name)")
        return object
    }

    static func owner(_ kind: String, _ name: String) -> JSON {
        [["kind": .string(kind), "name": .string(name), "uid": .string("\(kind)-\(name)"), "controller": true]]
    }

    /// A pod with one container `c`.
    static func pod(
        _ name: String, node: String = "n1", container: JSON = [:], state: JSON = .null, last: JSON = .null,
        ready: Bool = false, restarts: Int = 0, labels: JSON = [:], owner: JSON = .null, phase: String = "Pending"
    ) -> JSON {
        var own = container
        own["name"] = "c"
        if own["image"].isNull { own["image"] = "nginx:1.99" }
        var status: JSON = ["name": "c", "ready": .bool(ready), "restartCount": JSON(restarts)]
        if !state.isNull { status["state"] = state }
        if !last.isNull { status["lastState"] = last }
        var pod = object(
            "Pod", name,
            [
                "spec": ["containers": [own], "restartPolicy": "Always", "nodeName": .string(node)],
                "status": ["phase": .string(phase), "containerStatuses": state.isNull ? .null : [status]],
            ])
        pod["metadata"]["labels"] = labels
        if !owner.isNull { pod["metadata"]["ownerReferences"] = owner }
        pod["status"]["conditions"] = [["type": "Ready", "status": ready ? "True" : "False"]]
        return pod
    }

    static func node(_ name: String, cpu: String = "2", memory: String = "4Gi", spec: JSON = [:]) -> JSON {
        object(
            "Node", name,
            [
                "metadata": ["labels": ["kubernetes.io/hostname": .string(name)]], "spec": spec,
                "status": [
                    "allocatable": ["cpu": .string(cpu), "memory": .string(memory), "pods": "110"],
                    "conditions": [["type": "Ready", "status": "True"]],
                ],
            ])
    }

    static func event(_ about: JSON, _ reason: String, _ message: String, at time: Int = 10) -> JSON {
        [
            "involvedObject": [
                "kind": about["kind"], "name": about["metadata"]["name"], "uid": about["metadata"]["uid"],
            ],
            "reason": .string(reason), "message": .string(message),
            "lastTimestamp": .string("2026-01-01T00:00:\(time)Z"), "source": ["component": "kubelet"],
            "metadata": ["uid": .string("event-\(reason)-\(time)"), "resourceVersion": "\(time)"],
        ]
    }

    static func waiting(_ reason: String, _ message: String = "") -> JSON {
        ["waiting": ["reason": .string(reason), "message": .string(message)]]
    }

    /// A deployment `web` and its replica sets, the newest last.
    static func deployment(replicas: Int, images: [String], status: JSON = [:]) -> (deployment: JSON, sets: [JSON]) {
        let deployment = object("Deployment", "web", ["spec": ["replicas": JSON(replicas)], "status": status])
        let sets = images.enumerated().map { at, image in
            object(
                "ReplicaSet", "web-\(at + 1)",
                [
                    "metadata": [
                        "annotations": ["deployment.kubernetes.io/revision": .string("\(at + 1)")],
                        "ownerReferences": owner("Deployment", "web"),
                    ],
                    "spec": [
                        "replicas": JSON(replicas),
                        "template": ["spec": ["containers": [["name": "c", "image": .string(image)]]]],
                    ],
                    "status": ["replicas": JSON(replicas)],
                ])
        }
        return (deployment, sets)
    }
}
