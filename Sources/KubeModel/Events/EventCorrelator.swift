import JSON

/// Keeps a stream of events small: the same event again counts up the first one, many events that differ in their
/// message only become one, and a source that talks too much is not heard. Semantics of client-go's `EventCorrelator`.
package struct EventCorrelator: Sendable {
    enum Limit {
        /// Objects, messages and sources remembered, each.
        static let entries = 4_096
        /// Messages of one reason about one object in `aggregationSeconds` from which on they are combined.
        static let similarEvents = 10
        static let aggregationSeconds = 600.0
        /// Events that a source may send about an object at once, and the seconds in which it earns one more.
        static let burst = 25.0
        static let secondsPerEvent = 300.0
    }

    package enum Outcome: Sendable, Equatable {
        case create(JSON)
        /// A strategic merge patch of the event of that name and namespace; when it is gone, `event` is to be created.
        case patch(event: JSON, JSON)
        /// Its source sends too many.
        case skip
    }

    private struct Observation: Sendable {
        let count: Int, firstTimestamp: JSON, name: String, resourceVersion: JSON
    }
    private struct Aggregate: Sendable {
        var messages: Set<String> = []
        var last: Double
    }
    private struct Bucket: Sendable {
        var tokens: Double
        var last: Double
    }

    private var observations = RecentEntries<Observation>(limit: Limit.entries)
    private var aggregates = RecentEntries<Aggregate>(limit: Limit.entries)
    private var buckets = RecentEntries<Bucket>(limit: Limit.entries)

    package init() {}

    /// What is to be done with a new `v1` Event. `now` is in seconds since 1970.
    package mutating func correlate(_ event: JSON, now: Double) -> Outcome {
        let (aggregated, key) = aggregate(event, now)
        let (observed, patch) = observe(aggregated, key)
        guard allows(observed, now) else { return .skip }
        return patch.isNull ? .create(observed) : .patch(event: observed, patch)
    }

    /// Remembers an event as the server returned it: later patches name it and its version.
    package mutating func stored(_ event: JSON) {
        observations[Self.key(event, Self.identity)] = Self.observation(of: event)
    }

    private static func observation(of event: JSON) -> Observation {
        Observation(
            count: event["count"].int ?? 0, firstTimestamp: event["firstTimestamp"],
            name: event["metadata"].text("name"), resourceVersion: event["metadata", "resourceVersion"])
    }

    // MARK: Keys

    private static let object = [
        ["source", "component"], ["source", "host"], ["involvedObject", "kind"], ["involvedObject", "namespace"],
        ["involvedObject", "name"],
    ]
    private static let objectIdentity = [["involvedObject", "uid"], ["involvedObject", "apiVersion"], ["type"]]
    private static let identity =
        object + [["involvedObject", "fieldPath"]] + objectIdentity + [["reason"], ["message"]]
    private static let similarity =
        object + objectIdentity + [["reason"], ["reportingComponent"], ["reportingInstance"]]
    private static let source = object + objectIdentity

    private static func key(_ event: JSON, _ paths: [[String]]) -> String {
        paths.map { path in path.reduce(event) { $0[$1] }.string ?? "" }.joined()
    }

    // MARK: Steps

    private mutating func aggregate(_ event: JSON, _ now: Double) -> (JSON, key: String) {
        let key = Self.key(event, Self.similarity)
        var record = aggregates[key] ?? Aggregate(last: now)
        if now - record.last > Limit.aggregationSeconds { record.messages = [] }
        record.messages.insert(event.text("message"))
        record.last = now
        let isMany = record.messages.count >= Limit.similarEvents
        if isMany { record.messages.removeFirst() }
        aggregates[key] = record
        guard isMany else { return (event, Self.key(event, Self.identity)) }
        let time: JSON = .string(Timestamp(now).text)
        var combined: JSON = [
            "metadata": ["name": .string(EventRecord.name(event["involvedObject"].text("name"), now))],
            "involvedObject": event["involvedObject"], "reason": event["reason"],
            "message": .string("(combined from similar events): \(event.text("message"))"), "source": event["source"],
            "firstTimestamp": time, "lastTimestamp": time, "count": 1, "type": event["type"],
        ]
        combined["metadata", "namespace"] = event["metadata", "namespace"]
        for name in ["apiVersion", "kind"] where event.has(name) { combined[name] = event[name] }
        return (combined, key)
    }

    private mutating func observe(_ event: JSON, _ key: String) -> (JSON, patch: JSON) {
        var result = event
        var patch: JSON = .null
        if let last = observations[key], last.count > 0 {
            result["metadata", "name"] = .string(last.name)
            if last.resourceVersion.isNull {
                result.edit("metadata") { $0.remove("resourceVersion") }
            } else {
                result["metadata", "resourceVersion"] = last.resourceVersion
            }
            result["firstTimestamp"] = last.firstTimestamp
            result["count"] = JSON(last.count + 1)
            patch = [
                "count": result["count"], "lastTimestamp": result["lastTimestamp"], "message": result["message"],
            ]
        }
        observations[key] = Self.observation(of: result)
        return (result, patch)
    }

    /// A token bucket a source and object.
    private mutating func allows(_ event: JSON, _ now: Double) -> Bool {
        let key = Self.key(event, Self.source)
        var bucket = buckets[key] ?? Bucket(tokens: Limit.burst, last: now)
        let earned = max(0, now - bucket.last) / Limit.secondsPerEvent
        bucket.tokens = min(Limit.burst, bucket.tokens + earned)
        bucket.last = max(bucket.last, now)
        let isAllowed = bucket.tokens >= 1
        if isAllowed { bucket.tokens -= 1 }
        buckets[key] = bucket
        return isAllowed
    }
}
