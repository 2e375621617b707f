import JSON
import KubeModel

/// Assigning pods to nodes: `pods/NAME/binding`, and the `bindings` resource.
struct PodBinding: Sendable {
    let verbs: ObjectVerbs
    let pods: ServedResource

    /// Assigns a pod to a node, as the scheduler does: once, and not to a pod that is going or held back.
    func bind(_ podName: String, _ binding: JSON) async throws(APIStatus) -> Answer {
        let target = binding["target"]
        let node = target["name"].string ?? ""
        var errors: [FieldError] = []
        let kind = target["kind"].string ?? ""
        if !kind.isEmpty, kind != "Node" {
            errors.append(.notSupported(FieldPath("target")["kind"], .string(kind), ["Node", "<empty>"]))
        }
        if node.isEmpty { errors.append(.required(FieldPath("target")["name"])) }
        if !errors.isEmpty { throw .invalid(kind: "Binding", group: "", podName, errors) }
        let uid = binding["metadata"]["uid"].string ?? ""
        let annotations = binding["metadata"]["annotations"].stringMap
        let time = verbs.timestamp
        for _ in 0..<20 {
            let stored = try await verbs.parts.store.get(pods, verbs.namespace, podName)
            var pod = try verbs.parts.store.trees.treeOnce(stored)
            try Self.checkBindable(pod, podName, node, uid: uid, pods.resource)
            pod["spec"]["nodeName"] = .string(node)
            for (key, value) in annotations.sorted(by: { $0.key < $1.key }) {
                pod["metadata"]["annotations"][key] = .string(value)
            }
            Self.setScheduled(&pod, time)
            if verbs.isDryRun { return Subresources.success() }
            if try await verbs.parts.store.replace(stored, pod) != nil { return Subresources.success() }
        }
        throw .modified(pods.resource, podName)
    }

    private static func checkBindable(
        _ pod: JSON, _ name: String, _ node: String, uid: String, _ resource: APIResource
    ) throws(APIStatus) {
        let metadata = pod["metadata"]
        func refused(_ why: String) -> APIStatus { .conflict(resource.named("pods/binding"), name, why) }
        if !uid.isEmpty, uid != metadata["uid"].string {
            throw refused(
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(metadata["uid"].string ?? "")")
        }
        if !metadata["deletionTimestamp"].isNull {
            throw refused("pod \(name) is being deleted, cannot be assigned to a host")
        }
        if let current = pod["spec"]["nodeName"].string, !current.isEmpty {
            throw refused("pod \(name) is already assigned to node \"\(current)\"")
        }
        if !(pod["spec"]["schedulingGates"].array ?? []).isEmpty {
            throw refused("pod \(name) has non-empty .spec.schedulingGates")
        }
    }

    private static func setScheduled(_ pod: inout JSON, _ time: String) {
        var conditions = pod["status"]["conditions"].array ?? []
        conditions.removeAll { $0["type"].string == "PodScheduled" }
        conditions.append([
            "type": "PodScheduled", "status": "True", "lastProbeTime": .null, "lastTransitionTime": .string(time),
        ])
        pod["status"]["conditions"] = .array(conditions)
    }
}

extension APIResource {
    /// The same resource under another name in messages: `pods/binding`.
    func named(_ plural: String) -> APIResource {
        APIResource(
            groupVersion: groupVersion, kind: kind, plural: plural, singular: singular, isNamespaced: isNamespaced,
            verbs: verbs, type: type)
    }
}
