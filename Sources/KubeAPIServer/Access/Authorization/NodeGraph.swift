import JSON

/// Which nodes an object is of use to: pods lead to their node, what pods use leads to the pods.
struct NodeGraph: Sendable {
    enum Kind: Sendable, Hashable {
        case configMap, secret, claim, volume, resourceClaim, attachment, serviceAccount, slice, pod
    }

    private struct Vertex: Hashable {
        let kind: Kind, namespace: String, name: String
    }

    private var nodes: [Vertex: Set<String>] = [:]

    init(_ reader: any ObjectReader) {
        for pod in reader.objects(group: "", resource: "pods", namespace: "") { add(pod: pod) }
        // Volumes lead to their claims, whose pods are known by now.
        for volume in reader.objects(group: "", resource: "persistentvolumes", namespace: "") { add(volume: volume) }
        for attachment in reader.objects(group: "storage.k8s.io", resource: "volumeattachments", namespace: "") {
            add(.attachment, "", Self.name(attachment), to: attachment["spec", "nodeName"].string ?? "")
        }
        for slice in reader.objects(group: "resource.k8s.io", resource: "resourceslices", namespace: "") {
            add(.slice, "", Self.name(slice), to: slice["spec", "nodeName"].string ?? "")
        }
    }

    func isRelated(_ kind: Kind, _ namespace: String, _ name: String, node: String) -> Bool {
        nodes[Vertex(kind: kind, namespace: namespace, name: name)]?.contains(node) ?? false
    }

    private static func name(_ object: JSON) -> String { object["metadata", "name"].string ?? "" }

    private mutating func add(_ kind: Kind, _ namespace: String, _ name: String, to node: String) {
        guard !name.isEmpty, !node.isEmpty else { return }
        nodes[Vertex(kind: kind, namespace: namespace, name: name), default: []].insert(node)
    }

    private mutating func add(pod: JSON) {
        let spec = pod["spec"], node = spec["nodeName"].string ?? ""
        let namespace = pod["metadata", "namespace"].string ?? "", name = Self.name(pod)
        guard !node.isEmpty else { return }
        add(.pod, namespace, name, to: node)
        // A node makes mirror pods itself: they must not open anything to it.
        guard pod["metadata", "annotations", "kubernetes.io/config.mirror"].isNull else { return }
        add(.serviceAccount, namespace, spec["serviceAccountName"].string ?? "", to: node)
        for secret in PodReferences.secrets(spec) { add(.secret, namespace, secret, to: node) }
        for map in PodReferences.configMaps(spec) { add(.configMap, namespace, map, to: node) }
        for claim in PodReferences.claims(spec, podName: name) { add(.claim, namespace, claim, to: node) }
        for claim in PodReferences.resourceClaims(pod) { add(.resourceClaim, namespace, claim, to: node) }
    }

    private mutating func add(volume: JSON) {
        let claim = volume["spec", "claimRef"]
        guard let namespace = claim["namespace"].string, let name = claim["name"].string else { return }
        for node in nodes[Vertex(kind: .claim, namespace: namespace, name: name)] ?? [] {
            add(.volume, "", Self.name(volume), to: node)
            for secret in PodReferences.secrets(ofVolume: volume["spec"], claimNamespace: namespace) {
                add(.secret, secret.namespace, secret.name, to: node)
            }
        }
    }
}

/// The names of what a pod, or a persistent volume, uses.
enum PodReferences {
    /// Containers of all three lists.
    static func containers(_ spec: JSON) -> [JSON] {
        ["initContainers", "containers", "ephemeralContainers"].flatMap { spec[$0].array ?? [] }
    }

    static func secrets(_ spec: JSON) -> [String] {
        var names = (spec["imagePullSecrets"].array ?? []).map { $0["name"] }
        for container in containers(spec) {
            names += (container["envFrom"].array ?? []).map { $0["secretRef", "name"] }
            names += (container["env"].array ?? []).map { $0["valueFrom", "secretKeyRef", "name"] }
        }
        for volume in spec["volumes"].array ?? [] {
            names.append(volume["secret", "secretName"])
            names.append(volume["azureFile", "secretName"])
            for kind in ["cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"] {
                names.append(volume[kind, "secretRef", "name"])
            }
            names.append(volume["csi", "nodePublishSecretRef", "name"])
            names += (volume["projected", "sources"].array ?? []).map { $0["secret", "name"] }
        }
        return names.compactMap(\.string).filter { !$0.isEmpty }
    }

    static func configMaps(_ spec: JSON) -> [String] {
        var names: [JSON] = []
        for container in containers(spec) {
            names += (container["envFrom"].array ?? []).map { $0["configMapRef", "name"] }
            names += (container["env"].array ?? []).map { $0["valueFrom", "configMapKeyRef", "name"] }
        }
        for volume in spec["volumes"].array ?? [] {
            names.append(volume["configMap", "name"])
            names += (volume["projected", "sources"].array ?? []).map { $0["configMap", "name"] }
        }
        return names.compactMap(\.string).filter { !$0.isEmpty }
    }

    static func claims(_ spec: JSON, podName: String) -> [String] {
        (spec["volumes"].array ?? []).compactMap { volume in
            if let name = volume["persistentVolumeClaim", "claimName"].string { return name }
            return volume["ephemeral"].isNull ? nil : "\(podName)-\(volume["name"].string ?? "")"
        }
    }

    static func resourceClaims(_ pod: JSON) -> [String] {
        let statuses = pod["status", "resourceClaimStatuses"].array ?? []
        var names = (pod["spec", "resourceClaims"].array ?? []).compactMap { claim -> String? in
            if let name = claim["resourceClaimName"].string { return name }
            return statuses.first { $0["name"] == claim["name"] }?["resourceClaimName"].string
        }
        if let extended = pod["status", "extendedResourceClaimStatus", "resourceClaimName"].string {
            names.append(extended)
        }
        return names
    }

    /// Those of a persistent volume that a kubelet reads.
    static func secrets(ofVolume spec: JSON, claimNamespace: String) -> [(namespace: String, name: String)] {
        var found: [(namespace: String, name: String)] = []
        func add(_ reference: JSON, defaultNamespace: String) {
            guard let name = reference["name"].string, !name.isEmpty else { return }
            let own = reference["namespace"].string ?? ""
            found.append((own.isEmpty ? defaultNamespace : own, name))
        }
        if let name = spec["azureFile", "secretName"].string {
            add(
                ["name": .string(name), "namespace": spec["azureFile", "secretNamespace"]],
                defaultNamespace: claimNamespace)
        }
        for kind in ["cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"] {
            add(spec[kind, "secretRef"], defaultNamespace: claimNamespace)
        }
        for member in ["nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef"] {
            add(spec["csi", member], defaultNamespace: claimNamespace)
        }
        return found
    }
}
