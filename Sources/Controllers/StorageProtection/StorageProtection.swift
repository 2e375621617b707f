import JSON
import KubeClient
import KubeModel

/// The protections of claims, volumes and volume attribute classes.
enum StorageProtection {
    private static let volumeKind = ResourceID("", "v1", "persistentvolumes")
    private static let classKind = ResourceID("storage.k8s.io", "v1", "volumeattributesclasses")

    static func controllers(_ context: ControllerContext) -> [any Controller] {
        [claims(context), volumes(context), classes(context)]
    }

    // MARK: Claims

    private static func claims(_ context: ControllerContext) -> ProtectionController {
        let account = "pvc-protection-controller"
        let api = context.api(account), pods = context.informers[.pods]
        let made = ProtectionController(
            context,
            .init(
                account: account, resource: .persistentVolumeClaims, finalizer: "kubernetes.io/pvc-protection",
                isUsed: { (claim) throws(APIStatus) in
                    let space = claim.objectNamespace
                    if pods.objects(in: space).contains(where: { ClaimUse.uses($0, claim) }) { return true }
                    // The cache may lag behind a pod that has just been bound.
                    return try await api.list(.pods, space).items.contains { ClaimUse.uses($0, claim) }
                }))
        pods.observe { change in
            // Only a pod that doesn't use them any more lets claims go.
            if let pod = change.new, !PodFacts.isFinished(pod), !pod["spec"].text("nodeName").isEmpty { return }
            for name in ClaimUse.names(change.object) { made.look(ObjectKey(change.object.objectNamespace, name)) }
        }
        return made
    }

    // MARK: Volumes and classes

    private static func volumes(_ context: ControllerContext) -> ProtectionController {
        ProtectionController(
            context,
            .init(
                account: "pv-protection-controller", resource: volumeKind, finalizer: "kubernetes.io/pv-protection",
                isUsed: { (volume) throws(APIStatus) in volume["status"].text("phase") == "Bound" }))
    }

    private static func classes(_ context: ControllerContext) -> ProtectionController {
        let claims = context.informers[.persistentVolumeClaims], all = context.informers[volumeKind]
        let made = ProtectionController(
            context,
            .init(
                account: "volumeattributesclass-protection-controller", resource: classKind,
                finalizer: "kubernetes.io/vac-protection",
                isUsed: { (kind) throws(APIStatus) in
                    let name = kind.objectName
                    return (claims.objects + all.objects).contains { ClaimUse.classes($0).contains(name) }
                }))
        for informer in [claims, all] {
            informer.observe { change in
                guard let old = change.old else { return }
                let left = ClaimUse.classes(old).subtracting(change.new.map(ClaimUse.classes) ?? [])
                for name in left { made.look(ObjectKey("", name)) }
            }
        }
        return made
    }
}

/// Who uses what of the storage. Pure.
enum ClaimUse {
    /// Whether a pod that has been given a node names the claim. An ephemeral volume's counts only as long as its pod
    /// runs, and only when it was made for that pod.
    static func uses(_ pod: JSON, _ claim: JSON) -> Bool {
        guard !pod["spec"].text("nodeName").isEmpty else { return false }
        let name = claim.objectName
        return pod["spec"].list("volumes").contains { volume in
            if volume["persistentVolumeClaim"].text("claimName") == name { return true }
            return volume.has("ephemeral") && ephemeralName(pod, volume) == name
                && claim.controllerReference?.text("uid") == pod.uid && !isShutDown(pod)
        }
    }

    /// Names of all claims that the pod may use.
    static func names(_ pod: JSON) -> [String] {
        pod["spec"].list("volumes").compactMap { volume in
            if volume.has("ephemeral") { return ephemeralName(pod, volume) }
            let name = volume["persistentVolumeClaim"].text("claimName")
            return name.isEmpty ? nil : name
        }
    }

    /// The volume attribute classes that a claim or volume has, or is to have.
    static func classes(_ object: JSON) -> Set<String> {
        let status = object["status"]
        let names = [
            object["spec"].text("volumeAttributesClassName"), status.text("currentVolumeAttributesClassName"),
            status["modifyVolumeStatus"].text("targetVolumeAttributesClassName"),
        ]
        return Set(names.filter { !$0.isEmpty })
    }

    private static func ephemeralName(_ pod: JSON, _ volume: JSON) -> String {
        pod.objectName + "-" + volume.text("name")
    }

    /// Its node has given it back.
    private static func isShutDown(_ pod: JSON) -> Bool {
        pod["metadata"].has("deletionTimestamp") && pod["metadata"]["deletionGracePeriodSeconds"] == 0
    }
}
