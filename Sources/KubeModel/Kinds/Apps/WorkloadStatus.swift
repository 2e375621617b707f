import JSON

/// Checks of the counts that a workload's controller reports.
enum WorkloadStatus {
    /// No count is above the number of replicas, and no more are available than are ready.
    static func replicaFaults(
        _ status: JSON, _ path: FieldPath, parts: [String], ready: String = "readyReplicas"
    ) -> [FieldError] {
        func value(_ name: String) -> Int { status[name].int ?? 0 }
        var faults = parts.filter { value($0) > value("replicas") }
            .map { FieldError.invalid(path[$0], status[$0], "cannot be greater than status.replicas") }
        if value("availableReplicas") > value("readyReplicas") {
            let detail = "cannot be greater than \(ready)"
            faults.append(.invalid(path["availableReplicas"], status["availableReplicas"], detail))
        }
        return faults
    }

    /// Controllers count hash collisions up.
    static func collisionFaults(_ new: JSON, _ old: JSON) -> [FieldError] {
        guard let before = old["collisionCount"].int else { return [] }
        let now = new["collisionCount"].int ?? 0
        if new.has("collisionCount"), now >= before { return [] }
        return [.invalid(FieldPath("status.collisionCount"), .init(now), "cannot be decremented")]
    }
}
