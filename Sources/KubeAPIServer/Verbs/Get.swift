import JSON
import KubeModel
import KubeStorage

extension ObjectVerbs {
    /// GET of one object. A given resourceVersion means "not older than".
    func get() async throws(APIStatus) -> Answer {
        try await waitFor(request.query.resourceVersion)
        return .stored(code: 200, try await parts.store.get(served, namespace, name))
    }

    /// Waits until the store is at `version` ("" and "0": as it is now). A version that isn't reached in time is
    /// answered with upstream's 504, so that the client tries again.
    func waitFor(_ version: String) async throws(APIStatus) {
        guard !version.isEmpty, version != "0" else { return }
        let wanted = try Self.revision(version)
        let current: Int64
        do { current = try await parts.store.storage.revision } catch { throw ObjectStore.status(error) }
        guard wanted > current else { return }
        throw APIStatus(
            code: 504, reason: "Timeout", message: "Too large resource version: \(wanted), current: \(current)",
            details: [
                "causes": [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]],
                "retryAfterSeconds": 1,
            ])
    }

    static func revision(_ text: String) throws(APIStatus) -> Int64 {
        guard let value = Int64(text), value >= 0 else {
            throw .badRequest("Invalid value: \"\(text)\": invalid resource version")
        }
        return value
    }
}
