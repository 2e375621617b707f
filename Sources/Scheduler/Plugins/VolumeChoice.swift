import JSON
import KubeClient
import KubeModel

/// How a claim that waited for its pod's node gets a volume there.
enum VolumeChoice: Sendable, Equatable {
    /// A volume that is there and free is bound to it.
    case existing(volume: JSON, claim: JSON)
    /// Its class's provisioner makes one, told of the node.
    case made(claim: JSON)

    private static let noProvisioner = "kubernetes.io/no-provisioner"

    /// For all of the pod's claims that wait for its node; nil when one can't have a volume there.
    static func all(of pod: PodFacts, on node: NodeFacts, _ related: RelatedObjects) -> [VolumeChoice]? {
        var choices: [VolumeChoice] = []
        var used: Set<String> = []
        for reference in pod.claims {
            guard
                let claim = related.object(.persistentVolumeClaims, pod.key.namespace, reference.name),
                (claim["spec"]["volumeName"].string ?? "").isEmpty, VolumeBinding.waitsForConsumer(claim, related)
            else { continue }
            if let volume = free(for: claim, on: node, related, without: used) {
                used.insert(volume["metadata"]["name"].string ?? "")
                choices.append(.existing(volume: volume, claim: claim))
            } else if mayBeMade(claim, on: node, related) {
                choices.append(.made(claim: claim))
            } else {
                return nil
            }
        }
        return choices
    }

    /// The smallest volume that will do.
    private static func free(
        for claim: JSON, on node: NodeFacts, _ related: RelatedObjects, without used: Set<String>
    ) -> JSON? {
        guard claim["metadata"]["annotations"][VolumeBinding.selectedNode].isNull else { return nil }
        let wanted = Quantity(claim["spec"]["resources"]["requests"]["storage"]) ?? .zero
        let fitting = related.all(.persistentVolumes).filter { volume in
            let size = Quantity(volume["spec"]["capacity"]["storage"]) ?? .zero
            return !used.contains(volume["metadata"]["name"].string ?? "") && size >= wanted
                && matches(volume, claim, node)
        }
        return fitting.min { a, b in
            let (first, second) = (a["spec"]["capacity"]["storage"], b["spec"]["capacity"]["storage"])
            return (Quantity(first) ?? .zero) < (Quantity(second) ?? .zero)
        }
    }

    private static func matches(_ volume: JSON, _ claim: JSON, _ node: NodeFacts) -> Bool {
        let (spec, wanted) = (volume["spec"], claim["spec"])
        let owner = spec["claimRef"]
        let isFree =
            owner.isNull
            || owner["namespace"] == claim["metadata"]["namespace"] && owner["name"] == claim["metadata"]["name"]
                && (owner["uid"].isNull || owner["uid"] == claim["metadata"]["uid"])
        let modes = Set(spec["accessModes"].strings)
        guard isFree, volume["metadata"]["deletionTimestamp"].isNull,
            modes.isSuperset(of: wanted["accessModes"].strings),
            spec["volumeMode"].string ?? "Filesystem" == wanted["volumeMode"].string ?? "Filesystem",
            spec["storageClassName"].string ?? "" == VolumeBinding.className(claim)
        else { return false }
        if !wanted["selector"].isNull {
            guard let selector = try? LabelSelector(wanted["selector"]), selector.matches(volume["metadata"]["labels"])
            else { return false }
        }
        let reach = spec["nodeAffinity"]["required"]
        return reach.isNull || NodeSelector(reach).matches(node)
    }

    private static func mayBeMade(_ claim: JSON, on node: NodeFacts, _ related: RelatedObjects) -> Bool {
        let storageClass = related.object(.storageClasses, "", VolumeBinding.className(claim)) ?? .null
        let provisioner = storageClass["provisioner"].string ?? ""
        guard !provisioner.isEmpty, provisioner != noProvisioner else { return false }
        if let chosen = claim["metadata"]["annotations"][VolumeBinding.selectedNode].string, chosen != node.name {
            return false
        }
        guard let topologies = storageClass["allowedTopologies"].array, !topologies.isEmpty else { return true }
        return topologies.contains { term in
            (term["matchLabelExpressions"].array ?? []).allSatisfy { expression in
                let value = node.labels[expression["key"].string ?? ""]
                return value.map(expression["values"].strings.contains) ?? false
            }
        }
    }
}
