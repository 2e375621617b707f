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
        guard let wanted = Self.revision(version) else {
            // Of the original's faults the one without a reason.
            throw APIStatus(code: 500, reason: "", message: Self.whyNoVersion(version))
        }
        let current: Int64
        do { current = try await parts.store.storage.revision } catch { throw ObjectStore.status(error) }
        guard wanted > current else { return }
        throw APIStatus(
            code: 504, reason: "Timeout",
            message: "Timeout: Too large resource version: \(wanted), current: \(current)",
            details: [
                "causes": [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]],
                "retryAfterSeconds": 1,
            ])
    }

    /// Nil for what is no version of anything.
    static func revision(_ text: String) -> Int64? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(text).map { Int64(clamping: $0) }
    }

    /// The original's sentence, which is that of Go's number reader.
    static func whyNoVersion(_ text: String) -> String {
        let isNumber = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        let quoted = GoText.quoted(text)
        return "resourceVersion: Invalid value: \(quoted): strconv.ParseUint: parsing \(quoted): "
            + (isNumber ? "value out of range" : "invalid syntax")
    }
}
