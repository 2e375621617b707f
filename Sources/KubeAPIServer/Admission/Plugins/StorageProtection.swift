import JSON
import KubeModel

/// Keeps claims, volumes and volume attribute classes from going while they are used, by a finalizer that a controller
/// takes away.
struct StorageObjectInUseProtection: AdmissionPlugin {
    let name = "StorageObjectInUseProtection"

    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .create else { return }
        let finalizer: String
        if request.isFor("persistentvolumeclaims") {
            finalizer = "kubernetes.io/pvc-protection"
        } else if request.isFor("persistentvolumes") {
            finalizer = "kubernetes.io/pv-protection"
        } else if request.isFor("volumeattributesclasses", group: "storage.k8s.io") {
            finalizer = "kubernetes.io/vac-protection"
        } else {
            return
        }
        let finalizers = request.object["metadata"].list("finalizers")
        guard !finalizers.contains(.string(finalizer)) else { return }
        request.object["metadata", "finalizers"] = .array(finalizers + [.string(finalizer)])
    }
}

/// Lets claims grow only where their storage class can do it.
struct PersistentVolumeClaimResize: AdmissionPlugin {
    let name = "PersistentVolumeClaimResize"

    func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .update, request.isFor("persistentvolumeclaims") else { return }
        func size(_ claim: JSON) -> Quantity {
            Quantity(claim["spec", "resources", "requests", "storage"]) ?? .zero
        }
        guard size(request.object).compare(to: size(request.old)) > 0 else { return }
        guard request.old["status", "phase"] == "Bound" else {
            throw request.forbidden("Only bound persistent volume claims can be expanded")
        }
        let wanted = Self.storageClass(request.object)
        let stored = reader.object(group: "storage.k8s.io", resource: "storageclasses", namespace: "", name: wanted)
        guard !wanted.isEmpty, wanted == Self.storageClass(request.old), stored?["allowVolumeExpansion"] == true else {
            throw request.forbidden(
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support "
                    + "resize")
        }
    }

    private static func storageClass(_ claim: JSON) -> String {
        claim["metadata", "annotations", "volume.beta.kubernetes.io/storage-class"].string
            ?? claim["spec", "storageClassName"].string ?? ""
    }
}
