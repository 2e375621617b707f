import JSON
import KubeModel

/// Lets pods stay five minutes on a node that is gone or not ready, unless they say otherwise.
struct DefaultTolerationSeconds: AdmissionPlugin {
    let name = "DefaultTolerationSeconds"
    /// `--default-not-ready-toleration-seconds`, `--default-unreachable-toleration-seconds`.
    var notReadySeconds = 300
    var unreachableSeconds = 300

    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.isFor("pods"), request.operation == .create || request.operation == .update else { return }
        var tolerations = request.object["spec"].list("tolerations")
        let given = tolerations
        for (taint, seconds) in [
            ("node.kubernetes.io/not-ready", notReadySeconds), ("node.kubernetes.io/unreachable", unreachableSeconds),
        ] {
            let isTolerated = given.contains { toleration in
                ["", taint].contains(toleration.text("key")) && ["", "NoExecute"].contains(toleration.text("effect"))
            }
            guard !isTolerated else { continue }
            tolerations.append([
                "key": .string(taint), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": JSON(seconds),
            ])
        }
        if tolerations.count > given.count { request.object["spec", "tolerations"] = .array(tolerations) }
    }
}
