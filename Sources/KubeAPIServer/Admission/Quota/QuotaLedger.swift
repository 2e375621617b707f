import JSON
import KubeModel

/// Where the quotas of namespaces are read and charged; the server's store.
package protocol QuotaLedger: Sendable {
    /// The namespace's ResourceQuotas as they are stored now, with their resource versions.
    func quotas(namespace: String) async throws(APIStatus) -> [JSON]
    /// Stores the quota's `status.used`, when the quota wasn't changed since it was read (by its resource version).
    /// - Returns: false when it was.
    func charge(_ quota: JSON) async throws(APIStatus) -> Bool
}

/// Lets the requests of one namespace take turns, so that they don't run into each other's changes of a quota.
actor QuotaTurns {
    private var last: [String: Task<Void, Never>] = [:]

    func run<T: Sendable>(_ namespace: String, _ work: @escaping @Sendable () async -> T) async -> T {
        let earlier = last[namespace]
        let mine = Task {
            await earlier?.value
            return await work()
        }
        let done = Task { _ = await mine.value }
        last[namespace] = done
        let result = await mine.value
        if last[namespace] == done { last[namespace] = nil }
        return result
    }
}
