import Controllers
import JSON
import KubeModel

/// Why a cron job starts no jobs, or why those that it started come to nothing.
struct CronJobDiagnosis {
    let cronJob: JSON
    let situation: Situation

    /// Seconds after a scheduled time in which its job may well be on its way.
    private static let grace = 10.0

    private var name: String { cronJob["metadata"].text("name") }
    private var path: String { "cronjob/\(name)" }
    private var flag: String { Changeable.flag(cronJob["metadata"].text("namespace")) }
    private var spec: JSON { cronJob["spec"] }

    func diagnose() -> Diagnosis {
        let finding = find()
        return Diagnosis(
            path, finding.cause, finding.text, nodes: finding.nodes, fix: finding.fix, command: finding.command)
    }

    private func find() -> Finding {
        if spec["suspend"].bool == true {
            return Finding(
                .paused, "\(path) is suspended: it starts no jobs\(since).", fix: "Let it go on.",
                command: patch("\"suspend\":false"))
        }
        let text = spec.text("schedule")
        let schedule: CronSchedule
        do throws(CronSchedule.Failure) { schedule = try CronSchedule(parsing: text) } catch {
            return Finding(
                .schedule, "\(path) starts no jobs: its schedule \"\(text)\" can't be read: \(error).",
                fix: "Correct it: minute, hour, day of the month, month, day of the week.",
                command: "kubectl edit \(path)\(flag)")
        }
        let zoneName = spec["timeZone"].string ?? schedule.timeZone ?? "UTC"
        guard let zone = ZoneRules(zoneName), !isUnknown(zoneName) else {
            return Finding(
                .schedule, "\(path) starts no jobs: the time zone \(zoneName) isn't known where the controllers run.",
                fix: "Install the time zone database there (tzdata), or name a zone that is known.",
                command: patch("\"timeZone\":\"Etc/UTC\""))
        }
        guard let next = schedule.next(after: Int(situation.now), offset: zone.offset) else {
            return Finding(
                .schedule, "\(path) starts no jobs: no day of the coming years fits its schedule \"\(text)\".",
                fix: "Correct the day or the month.", command: "kubectl edit \(path)\(flag)")
        }
        let nextRun = "the next run comes in \(AgeText.of(seconds: Double(next) - situation.now))"
        return ofActive(schedule, zone, nextRun) ?? refused() ?? missed(schedule, zone, nextRun)
            ?? ofLast(nextRun) ?? Finding(.none, "\(path) hasn't run yet; \(nextRun).")
    }

    /// Since when there was no run.
    private var since: String {
        guard cronJob["status"].has("lastScheduleTime") else { return ", and hasn't run yet" }
        return "; the last began \(situation.age(cronJob["status"]["lastScheduleTime"])) ago"
    }

    private func patch(_ change: String) -> String {
        "kubectl patch \(path)\(flag) --type=merge -p '{\"spec\":{\(change)}}'"
    }

    /// In seconds since 1970; 0 without a run.
    private var lastRun: Double {
        (try? Timestamp(parsing: cronJob["status"].text("lastScheduleTime")))?.time ?? 0
    }

    /// An event about it that tells of what came after the last run.
    private func fresh(_ reason: String) -> JSON? {
        situation.lastEvent(about: cronJob, [reason]).flatMap { EventTime.of($0) > lastRun ? $0 : nil }
    }

    /// The controllers may lack a database of time zones that this machine has.
    private func isUnknown(_ zone: String) -> Bool {
        fresh("UnknownTimeZone")?.text("message").contains("\"\(zone)\"") ?? false
    }

    /// The latest time that has come since the last run.
    /// - Parameter deadline: whether those don't count that are later than the job may be.
    private func due(_ schedule: CronSchedule, _ zone: ZoneRules) -> Int? {
        var cronJob = cronJob
        cronJob["spec"]["startingDeadlineSeconds"] = .null
        return CronJobPlan.due(cronJob, schedule, now: situation.now, offset: zone.offset).time
    }

    // MARK: Runs

    private func ofActive(_ schedule: CronSchedule, _ zone: ZoneRules, _ nextRun: String) -> Finding? {
        let names = (cronJob["status"]["active"].array ?? []).map { $0.text("name") }
        let active = situation.jobs.filter { names.contains($0["metadata"].text("name")) }
        guard let job = active.min(by: { Self.begin($0) < Self.begin($1) }) else { return nil }
        let jobName = job["metadata"].text("name")
        let age = situation.age(job["metadata"]["creationTimestamp"])
        let skipped = spec.text("concurrencyPolicy") == "Forbid" ? due(schedule, zone) : nil
        let forbid = skipped.map {
            " Until it ends, concurrencyPolicy Forbid starts no other one: the run of \(zone.text($0)) was left out."
        }
        let why = JobDiagnosis(job: job, situation: situation).find()
        if !why.isWell, why.cause != .waiting || !why.fix.isEmpty {
            return Finding(
                why.cause, "the job of \(path) that began \(age) ago doesn't get on: \(why.text)\(forbid ?? "")",
                nodes: why.nodes, fix: why.fix, command: why.command)
        }
        if let forbid {
            return Finding(
                .schedule, "\(path) starts no jobs now: its job/\(jobName) has been running for \(age).\(forbid)",
                fix: "Let its jobs end before the next is due, or let several run at once.",
                command: patch("\"concurrencyPolicy\":\"Allow\""))
        }
        return Finding(.none, "\(path) runs: its job/\(jobName) began \(age) ago; \(nextRun).")
    }

    /// Its jobs can't even be created.
    private func refused() -> Finding? {
        guard let event = fresh("FailedCreate") else { return nil }
        let message = event.text("message")
        let isQuota = message.contains("exceeded quota")
        return Finding(
            isQuota ? .quota : .configuration,
            "\(path) can't create its jobs: \(message.hasSuffix(".") ? String(message.dropLast()) : message).",
            fix: isQuota ? "Raise the quota, or keep fewer jobs." : "Correct what the message names.",
            command: isQuota ? "kubectl describe quota\(flag)" : "kubectl edit \(path)\(flag)")
    }

    private func missed(_ schedule: CronSchedule, _ zone: ZoneRules, _ nextRun: String) -> Finding? {
        guard let time = due(schedule, zone), Double(time) + Self.grace < situation.now else { return nil }
        let late = AgeText.of(seconds: situation.now - Double(time))
        if let seconds = spec["startingDeadlineSeconds"].int, Double(time + seconds) < situation.now {
            return Finding(
                .schedule,
                "\(path) has missed its run of \(zone.text(time)), \(late) ago: nothing began it within its "
                    + "startingDeadlineSeconds of \(seconds), after which it is left out; \(nextRun).",
                fix: "Allow more time, if late is better than not at all.",
                command: patch("\"startingDeadlineSeconds\":\(max(seconds * 2, 200))"))
        }
        return Finding(
            .schedule, "\(path) should have run at \(zone.text(time)), \(late) ago, and no controller has begun it.",
            fix: "Look whether the cluster's control plane runs.", command: "hako status")
    }

    /// How the last one that ended did.
    private func ofLast(_ nextRun: String) -> Finding? {
        let own = situation.owned(by: cronJob, situation.jobs).filter { JobDiagnosis.ending($0) != nil }
        guard let last = own.max(by: { Self.begin($0) < Self.begin($1) }) else {
            guard lastRun > 0 else { return nil }
            return Finding(
                .none, "\(path) ran \(situation.age(cronJob["status"]["lastScheduleTime"])) ago; \(nextRun).")
        }
        let why = JobDiagnosis(job: last, situation: situation).find()
        if !why.isWell {
            return Finding(
                why.cause,
                "the last run of \(path) failed: \(why.text) \(nextRun.prefix(1).uppercased())"
                    + "\(nextRun.dropFirst()).", nodes: why.nodes, fix: why.fix, command: why.command)
        }
        let age = situation.age(last["metadata"]["creationTimestamp"])
        return Finding(
            .none, "\(path) ran \(age) ago and its job/\(last["metadata"].text("name")) succeeded; \(nextRun).")
    }

    private static func begin(_ job: JSON) -> String { job["metadata"].text("creationTimestamp") }
}
