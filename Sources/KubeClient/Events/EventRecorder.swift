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

    private let api: any ObjectAPI
    private let log: Logger
    /// Seconds since 1970, with fractions.
    private let now: @Sendable () -> Double
    private let component: String, host: String
    private let queue: AsyncStream<JSON>
    private let waiting: AsyncStream<JSON>.Continuation

    /// - Parameters:
    ///   - component: who tells, as `kubectl describe` shows it.
    ///   - host: the node on which it tells; "" when that doesn't matter.
    package init(
        _ api: any ObjectAPI, component: String, host: String = "", log: Logger, now: @escaping @Sendable () -> Double
    ) {
        self.api = api
        self.log = log
        self.now = now
        self.component = component
        self.host = host
        (queue, waiting) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.waiting))
    }

    /// - Parameters:
    ///   - object: whole, or an `ObjectReference`'s members in their places.
    ///   - part: which part of it, as a path of fields: `spec.containers{web}`.
    package func record(_ level: Level, about object: JSON, part: String = "", reason: String, _ message: String) {
        var reference = EventRecord.reference(to: object)
        if !part.isEmpty { reference["fieldPath"] = .string(part) }
        waiting.yield(
            EventRecord.event(
                about: reference, type: level.rawValue, reason: reason, message: message,
                component: component, host: host, now: now()))
    }

    /// Writes events until its task is cancelled, or after `end` until all are written.
    package func run() async {
        var correlator = EventCorrelator()
        for await event in queue {
            do throws(APIStatus) {
                switch correlator.correlate(event, now: now()) {
                case .skip: continue
                case .create(let event): correlator.stored(try await create(event))
                case .patch(let event, let patch): correlator.stored(try await change(event, patch))
                }
            } catch {
                log.debug("event dropped", metadata: ["event": "\(event["reason"])", "error": "\(error)"])
            }
        }
    }

    /// No event is told of after this.
    package func end() { waiting.finish() }

    private func create(_ event: JSON) async throws(APIStatus) -> JSON {
        var new = event
        new["metadata"].remove("resourceVersion")
        return try await api.create(.events, new)
    }

    /// An event that has expired meanwhile begins anew.
    private func change(_ event: JSON, _ patch: JSON) async throws(APIStatus) -> JSON {
        let key = ObjectKey(event)
        do {
            return try await api.patch(.events, key.namespace, key.name, subresource: "", .strategic(patch))
        } catch  where error.code == 404 {
            return try await create(event)
        }
    }
}
