import JSON
import KubeModel

/// Keeps objects out of namespaces that aren't there or are going, and the system's own namespaces from deletion.
struct NamespaceLifecycle: AdmissionPlugin {
    let name = "NamespaceLifecycle"
    private static let immortal: Set<String> = ["default", "kube-system", "kube-public"]

    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        if request.isOf("namespaces") {
            guard request.operation == .delete, Self.immortal.contains(request.name) else { return }
            throw Forbidden.status(
                group: "", resource: "namespaces", name: request.name, "this namespace may not be deleted")
        }
        // A review answers nothing about the namespace itself, which would tell strangers of it.
        guard request.operation == .create, !request.namespace.isEmpty,
            !request.isOf("localsubjectaccessreviews", group: "authorization.k8s.io")
        else { return }
        let found = reader.object(group: "", resource: "namespaces", namespace: "", name: request.namespace)
        guard let found else {
            throw APIStatus(
                code: 404, reason: "NotFound", message: "namespaces \(GoText.quoted(request.namespace)) not found",
                details: ["name": .string(request.namespace), "kind": "namespaces"])
        }
        guard found["status", "phase"] == "Terminating" else { return }
        var status = request.forbidden(
            "unable to create new content in namespace \(request.namespace) because it is being terminated")
        status.details["causes"] = [
            [
                "reason": "NamespaceTerminating",
                "message": .string("namespace \(request.namespace) is being terminated"), "field": "metadata.namespace",
            ]
        ]
        throw status
    }
}
