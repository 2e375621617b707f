import JSON

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
