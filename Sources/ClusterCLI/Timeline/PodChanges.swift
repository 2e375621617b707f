import JSON
import KubeModel

/// What a kubelet tells anew of a pod.
enum PodChanges {
    static func of(_ old: JSON, _ new: JSON) -> [ChangeText] {
        let (was, now) = (old["status"], new["status"])
        var changes: [ChangeText] = []
        let phase = now.text("phase")
        if was.text("phase") != phase, !phase.isEmpty, !(was.isNull && phase == "Pending") {
            let from = was.text("phase").isEmpty ? "" : "\(was.text("phase")) → "
            let why = [now.text("reason"), now.text("message")].filter { !$0.isEmpty }.joined(separator: ": ")
            changes.append(ChangeText(.observed, "phase \(from)\(phase)", why: why))
        }
        if was.text("podIP") != now.text("podIP"), !now.text("podIP").isEmpty {
            changes.append(ChangeText(.observed, "address \(now.text("podIP"))"))
        }
        for list in ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"] {
            let before = Dictionary((was[list].array ?? []).map { ($0.text("name"), $0) }) { $1 }
            for status in now[list].array ?? [] { changes += container(before[status.text("name")] ?? .null, status) }
        }
        // What follows from containers' states isn't told a second time.
        changes += ObjectChanges.conditions(was, now).filter { change in
            change.what.hasPrefix("Ready ") || change.what.hasPrefix("PodScheduled False")
                || change.what.hasPrefix("DisruptionTarget")
        }.filter { !($0.what == "Ready False" && was["conditions"].isNull) }
        return changes
    }

    private static func container(_ old: JSON, _ new: JSON) -> [ChangeText] {
        var changes: [ChangeText] = []
        let (was, now) = (state(old["state"]), state(new["state"]))
        if was.word != now.word, !now.word.isEmpty {
            let from = was.word.isEmpty ? "" : "\(was.word) → "
            changes.append(ChangeText(.observed, "container \(new.text("name")) \(from)\(now.word)", why: now.why))
        }
        let restarts = new["restartCount"].int ?? 0
        if restarts > old["restartCount"].int ?? 0 {
            let last = state(new["lastState"])
            changes.append(
                ChangeText(.observed, "container \(new.text("name")) restarted, \(restarts) in all", why: last.word))
        }
        return changes
    }

    private static func state(_ state: JSON) -> (word: String, why: String) {
        if state.has("waiting") {
            return ("waiting (\(state["waiting"].text("reason")))", state["waiting"].text("message"))
        }
        if state.has("running") { return ("running", "") }
        guard state.has("terminated") else { return ("", "") }
        let ended = state["terminated"]
        return ("ended (\(ended.text("reason")), exit code \(ended["exitCode"].int ?? 0))", ended.text("message"))
    }
}
