import JSON
import KubeModel

/// What a job's spec and status say.
enum JobFacts {
    static let finalizer = "batch.kubernetes.io/job-tracking"
    static let indexName = "batch.kubernetes.io/job-completion-index"
    static let failureCount = "batch.kubernetes.io/job-index-failure-count"

    static func condition(_ job: JSON, _ type: String) -> JSON {
        let found = Conditions.find(type, in: job["status"])
        return found.text("status") == "True" ? found : .null
    }

    /// `Complete`, `Failed`, or nil.
    static func ending(_ job: JSON) -> String? {
        ["Complete", "Failed"].first { !condition(job, $0).isNull }
    }

    static func isSuspended(_ job: JSON) -> Bool { job["spec"].flag("suspend") }
    static func isIndexed(_ job: JSON) -> Bool { job["spec"].text("completionMode") == "Indexed" }
    /// Nil: as many as it takes for one to succeed.
    static func completions(_ job: JSON) -> Int? { job["spec"]["completions"].int }
    static func parallelism(_ job: JSON) -> Int { job["spec"]["parallelism"].int ?? 1 }

    /// Whether a pod that is going may be replaced only when it has ended.
    static func replacesOnlyFailed(_ job: JSON) -> Bool { job["spec"].text("podReplacementPolicy") == "Failed" }

    static func index(_ pod: JSON) -> Int? { pod.annotation(indexName).flatMap { Int($0) } }

    static func hasFinalizer(_ pod: JSON) -> Bool { pod.finalizers.contains(finalizer) }

    /// Whether it counts as failed; one that is going does too, unless it may yet succeed.
    static func isFailed(_ pod: JSON, _ job: JSON, isGoing: Bool) -> Bool {
        if PodFacts.phase(pod) == "Failed" { return true }
        if replacesOnlyFailed(job) || PodFacts.phase(pod) == "Succeeded" { return false }
        return isGoing
    }

    /// When the pod's last container ended; nil when none has told.
    static func finishTime(_ pod: JSON) -> Double? {
        let statuses = pod["status"].list("containerStatuses") + pod["status"].list("initContainerStatuses")
        return statuses.compactMap { $0["state"]["terminated"].time("finishedAt")?.time }.max()
    }

    static func newCondition(_ type: String, _ reason: String, _ message: String, now: Double, status: String = "True")
        -> JSON
    {
        let time: JSON = .string(Timestamp(now).text)
        return [
            "type": .string(type), "status": .string(status), "lastProbeTime": time, "lastTransitionTime": time,
            "reason": .string(reason), "message": .string(message),
        ]
    }
}
