import JSON
import KubeModel

/// What can be told of the time before one looked: creations, transitions of conditions, containers' starts and ends.
enum History {
    static func of(_ kind: String, _ object: JSON) -> [TimelineEntry] {
        let metadata = object["metadata"]
        var entries: [TimelineEntry] = []
        func add(_ time: JSON, _ change: ChangeText, isStatus: Bool = true) {
            guard let text = time.string, let time = try? Timestamp(parsing: text) else { return }
            entries.append(
                TimelineEntry(
                    time: time.time, step: change.step,
                    by: isStatus ? FieldManager.of(object, since: nil, isStatus: true) : creator(metadata),
                    namespace: metadata.text("namespace"), object: "\(kind.lowercased())/\(metadata.text("name"))",
                    what: change.what, why: change.why))
        }
        if let creation = ObjectChanges.of(kind, .null, ["metadata": metadata, "spec": object["spec"]]).first {
            add(metadata["creationTimestamp"], creation, isStatus: false)
        }
        for condition in object["status"]["conditions"].array ?? [] {
            let why = [condition.text("reason"), condition.text("message")].filter { !$0.isEmpty }.joined(
                separator: ": ")
            add(
                condition["lastTransitionTime"],
                ChangeText(.observed, "\(condition.text("type")) \(condition.text("status"))", why: why))
        }
        for list in ["initContainerStatuses", "containerStatuses"] {
            for status in object["status"][list].array ?? [] {
                for place in ["lastState", "state"] {
                    let name = status.text("name"), state = status[place]
                    let ended = state["terminated"]
                    add(state["running"]["startedAt"], ChangeText(.observed, "container \(name) running"))
                    add(ended["startedAt"], ChangeText(.observed, "container \(name) running"))
                    add(
                        ended["finishedAt"],
                        ChangeText(
                            .observed,
                            "container \(name) ended (\(ended.text("reason")), exit code \(ended["exitCode"].int ?? 0))"
                        ))
                }
            }
        }
        return entries
    }

    /// The manager of the oldest fields that aren't status.
    private static func creator(_ metadata: JSON) -> String {
        let own = (metadata["managedFields"].array ?? []).filter { $0.text("subresource").isEmpty }
        return own.min { $0.text("time") < $1.text("time") }?.text("manager") ?? ""
    }
}
