import JSON

/// `certificates.k8s.io` PodCertificateRequest: a kubelet asks for a pod's certificate. Proofs and keys are for the
/// server.
enum PodCertificateRequest {
    static let rules: KindRules = {
        var rules = KindRules(group: SignerName.group, kind: "PodCertificateRequest")
        rules.allowsUnconditionalUpdate = false
        rules.keepStatusApart()
        rules.validate = { object in SignerName.faults(object["spec"].text("signerName"), FieldPath("spec.signerName"))
        }
        rules.validateUpdate = { new, old in SpecFaults.changed(new["spec"], old["spec"], FieldPath("spec")) }
        rules.selectableFields = { object in
            ["spec.signerName": object["spec"].text("signerName"), "spec.nodeName": object["spec"].text("nodeName")]
        }
        rules.table = KindTable([
            .objectName,
            .init("PodName", "The pod that it is for."),
            .init("ServiceAccountName", "The pod's service account."),
            .init("NodeName", "The pod's node."),
            .init("SignerName", "Who is to sign."),
            .init("State", "Whether it has been issued, denied, or has failed."),
            .init("UnverifiedUserAnnotations", "What the pod's owner says, unchecked."),
        ]) { object, _ in
            let spec = object["spec"]
            let types = Set(object["status"].list("conditions").map { $0.text("type") })
            let state = ["Issued", "Denied", "Failed"].first(where: types.contains) ?? "Pending"
            let notes = spec["unverifiedUserAnnotations"].stringMap.sorted { $0.key < $1.key }
            return [KindTable.Cell.name(object)]
                + ["podName", "serviceAccountName", "nodeName", "signerName"].map { .string(spec.text($0)) }
                + [.string(state), .string(notes.map { "\($0.key)=\($0.value)" }.joined(separator: ","))]
        }
        return rules
    }()
}
