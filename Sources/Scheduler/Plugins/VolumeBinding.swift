import JSON
import KubeClient

/// Pods wait for their claims, and go where the volumes can be reached.
struct VolumeBinding: FilterPlugin {
    var name: PluginName { .volumeBinding }

    /// Annotation of a claim: the node of its first pod.
    static let selectedNode = "volume.kubernetes.io/selected-node"

    private struct BoundVolume {
        let isThere: Bool
        /// Nodes from which it can be used; nil: all.
        let reach: NodeSelector?

        init(_ volume: JSON?) {
            let required = volume?["spec"]["nodeAffinity"]["required"] ?? .null
            isThere = volume != nil
            reach = required.isNull ? nil : NodeSelector(required)
        }
    }

    private struct Filter: NodeFilter {
        let bound: [BoundVolume]
        /// The pod when some of its claims wait for its node.
        let waiting: PodFacts?
        let related: RelatedObjects

        func rejection(_ node: NodeState) -> Rejection? {
            var reasons: [String] = []
            if bound.contains(where: { !($0.reach?.matches(node.facts) ?? true) }) {
                reasons.append("node(s) didn't match PersistentVolume's node affinity")
            }
            if let waiting, VolumeChoice.all(of: waiting, on: node.facts, related) == nil {
                reasons.append("node(s) didn't find available persistent volumes to bind")
            }
            if bound.contains(where: { !$0.isThere }) {
                reasons.append("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)")
            }
            return reasons.isEmpty ? nil : Rejection(.volumeBinding, reasons, isResolvable: false)
        }
    }

    func prepare(_ pod: PodFacts, _ cluster: ClusterState) -> FilterPreparation {
        guard !pod.claims.isEmpty else { return .skip }
        var bound: [BoundVolume] = []
        var waitsForNode = false
        var waitsForVolume = false
        for reference in pod.claims {
            let claim = cluster.related.object(.persistentVolumeClaims, pod.key.namespace, reference.name)
            if let why = Self.fault(of: claim, reference, pod) { return .rejected(.final(.volumeBinding, why)) }
            guard let claim else { continue }
            let volume = claim["spec"]["volumeName"].string ?? ""
            if Self.isBound(claim) {
                bound.append(BoundVolume(cluster.related.object(.persistentVolumes, "", volume)))
            } else if volume.isEmpty, Self.waitsForConsumer(claim, cluster.related) {
                waitsForNode = true
            } else {
                waitsForVolume = true
            }
        }
        if waitsForVolume {
            return .rejected(.final(.volumeBinding, "pod has unbound immediate PersistentVolumeClaims"))
        }
        return .filter(Filter(bound: bound, waiting: waitsForNode ? pod : nil, related: cluster.related), only: nil)
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

    static func isBound(_ claim: JSON) -> Bool {
        !(claim["spec"]["volumeName"].string ?? "").isEmpty
            && !claim["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"].isNull
    }

    static func className(_ claim: JSON) -> String {
        claim["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"].string
            ?? claim["spec"]["storageClassName"].string ?? ""
    }

    static func waitsForConsumer(_ claim: JSON, _ related: RelatedObjects) -> Bool {
        related.object(.storageClasses, "", className(claim))?["volumeBindingMode"].string == "WaitForFirstConsumer"
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
