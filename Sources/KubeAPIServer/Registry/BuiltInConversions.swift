import JSON
import KubeModel

/// Between served versions of a built-in kind that differ in more than their `apiVersion`.
enum BuiltInConversions {
    static func find(_ resource: APIResource) -> ServedResource.Conversion? {
        switch (resource.groupVersion.description, resource.kind) {
        case ("events.k8s.io/v1", "Event"):
            ServedResource.Conversion(toStorage: { renamed($0, eventFields) }, fromStorage: { renamed($0, coreFields) })
        case ("autoscaling/v1", "HorizontalPodAutoscaler"):
            ServedResource.Conversion(
                toStorage: { (try? HorizontalPodAutoscalerConversion.toV2($0)) ?? $0 },
                fromStorage: { HorizontalPodAutoscalerConversion.toV1($0) })
        default: nil
        }
    }

    /// `events.k8s.io/v1` has its own names for what the core group's Event holds.
    private static let eventFields = [
        "regarding": "involvedObject", "note": "message", "reportingController": "reportingComponent",
        "deprecatedSource": "source", "deprecatedFirstTimestamp": "firstTimestamp",
        "deprecatedLastTimestamp": "lastTimestamp", "deprecatedCount": "count",
    ]
    private static let coreFields = Dictionary(uniqueKeysWithValues: eventFields.map { ($1, $0) })

    private static func renamed(_ object: JSON, _ names: [String: String]) -> JSON {
        guard let members = object.object else { return object }
        return .object(JSONObject(members.map { (names[$0.key] ?? $0.key, $0.value) }))
    }
}
