import JSON
import KubeModel

/// `status.conditions`, by the rules that the original's workload controllers share.
enum Conditions {
    /// Null when there is none of that type.
    static func find(_ type: String, in status: JSON) -> JSON {
        status.list("conditions").first { $0.text("type") == type } ?? .null
    }

    /// Replaces the condition of that type, at the end of the list, unless it has that status and reason already.
    /// - Parameter condition: with its times; its `lastTransitionTime` gives way to the old one's when the status stays
    ///   the same and `keepsTransition`.
    static func set(_ condition: JSON, in status: inout JSON, keepsTransition: Bool = false) {
        var condition = condition
        let current = find(condition.text("type"), in: status)
        if !current.isNull {
            if current["status"] == condition["status"], current.text("reason") == condition.text("reason") { return }
            if keepsTransition, current["status"] == condition["status"] {
                condition["lastTransitionTime"] = current["lastTransitionTime"]
            }
        }
        remove(condition.text("type"), from: &status)
        status["conditions"] = .array(status.list("conditions") + [condition])
    }

    static func remove(_ type: String, from status: inout JSON) {
        let kept = status.list("conditions").filter { $0.text("type") != type }
        if kept.isEmpty { status.remove("conditions") } else { status["conditions"] = .array(kept) }
    }
}
