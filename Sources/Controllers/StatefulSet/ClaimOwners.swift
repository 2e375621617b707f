import JSON
import KubeModel

/// Who owns a stateful pod's claims, so that they go with the set or with the pod, as its retention policy says.
enum ClaimOwners {
    /// The claim's owner references as they are to be.
    static func wanted(_ claim: JSON, _ set: JSON, _ pod: JSON) -> [JSON] {
        let references = claim.ownerReferences
        // Of a former set or pod of the name: the garbage collector is about to decide on it.
        if references.contains(where: { isStale($0, set) || isStale($0, pod) }) { return references }
        let others = references.filter { !names($0, set) && !names($0, pod) }
        let policy = set["spec"]["persistentVolumeClaimRetentionPolicy"]
        let onDeletion = policy.text("whenDeleted") == "Delete", onScaling = policy.text("whenScaled") == "Delete"
        guard onDeletion || onScaling else { return others }
        if others.contains(where: { $0.flag("controller") }) { return others }
        let isScaledDown = !(StatefulPod.ordinal(pod).map(StatefulPod.ordinals(set).contains) ?? false)
        if onScaling, isScaledDown { return others + [OwnerReferences.make(to: pod, isController: true)] }
        return onDeletion ? others + [OwnerReferences.make(to: set, isController: true)] : others
    }

    /// Whether the claim still waits to go with a former pod of the name.
    static func isStale(_ claim: JSON, ofFormer pod: JSON) -> Bool {
        claim.ownerReferences.contains { names($0, pod) && $0.text("uid") != pod.uid }
    }

    private static func names(_ reference: JSON, _ object: JSON) -> Bool {
        reference.text("kind") == object.text("kind") && reference.text("name") == object.objectName
    }

    private static func isStale(_ reference: JSON, _ object: JSON) -> Bool {
        names(reference, object) && reference.text("uid") != object.uid
    }

    static func isUpToDate(_ claim: JSON, _ set: JSON, _ pod: JSON) -> Bool {
        JSON.array(wanted(claim, set, pod)).isAlike(.array(claim.ownerReferences))
    }
}
