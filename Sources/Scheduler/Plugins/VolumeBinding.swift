import JSON
import KubeClient

/// Pods wait for their claims, and go where the volumes can be reached.
struct VolumeBinding: FilterPlugin {
    var name: PluginName { .volumeBinding }

    private static let selectedNode = "volume.kubernetes.io/selected-node"

    private struct Filter: NodeFilter {
        /// Claims that have volumes; nil where the volume isn't there.
        let bound: [NodeSelector??]
        /// Nodes that were chosen for claims whose volumes are being made.
        let chosen: Set<String>

        func rejection(_ node: NodeState) -> Rejection? {
            var reasons: [String] = []
            if bound.contains(where: { $0.map { $0.map { !$0.matches(node.facts) } ?? false } ?? false }) {
                reasons.append("node(s) didn't match PersistentVolume's node affinity")
            }
            if chosen.contains(where: { $0 != node.name }) {
                reasons.append("node(s) didn't find available persistent volumes to bind")
            }
            if bound.contains(where: { $0 == nil }) {
                reasons.append("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)")
            }
            return reasons.isEmpty ? nil : Rejection(.volumeBinding, reasons, isResolvable: false)
        }
    }

    func prepare(_ pod: PodFacts, _ cluster: ClusterState) -> FilterPreparation {
        guard !pod.claims.isEmpty else { return .skip }
        var bound: [NodeSelector??] = []
        var chosen: Set<String> = []
        var isWaiting = false
        for reference in pod.claims {
            let claim = cluster.related.object(.persistentVolumeClaims, pod.key.namespace, reference.name)
            if let why = Self.fault(of: claim, reference, pod) { return .rejected(.final(.volumeBinding, why)) }
            guard let claim else { continue }
            let volume = claim["spec"]["volumeName"].string ?? ""
            let annotations = claim["metadata"]["annotations"]
            if !volume.isEmpty, !annotations["pv.kubernetes.io/bind-completed"].isNull {
                let object = cluster.related.object(.persistentVolumes, "", volume)
                bound.append(object.map(Self.reach))
            } else if volume.isEmpty, Self.waitsForConsumer(claim, cluster.related) {
                if let node = annotations[Self.selectedNode].string { chosen.insert(node) }
            } else {
                isWaiting = true
            }
        }
        if isWaiting { return .rejected(.final(.volumeBinding, "pod has unbound immediate PersistentVolumeClaims")) }
        return .filter(Filter(bound: bound, chosen: chosen), only: nil)
    }

    private static func fault(of claim: JSON?, _ reference: PodClaim, _ pod: PodFacts) -> String? {
        let name = "persistentvolumeclaim \"\(reference.name)\""
        guard let claim else {
            return reference.isEphemeral
                ? "waiting for ephemeral volume controller to create the \(name)" : "\(name) not found"
        }
        if claim["status"]["phase"].string == "Lost" {
            return "\(name) bound to non-existent persistentvolume \"\(claim["spec"]["volumeName"].string ?? "")\""
        }
        if !claim["metadata"]["deletionTimestamp"].isNull { return "\(name) is being deleted" }
        guard reference.isEphemeral else { return nil }
        let owner = (claim["metadata"]["ownerReferences"].array ?? []).first { $0["controller"].bool == true }
        return owner?["uid"].string == pod.uid
            ? nil : "PVC \(pod.key.namespace)/\(reference.name) was not created for pod \(pod.key) (pod is not owner)"
    }

    /// Nodes from which the volume can be used; nil: all.
    private static func reach(_ volume: JSON) -> NodeSelector? {
        let required = volume["spec"]["nodeAffinity"]["required"]
        return required.isNull ? nil : NodeSelector(required)
    }

    static func waitsForConsumer(_ claim: JSON, _ related: RelatedObjects) -> Bool {
        let name =
            claim["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"].string
            ?? claim["spec"]["storageClassName"].string ?? ""
        return related.object(.storageClasses, "", name)?["volumeBindingMode"].string == "WaitForFirstConsumer"
    }

    func mayHelp(_ event: ClusterEvent, _ pod: PodFacts, _ cluster: ClusterState) -> Bool {
        switch event {
        case .nodeAdded: true
        case .nodeChanged(let old, let new): old.labels != new.labels
        case .related(.persistentVolumeClaims, let claim):
            claim["metadata"]["namespace"].string == pod.key.namespace
                && pod.claims.contains { $0.name == claim["metadata"]["name"].string }
        case .related(.persistentVolumes, _), .related(.storageClasses, _): true
        default: false
        }
    }
}
