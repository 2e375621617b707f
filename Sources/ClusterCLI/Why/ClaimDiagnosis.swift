import JSON
import KubeModel

/// Why a claim for storage isn't bound, and pods that wait for it.
struct ClaimDiagnosis {
    let claim: JSON
    let situation: Situation

    private var name: String { claim["metadata"].text("name") }
    private var namespace: String { claim["metadata"].text("namespace") }
    private var flag: String { Changeable.flag(namespace) }

    func diagnose() -> Diagnosis {
        let finding = find()
        return Diagnosis(
            "persistentvolumeclaim/\(name)", finding.cause, finding.text, fix: finding.fix, command: finding.command)
    }

    func find() -> Finding {
        switch claim["status"].text("phase") {
        case "Bound":
            return Finding(
                .none, "persistentvolumeclaim/\(name) is bound to \(claim["spec"].text("volumeName")).")
        case "Lost":
            return Finding(
                .volume,
                "persistentvolumeclaim/\(name) has lost its volume \(claim["spec"].text("volumeName")), which doesn't "
                    + "exist any more.", fix: "Delete the claim and create it again.",
                command: "kubectl delete pvc \(name)\(flag)")
        default: return Finding(.volume, "persistentvolumeclaim/\(name) isn't bound: \(reason.text).", fix: reason.fix)
        }
    }

    /// Why there is no volume for it.
    var reason: (text: String, fix: String) {
        let wanted = claim["spec"]["resources"]["requests"].text("storage")
        let make =
            "Make a PersistentVolume of \(wanted) or more for it; a pod that needs no lasting storage takes an emptyDir "
            + "volume instead."
        if let class_ = claim["spec"]["storageClassName"].string, !class_.isEmpty {
            let names = situation.storageClasses.map { $0["metadata"].text("name") }
            guard let known = situation.storageClasses.first(where: { $0["metadata"].text("name") == class_ }) else {
                let text = "its storage class \(class_) doesn't exist"
                guard let near = NearName.of(class_, among: names) else { return (text, make) }
                return (text, "\(near) may be meant: make the claim anew with that class.")
            }
            if known.text("volumeBindingMode") == "WaitForFirstConsumer" {
                return ("its storage class \(class_) waits for a pod that uses it", "Create the pod.")
            }
            return (
                "the provisioner \(known.text("provisioner")) of its storage class \(class_) has made no volume for it",
                "Look whether that provisioner runs. \(make)"
            )
        }
        return ("no volume has been made for it, and it names no storage class that would make one", make)
    }
}

/// The claim that keeps a pod from being placed.
struct PodClaims {
    let pod: JSON
    let situation: Situation

    /// Nil: all its claims are there and bound.
    func find() -> Finding? {
        let name = pod["metadata"].text("name"), namespace = pod["metadata"].text("namespace")
        let owner = situation.changeable(pod)
        for volume in pod["spec"]["volumes"].array ?? [] {
            let wanted = volume["persistentVolumeClaim"].text("claimName")
            guard !wanted.isEmpty else { continue }
            let start =
                "pod/\(name) is Pending: its volume \(volume.text("name")) wants persistentvolumeclaim/\(wanted)"
            guard let claim = situation.claims.first(where: { $0["metadata"].text("name") == wanted }) else {
                let missing = "\(start), which doesn't exist in namespace \(namespace)."
                let names = situation.claims.map { $0["metadata"].text("name") }
                guard let near = NearName.of(wanted, among: names) else {
                    return Finding(
                        .volume, missing, fix: "Create it.",
                        command: "kubectl get persistentvolumeclaims\(owner.flag)")
                }
                return Finding(
                    .volume, missing, fix: "persistentvolumeclaim/\(near) may be meant: correct the reference.",
                    command: "kubectl edit \(owner.path)\(owner.flag)")
            }
            guard claim["status"].text("phase") != "Bound" else { continue }
            let diagnosis = ClaimDiagnosis(claim: claim, situation: situation)
            return Finding(
                .volume, "\(start), which isn't bound: \(diagnosis.reason.text).", fix: diagnosis.reason.fix,
                command: "kubectl describe pvc \(wanted)\(owner.flag)")
        }
        return nil
    }
}
