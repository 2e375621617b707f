import JSON
import KubeModel
import Logging

/// Tells of what happens to objects by `v1` Events, as client-go's recorder does: repeated events count up the first,
/// similar ones become one, and a source that talks too much is not heard. Whoever tells doesn't wait; what can't be
/// written is dropped.
package final class EventRecorder: Sendable {
    package enum Level: String, Sendable { case normal = "Normal", warning = "Warning" }

    /// Events that wait to be written; more are dropped, as client-go does.
    private static let waiting = 1_000

    private let parts: ServerParts
    private let component: String
    private let queue: AsyncStream<JSON>
    private let waiting: AsyncStream<JSON>.Continuation

    /// - Parameter component: who tells, as `kubectl describe` shows it.
    init(_ parts: ServerParts, component: String) {
        self.parts = parts
        self.component = component
        (queue, waiting) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.waiting))
    }

    /// - Parameter object: whole, or an `ObjectReference`'s members in their places.
    package func record(_ level: Level, about object: JSON, reason: String, _ message: String) {
        waiting.yield(
            EventRecord.event(
                about: EventRecord.reference(to: object), type: level.rawValue, reason: reason, message: message,
                component: component, now: parts.now()))
    }

    /// Writes events until its task is cancelled, or after `end` until all are written.
    package func run() async {
        var correlator = EventCorrelator()
        for await event in queue {
            do throws(APIStatus) {
                switch correlator.correlate(event, now: parts.now()) {
                case .skip: continue
                case .create(let event): correlator.stored(try await create(event))
                case .patch(let event, let patch): correlator.stored(try await change(event, patch))
                }
            } catch {
                parts.log.debug("event dropped", metadata: ["event": "\(event["reason"])", "error": "\(error)"])
            }
        }
    }

    /// No event is told of after this.
    package func end() { waiting.finish() }

    private func verbs(_ event: JSON, named: Bool) throws(APIStatus) -> ObjectVerbs {
        guard let served = parts.table.find(group: "", version: "v1", resource: "events") else {
            throw .internalError("events aren't served")
        }
        let metadata = event["metadata"]
        return ObjectVerbs(
            parts: parts,
            request: .internal(
                served, namespace: metadata["namespace"].string ?? "", name: named ? metadata["name"].string ?? "" : "",
                manager: component))
    }

    private func create(_ event: JSON) async throws(APIStatus) -> JSON {
        let verbs = try verbs(event, named: false)
        var new = event
        new["metadata"].remove("resourceVersion")
        var decoded = try verbs.decode(tree: verbs.typed(new))
        try verbs.settleNamespace(&decoded)
        return try await verbs.create(decoded).tree(verbs.served)
    }

    /// An event that has expired meanwhile begins anew.
    private func change(_ event: JSON, _ patch: JSON) async throws(APIStatus) -> JSON {
        let verbs = try verbs(event, named: true)
        do {
            return try await verbs.change(verbs.changeRules()) { old in
                var new = old
                for (name, value) in patch.object ?? JSONObject() { new[name] = value }
                return new
            }.tree(verbs.served)
        } catch  where error.code == 404 {
            return try await create(event)
        }
    }
}
