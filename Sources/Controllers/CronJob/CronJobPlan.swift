import JSON
import KubeModel

/// When a cron job runs, and which of its finished jobs go.
package enum CronJobPlan {
    package enum Missed: Equatable { case none, few, many }

    /// The latest time that has come since the last run; nil while none has.
    /// - Parameter now: seconds since 1970.
    package static func due(_ cronJob: JSON, _ schedule: CronSchedule, now: Double, offset: (Int) -> Int)
        -> (time: Int?, missed: Missed)
    {
        let last = cronJob["status"].time("lastScheduleTime") ?? cronJob.creationTime
        var from = last?.seconds ?? Int(now)
        if let seconds = cronJob["spec"]["startingDeadlineSeconds"].int {
            from = max(from, Int((now - Double(seconds)).rounded(.down)))
        }
        let present = Int(now.rounded(.down))
        guard let first = schedule.next(after: from, offset: offset), first <= present else { return (nil, .none) }
        guard let second = schedule.next(after: first, offset: offset), second <= present else { return (first, .none) }
        let gap = max(1, second - first)
        let count = (present - first) / gap + 1
        var latest: Int?
        var time = schedule.next(after: first + (count - 2) * gap, offset: offset)
        while let at = time, at <= present {
            latest = at
            time = schedule.next(after: at, offset: offset)
        }
        return (latest ?? first, count > 100 ? .many : .few)
    }

    static func jobName(_ cronJob: JSON, _ time: Int) -> String { "\(cronJob.objectName)-\(time / 60)" }

    /// - Parameter text: the time in the schedule's zone.
    static func job(_ cronJob: JSON, at time: Int, text: String) -> JSON {
        let template = cronJob["spec"]["jobTemplate"]
        var metadata: JSON = [
            "name": .string(jobName(cronJob, time)), "namespace": cronJob["metadata"]["namespace"],
            "ownerReferences": [OwnerReferences.make(to: cronJob, isController: true)],
        ]
        if !template.labels.isNull { metadata["labels"] = template.labels }
        var annotations: JSON = template["metadata"]["annotations"].isNull ? [:] : template["metadata"]["annotations"]
        annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] = .string(text)
        metadata["annotations"] = annotations
        return ["apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template["spec"]]
    }

    /// Finished jobs beyond the limits of the history, the oldest of each kind.
    static func expired(_ cronJob: JSON, _ jobs: [JSON]) -> [JSON] {
        func oldest(_ ending: String, _ limit: Int?) -> [JSON] {
            guard let limit else { return [] }
            let finished = jobs.filter { JobFacts.ending($0) == ending && !$0.isBeingDeleted }.sorted { a, b in
                let (x, y) = (a["status"].time("startTime"), b["status"].time("startTime"))
                if x == y { return a.objectName < b.objectName }
                guard let x, let y else { return x != nil }
                return x < y
            }
            return Array(finished.prefix(max(0, finished.count - limit)))
        }
        let spec = cronJob["spec"]
        return oldest("Complete", spec["successfulJobsHistoryLimit"].int)
            + oldest("Failed", spec["failedJobsHistoryLimit"].int)
    }
}
