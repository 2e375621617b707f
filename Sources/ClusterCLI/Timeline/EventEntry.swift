import JSON
import KubeModel

/// Events as entries.
enum EventEntry {
    static func of(_ event: JSON) -> TimelineEntry {
        let about = event["involvedObject"]
        let component = event["source"].text("component")
        let count = event["series"]["count"].int ?? event["count"].int ?? 1
        let times = count > 1 ? " (\(count) times)" : ""
        return TimelineEntry(
            time: EventTime.of(event), step: .did, by: component.isEmpty ? event.text("reportingComponent") : component,
            namespace: about.text("namespace"), object: "\(about.text("kind").lowercased())/\(about.text("name"))",
            what: event.text("reason") + times, why: event.text("message"))
    }
}
