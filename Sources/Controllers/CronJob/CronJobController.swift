import JSON
import KubeClient
import KubeModel
import Logging

/// Begins jobs by their schedules.
final class CronJobController: Controller {
    private let recorder: EventRecorder
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let account = "cronjob-controller"
        let cronJobs = context.informers[.cronJobs], jobs = context.informers[.jobs]
        recorder = context.recorder(account)
        let turns = CronJobTurns(
            api: context.api(account), cronJobs: cronJobs, jobs: jobs, recorder: recorder, now: context.now)
        loop = ReconcileLoop(account, log: context.log) { try await turns.reconcile($0) }
        let owners = OwnerWatch(kind: "CronJob", owners: cronJobs)
        cronJobs.observe { [loop] in loop.enqueue($0.key) }
        jobs.observe { [loop] change in
            for key in [change.old, change.new].compactMap({ $0.flatMap(owners.owner) }) { loop.enqueue(key) }
        }
    }

    func run() async { await runTogether([{ await self.loop.run() }, { await self.recorder.run() }]) }
}

private struct CronJobTurns: Sendable {
    /// Runs a little after the time, so that clocks that are behind don't run twice.
    private static let delay = 0.1

    let api: any ObjectAPI
    let cronJobs: Informer
    let jobs: Informer
    let recorder: EventRecorder
    let now: @Sendable () -> Double

    func reconcile(_ key: ObjectKey) async throws -> Next {
        guard var cronJob = cronJobs.object(key) else { return .settled }
        let own = jobs.controlled(by: cronJob)
        for job in CronJobPlan.expired(cronJob, own) { _ = try await delete(job, of: cronJob) }
        let before = cronJob
        takeStock(&cronJob, own)
        var (next, failure) = (Next.settled, (any Error)?.none)
        do { next = try await begin(&cronJob) } catch { failure = error }
        if cronJob["status"] != before["status"] {
            await cronJobs.reached(try await api.updateStatus(.cronJobs, cronJob))
        }
        if let failure { throw failure }
        return next
    }

    private func tell(_ cronJob: JSON, _ reason: String, _ message: String, _ level: EventRecorder.Level = .normal) {
        recorder.record(level, about: cronJob, reason: reason, message)
    }

    // MARK: What runs

    private func active(_ cronJob: JSON) -> [JSON] { cronJob["status"].list("active") }

    private func setActive(_ cronJob: inout JSON, _ list: [JSON]) {
        if cronJob["status"].isNull { cronJob["status"] = [:] }
        if list.isEmpty {
            cronJob.edit("status") { $0.remove("active") }
        } else {
            cronJob["status", "active"] = .array(list)
        }
    }

    private func takeStock(_ cronJob: inout JSON, _ own: [JSON]) {
        for job in own {
            let isListed = active(cronJob).contains { $0.text("uid") == job.uid }
            guard let ending = JobFacts.ending(job) else {
                if !isListed {
                    tell(
                        cronJob, "UnexpectedJob",
                        "Saw a job that the controller did not create or forgot: \(job.objectName)", .warning)
                }
                continue
            }
            if isListed {
                setActive(&cronJob, active(cronJob).filter { $0.text("uid") != job.uid })
                tell(cronJob, "SawCompletedJob", "Saw completed job: \(job.objectName), condition: \(ending)")
            }
            guard ending == "Complete", let time = job["status"].time("completionTime") else { continue }
            let known = cronJob["status"].time("lastSuccessfulTime")
            if known.map({ time > $0 }) ?? true {
                cronJob["status", "lastSuccessfulTime"] = job["status"]["completionTime"]
            }
        }
        let there = Set(own.map(\.uid))
        for reference in active(cronJob) where !there.contains(reference.text("uid")) {
            tell(cronJob, "MissingJob", "Active job went missing: \(reference.text("name"))")
            setActive(&cronJob, active(cronJob).filter { $0 != reference })
        }
    }

    // MARK: Beginning

    private func begin(_ cronJob: inout JSON) async throws -> Next {
        let spec = cronJob["spec"]
        guard !cronJob.isBeingDeleted, !spec.flag("suspend") else { return .settled }
        let schedule: CronSchedule
        do throws(CronSchedule.Failure) { schedule = try CronSchedule(parsing: spec.text("schedule")) } catch {
            tell(
                cronJob, "UnparseableSchedule", "unparseable schedule: \"\(spec.text("schedule"))\" : \(error)",
                .warning)
            return .settled
        }
        let name = spec["timeZone"].string ?? schedule.timeZone ?? "UTC"
        guard let zone = ZoneRules(name) else {
            tell(cronJob, "UnknownTimeZone", "invalid timeZone: \"\(name)\": unknown time zone \(name)", .warning)
            return .settled
        }
        let (due, missed) = CronJobPlan.due(cronJob, schedule, now: now(), offset: zone.offset)
        if missed == .many {
            tell(
                cronJob, "TooManyMissedTimes",
                "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
                .warning)
        }
        if let due { try await run(&cronJob, due, zone) }
        guard let next = schedule.next(after: Int(now()), offset: zone.offset) else { return .settled }
        return .again(after: .seconds(max(0, Double(next) - now()) + Self.delay))
    }

    private func run(_ cronJob: inout JSON, _ time: Int, _ zone: ZoneRules) async throws {
        let spec = cronJob["spec"]
        if let seconds = spec["startingDeadlineSeconds"].double, Double(time) + seconds < now() {
            return tell(
                cronJob, "MissSchedule", "Missed scheduled time to start a job: \(zone.mailText(time))", .warning)
        }
        let name = CronJobPlan.jobName(cronJob, time)
        if active(cronJob).contains(where: { $0.text("name") == name })
            || cronJob["status"].time("lastScheduleTime")?.seconds == time
        {
            return
        }
        switch spec.text("concurrencyPolicy") {
        case "Forbid" where !active(cronJob).isEmpty:
            return tell(
                cronJob, "JobAlreadyActive",
                "Not starting job because prior execution is running and concurrency policy is Forbid")
        case "Replace":
            for reference in active(cronJob) {
                guard let job = jobs.object(cronJob.objectNamespace, reference.text("name")) else { continue }
                try await delete(job, of: cronJob)
            }
            setActive(&cronJob, [])
        default: break
        }
        guard let job = try await create(CronJobPlan.job(cronJob, at: time, text: zone.text(time)), cronJob) else {
            return
        }
        setActive(
            &cronJob,
            active(cronJob) + [
                [
                    "apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"],
                    "namespace": job["metadata"]["namespace"], "uid": job["metadata"]["uid"],
                    "resourceVersion": job["metadata"]["resourceVersion"],
                ]
            ])
        cronJob["status", "lastScheduleTime"] = .string(Timestamp(seconds: time).text)
    }

    /// - Returns: nil when another job has the name.
    private func create(_ job: JSON, _ cronJob: JSON) async throws -> JSON? {
        do throws(APIStatus) {
            let made = try await api.create(.jobs, job)
            await jobs.reached(made)
            tell(cronJob, "SuccessfulCreate", "Created job \(made.objectName)")
            return made
        } catch {
            if error.isNamespaceTerminating { return nil }
            guard error.isAlreadyExists else {
                tell(cronJob, "FailedCreate", "Error creating job: \(error)", .warning)
                throw error
            }
        }
        let there = try await api.get(.jobs, job.objectNamespace, job.objectName)
        return OwnerReferences.isControlled(there, by: cronJob) ? there : JSON?.none
    }

    private func delete(_ job: JSON, of cronJob: JSON) async throws {
        do throws(APIStatus) {
            try await api.delete(
                .jobs, job.objectNamespace, job.objectName, ["propagationPolicy": "Background"])
        } catch {
            if error.isNotFound { return }
            tell(cronJob, "FailedDelete", "Deleted job: \(error)", .warning)
            throw error
        }
        tell(cronJob, "SuccessfulDelete", "Deleted job \(job.objectName)")
    }
}
