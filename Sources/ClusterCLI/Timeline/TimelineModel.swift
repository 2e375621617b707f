import JSON
import KubeModel

/// Changes in, entries out.
struct TimelineModel {
    /// Events that wait until their object is known; the oldest are dropped.
    private static let waitingEvents = 1_000

    private var relations: Relations
    private var objects: [String: JSON] = [:]
    private var waiting: [JSON] = []

    init(target: (kind: String, name: String)?) { relations = Relations(target: target) }

    /// What is there at first.
    mutating func begin(_ kind: String, _ all: [JSON]) {
        for object in all {
            if kind != "Event" { relations.learn(kind, object) }
            objects[object["metadata"].text("uid")] = object
        }
    }

    /// What has happened before, in order.
    func history(_ byKind: [(kind: String, objects: [JSON])], events: [JSON]) -> [TimelineEntry] {
        var entries: [TimelineEntry] = []
        for (kind, all) in byKind {
            for object in all where relations.isRelated(object["metadata"].text("uid")) {
                entries += History.of(kind, object)
            }
        }
        for event in events where isRelated(event) { entries.append(EventEntry.of(event)) }
        return entries.enumerated().sorted { ($0.1.time, $0.0) < ($1.1.time, $1.0) }.map(\.1)
    }

    /// - Parameters:
    ///   - now: when it was seen, in seconds since 1970.
    ///   - old: nil for an object that wasn't there.
    ///   - new: nil for one that is no more.
    mutating func take(_ kind: String, old: JSON?, new: JSON?, now: Double) -> [TimelineEntry] {
        guard let object = new ?? old else { return [] }
        let uid = object["metadata"].text("uid")
        let old = old ?? objects[uid]
        // Whoever begins to look is told first of what is there already.
        if new != nil, let old, old["metadata"]["resourceVersion"] == object["metadata"]["resourceVersion"],
            !object["metadata"].text("resourceVersion").isEmpty
        {
            return []
        }
        defer { objects[uid] = new }
        if kind == "Event" { return new.map { take(event: $0) } ?? [] }
        if new != nil { relations.learn(kind, object) }
        guard relations.isRelated(uid) else { return [] }
        return entries(kind, object, old, isGone: new == nil, now) + release()
    }

    private func entries(
        _ kind: String, _ object: JSON, _ old: JSON?, isGone: Bool, _ now: Double
    ) -> [TimelineEntry] {
        let metadata = object["metadata"]
        func entry(_ change: ChangeText, by: String) -> TimelineEntry {
            TimelineEntry(
                time: now, step: change.step, by: by, namespace: metadata.text("namespace"),
                object: "\(kind.lowercased())/\(metadata.text("name"))", what: change.what, why: change.why)
        }
        if isGone { return [entry(ChangeText(.gone, "deleted"), by: "")] }
        return ObjectChanges.of(kind, old ?? .null, object) { objects[$0] }.map { text in
            let isStatus = text.step == .observed && kind != "EndpointSlice"
            var by = FieldManager.of(object, since: old, isStatus: isStatus)
            // A binding leaves no trace of who made it.
            if by.isEmpty, text.what.hasPrefix("bound to node") { by = object["spec"].text("schedulerName") }
            return entry(text, by: by)
        }
    }

    // MARK: Events

    private func isRelated(_ event: JSON) -> Bool { relations.isRelated(event["involvedObject"].text("uid")) }

    private mutating func take(event: JSON) -> [TimelineEntry] {
        if isRelated(event) { return [EventEntry.of(event)] }
        if !relations.isKnown(event["involvedObject"].text("uid")) {
            waiting.append(event)
            if waiting.count > Self.waitingEvents { waiting.removeFirst() }
        }
        return []
    }

    private mutating func release() -> [TimelineEntry] {
        let ready = waiting.filter { relations.isKnown($0["involvedObject"].text("uid")) }
        if ready.isEmpty { return [] }
        waiting.removeAll { relations.isKnown($0["involvedObject"].text("uid")) }
        return ready.filter(isRelated).map(EventEntry.of)
    }
}
