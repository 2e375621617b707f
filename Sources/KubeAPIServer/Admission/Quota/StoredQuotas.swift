import JSON
import KubeModel
import KubeStorage

/// Quotas in the server's own store.
struct StoredQuotas: QuotaLedger {
    let store: ObjectStore
    let table: ResourceTable

    private var served: ServedResource? { table.find(group: "", version: "v1", resource: "resourcequotas") }

    func quotas(namespace: String) async throws(APIStatus) -> [JSON] {
        store.cache.objects(group: "", resource: "resourcequotas", namespace: namespace)
    }

    func charge(_ quota: JSON) async throws(APIStatus) -> Bool {
        let metadata = quota["metadata"]
        guard let served else { return true }
        guard
            let stored = try await store.find(
                served, metadata["namespace"].string ?? "", metadata["name"].string ?? ""),
            "\(stored.modRevision)" == metadata["resourceVersion"].string
        else { return false }
        return try await store.replace(stored, quota) != nil
    }
}
