import JSON
import KubeModel

/// Which object of a cluster is marked as the default of its kind.
enum DefaultObject {
    /// The newest of those with one of the annotations; by name among equally old ones.
    static func find(_ reader: any ObjectReader, group: String, resource: String, annotations: [String]) -> JSON? {
        let marked = reader.objects(group: group, resource: resource, namespace: "").filter { object in
            annotations.contains { object["metadata", "annotations", $0] == "true" }
        }
        return marked.min { a, b in
            let times = (created(a), created(b))
            return times.0 == times.1
                ? a["metadata"].text("name") < b["metadata"].text("name") : times.0 > times.1
        }
    }

    /// Timestamps of the API sort as text.
    private static func created(_ object: JSON) -> String { object["metadata"].text("creationTimestamp") }
}

/// Gives claims without a storage class the default one.
struct DefaultStorageClass: AdmissionPlugin {
    let name = "DefaultStorageClass"

    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .create, request.isFor("persistentvolumeclaims"),
            !request.object["spec"].has("storageClassName"),
            request.object["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"].isNull,
            let found = DefaultObject.find(
                reader, group: "storage.k8s.io", resource: "storageclasses",
                annotations: [
                    "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class",
                ])
        else { return }
        request.object["spec", "storageClassName"] = found["metadata", "name"]
    }
}

/// Gives ingresses without a class the default one.
struct DefaultIngressClass: AdmissionPlugin {
    let name = "DefaultIngressClass"

    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .create, request.isFor("ingresses", group: "networking.k8s.io"),
            !request.object["spec"].has("ingressClassName"),
            request.object["metadata", "annotations", "kubernetes.io/ingress.class"].isNull,
            let found = DefaultObject.find(
                reader, group: "networking.k8s.io", resource: "ingressclasses",
                annotations: ["ingressclass.kubernetes.io/is-default-class"])
        else { return }
        request.object["spec", "ingressClassName"] = found["metadata", "name"]
    }
}
