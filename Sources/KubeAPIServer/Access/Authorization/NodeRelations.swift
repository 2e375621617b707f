import JSON
import KubeModel

/// Whether an object is of use to a node: its pods are, and what they use.
///
/// Looked up when it is asked, in the node's pods, of which there are a hundred or so. The original keeps a graph of what
/// all pods use instead, which every change of one has to change.
struct NodeRelations: Sendable {
    enum Kind: Sendable {
        case configMap, secret, claim, volume, resourceClaim, attachment, serviceAccount, slice, pod
    }

    let reader: any ObjectReader

    func isRelated(_ kind: Kind, _ namespace: String, _ name: String, node: String) -> Bool {
        switch kind {
        case .pod: isOn(node, reader.object(group: "", resource: "pods", namespace: namespace, name: name))
        case .attachment:
            isOn(node, reader.object(group: "storage.k8s.io", resource: "volumeattachments", namespace: "", name: name))
        case .slice:
            isOn(node, reader.object(group: "resource.k8s.io", resource: "resourceslices", namespace: "", name: name))
        case .configMap: pods(namespace, node) { PodReferences.configMaps($0["spec"]).contains(name) }
        case .serviceAccount: pods(namespace, node) { $0["spec"].text("serviceAccountName") == name }
        case .resourceClaim: pods(namespace, node) { PodReferences.resourceClaims($0).contains(name) }
        case .claim:
            pods(namespace, node) {
                PodReferences.claims($0["spec"], podName: $0["metadata"].text("name")).contains(name)
            }
        case .volume:
            isClaimed(
                reader.object(group: "", resource: "persistentvolumes", namespace: "", name: name)?["spec"], node)
        case .secret:
            pods(namespace, node) { PodReferences.secrets($0["spec"]).contains(name) }
                || isOfVolume(namespace, name, node)
        }
    }

    private func isOn(_ node: String, _ object: JSON?) -> Bool { object?["spec", "nodeName"].string == node }

    /// Whether one of the node's pods in the namespace uses it.
    private func pods(_ namespace: String, _ node: String, _ uses: (JSON) -> Bool) -> Bool {
        !namespace.isEmpty && counted(namespace, node).contains(where: uses)
    }

    /// Mirror pods don't count: the node makes them itself, and they must not open anything to it.
    private func counted(_ namespace: String, _ node: String) -> [JSON] {
        reader.pods(on: node, namespace: namespace).filter {
            $0["metadata", "annotations", "kubernetes.io/config.mirror"].isNull
        }
    }

    /// Whether one of the node's pods uses the claim that the volume is bound to.
    private func isClaimed(_ volume: JSON?, _ node: String) -> Bool {
        guard let claim = volume?["claimRef"], let name = claim["name"].string else { return false }
        return isRelated(.claim, claim.text("namespace"), name, node: node)
    }

    /// Whether it is a secret of a volume that one of the node's pods has claimed.
    private func isOfVolume(_ namespace: String, _ name: String, _ node: String) -> Bool {
        counted("", node).contains { pod in
            let home = pod["metadata"].text("namespace")
            return PodReferences.claims(pod["spec"], podName: pod["metadata"].text("name")).contains { claim in
                volume(home, claim).map { spec in
                    PodReferences.secrets(ofVolume: spec, claimNamespace: home).contains {
                        $0.namespace == namespace && $0.name == name
                    }
                } ?? false
            }
        }
    }

    /// The `spec` of the volume that is bound to the claim, as both say.
    private func volume(_ namespace: String, _ claim: String) -> JSON? {
        let name = reader.object(group: "", resource: "persistentvolumeclaims", namespace: namespace, name: claim)?[
            "spec", "volumeName"
        ].string
        guard let name,
            let spec = reader.object(group: "", resource: "persistentvolumes", namespace: "", name: name)?["spec"],
            spec["claimRef"].text("namespace") == namespace, spec["claimRef"].text("name") == claim
        else { return nil }
        return spec
    }
}
