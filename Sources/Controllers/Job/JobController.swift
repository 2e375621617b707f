import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Runs jobs' pods to their completions.
final class JobController: Controller {
    private let recorder: EventRecorder
    private let loop: ReconcileLoop<ObjectKey>
    private let orphans: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let account = "job-controller"
        let jobs = context.informers[.jobs], pods = context.informers[.pods]
        recorder = context.recorder(account)
        let api = context.api(account)
        let deletions = PendingDeletions()
        deletions.follow(pods)
        let turns = JobTurns(
            api: api, jobs: jobs, pods: pods, control: PodControl(api: api, recorder: recorder),
            deletions: deletions, now: context.now)
        loop = ReconcileLoop(account, log: context.log) { try await turns.reconcile($0) }
        orphans = ReconcileLoop("job-orphan-pods", log: context.log) { try await turns.letGo($0) }
        let owners = OwnerWatch(kind: "Job", owners: jobs)
        jobs.observe { [loop, orphans] change in
            loop.enqueue(change.key)
            guard change.new == nil else { return }
            turns.forget(change.object)
            for pod in pods.controlled(by: change.object) { orphans.enqueue(ObjectKey(pod)) }
        }
        pods.observe { [loop, orphans] change in
            for key in owners.keys(change) { loop.enqueue(key) }
            guard let pod = change.new, JobFacts.hasFinalizer(pod) else { return }
            let job = owners.owner(of: pod).flatMap { jobs.object($0) }
            if job?.uid != pod.controllerReference?.text("uid") || job == nil { orphans.enqueue(change.key) }
        }
    }

    func run() async {
        await runTogether([
            { await self.loop.run() }, { await self.orphans.run() }, { await self.recorder.run() },
        ])
    }
}

private struct JobTurns: Sendable {
    let api: any ObjectAPI
    let jobs: Informer
    let pods: Informer
    let control: PodControl
    let deletions: PendingDeletions
    let now: @Sendable () -> Double
    /// Failures in a row, by job's UID, of pods that were noted, and when the last one was.
    private let streaks = NIOLockedValueBox<[String: (count: Int, last: Double)]>([:])

    init(
        api: any ObjectAPI, jobs: Informer, pods: Informer, control: PodControl, deletions: PendingDeletions,
        now: @escaping @Sendable () -> Double
    ) {
        self.api = api
        self.jobs = jobs
        self.pods = pods
        self.control = control
        self.deletions = deletions
        self.now = now
    }

    func forget(_ job: JSON) { streaks.withLockedValue { $0[job.uid] = nil } }

    /// A pod whose job is gone is not counted any more.
    func letGo(_ key: ObjectKey) async throws -> Next {
        guard let pod = pods.object(key), JobFacts.hasFinalizer(pod) else { return .settled }
        if let reference = pod.controllerReference, reference.text("kind") == "Job" {
            do throws(APIStatus) {
                let job = try await api.get(.jobs, key.namespace, reference.text("name"))
                if job.uid == reference.text("uid") { return .settled }
            } catch {
                if !error.isNotFound { throw error }
            }
        }
        try await removeFinalizer(pod)
        return .settled
    }

    func reconcile(_ key: ObjectKey) async throws -> Next {
        guard let job = jobs.object(key), JobFacts.ending(job) == nil else { return .settled }
        let manager = job["spec"].text("managedBy")
        guard manager.isEmpty || manager == "kubernetes.io/job-controller" else { return .settled }
        let own = try await Claims(api: api, owners: .jobs, dependents: .pods)
            .claim(pods.candidates(of: job), owner: job, selector: OwnerWatch.objectSelector(job))
        do {
            return try await act(job, own)
        } catch let error as APIStatus {
            if error.isNamespaceTerminating || error.isNotFound { return .settled }
            throw error
        }
    }

    private func act(_ job: JSON, _ own: [JSON]) async throws -> Next {
        var job = job
        if job["status"]["startTime"].isNull, !JobFacts.isSuspended(job) {
            job["status", "startTime"] = .string(Timestamp(now()).text)
        }
        let plan = plan(job, own)
        let ending = plan.ending()
        var (change, failure) = (JobPlan.Change(), APIStatus?.none)
        if ending != nil {
            failure = await delete(plan.active, job)
        } else if !job.isBeingDeleted {
            change = plan.change()
            failure = await carryOut(change, plan)
        }
        if let failure, !failure.isNamespaceTerminating {
            _ = try await JobTracking(turns: self, plan: self.plan(job, current(job, own)), ending: nil).track()
            throw failure
        }
        let after = self.plan(job, current(job, own))
        let isIdle = change == JobPlan.Change() && after.active.isEmpty
        try await JobTracking(turns: self, plan: after, ending: ending ?? (isIdle ? after.success : JSON?.none)).track()
        let waits = [change.wait, ending == nil ? after.deadlineLeft : nil].compactMap { $0 }
        return waits.min().map { .again(after: .seconds(max($0, 0.001))) } ?? .settled
    }

    /// The pods as the cache has them after what was written.
    private func current(_ job: JSON, _ own: [JSON]) -> [JSON] { pods.controlled(by: job) }

    private func plan(_ job: JSON, _ own: [JSON]) -> JobPlan {
        let isGoing: @Sendable (JSON) -> Bool = { $0.isBeingDeleted || deletions.contains($0) }
        let blank = JobPlan(job: job, pods: own, isGoing: isGoing, streak: (0, 0), now: now())
        return JobPlan(
            job: job, pods: own, isGoing: isGoing, streak: streak(job, blank.newSucceeded, blank.newFailed), now: now())
    }

    /// The failures in a row with those that aren't noted yet.
    private func streak(_ job: JSON, _ succeeded: [JSON], _ failed: [JSON]) -> (count: Int, last: Double) {
        let known = streaks.withLockedValue { $0[job.uid] } ?? (0, 0)
        let success = succeeded.map { JobFacts.finishTime($0) ?? now() }.max()
        let times = failed.map { JobFacts.finishTime($0) ?? now() }.filter { time in success.map { time > $0 } ?? true }
        let base = success == nil ? known : (0, 0)
        return (base.0 + times.count, max(base.1, times.max() ?? 0))
    }

    /// Called when the pods are in the status.
    func note(_ plan: JobPlan) { streaks.withLockedValue { $0[plan.job.uid] = plan.streak } }

    private func carryOut(_ change: JobPlan.Change, _ plan: JobPlan) async -> APIStatus? {
        if !change.delete.isEmpty { return await delete(change.delete, plan.job) }
        let (made, failure) = await control.create(change.create.map { plan.pod($0) }, for: plan.job)
        for pod in made { await pods.reached(pod) }
        return failure
    }

    private func delete(_ doomed: [JSON], _ job: JSON) async -> APIStatus? {
        for pod in doomed {
            deletions.insert(pod)
            do throws(APIStatus) { try await control.delete(pod, for: job) } catch {
                deletions.remove(pod)
                if !error.isNotFound { return error }
            }
        }
        return nil
    }

    func removeFinalizer(_ pod: JSON) async throws {
        do throws(APIStatus) {
            let written = try await api.patch(
                .pods, pod.objectNamespace, pod.objectName, subresource: "",
                .strategic([
                    "metadata": [
                        "uid": .string(pod.uid), "$deleteFromPrimitiveList/finalizers": [.string(JobFacts.finalizer)],
                    ]
                ]))
            await pods.reached(written)
        } catch {
            if !error.isNotFound, !error.isConflict { throw error }
        }
    }
}

/// Counts ended pods so that none is counted twice or never: first they are named in the status, then they lose their
/// finalizer, then the counts take them in.
private struct JobTracking {
    /// UIDs that a status may hold.
    private static let mostUncounted = 500

    let turns: JobTurns
    let plan: JobPlan
    /// Why the job ends; nil while it goes on.
    let ending: JSON?

    func track() async throws {
        var job = plan.job
        let before = turns.jobs.object(ObjectKey(job))?["status"] ?? .null
        setLevels(&job)
        settle(&job, plan.pods)
        let ended = nameEnded(&job)
        if let ending, Conditions.find(ending.text("type"), in: job["status"]).isNull {
            job["status", "conditions"] = .array(job["status"].list("conditions") + [ending])
        }
        var now = before
        if !job["status"].isAlike(before) { (job, now) = try await write(job) }
        turns.note(plan)
        for pod in ended { try await turns.removeFinalizer(pod) }
        settle(&job, turns.pods.controlled(by: job))
        let isFinished = finish(&job)
        if !job["status"].isAlike(now) { (job, now) = try await write(job) }
        if isFinished { tell(job) }
    }

    private func write(_ job: JSON) async throws -> (JSON, JSON) {
        let written = try await turns.api.updateStatus(.jobs, job)
        await turns.jobs.reached(written)
        return (written, written["status"])
    }

    private func setLevels(_ job: inout JSON) {
        var status = job["status"]
        status.setCount("active", plan.active.count)
        status["ready"] = JSON(plan.active.filter(PodFacts.isReady).count)
        status["terminating"] = JSON(plan.terminating)
        if status["uncountedTerminatedPods"].isNull { status["uncountedTerminatedPods"] = [:] }
        if JobFacts.isIndexed(job) {
            let done = plan.succeededIndexes
            status.setCount("succeeded", done.count)
            if done.count > 0 { status["completedIndexes"] = .string(done.text) }
            if let failed = plan.failedIndexes { status["failedIndexes"] = .string(failed.text) }
        }
        if ending == nil { setSuspension(&status, job) }
        job["status"] = status
    }

    private func setSuspension(_ status: inout JSON, _ job: JSON) {
        let isSuspended = JobFacts.isSuspended(job)
        let told = Conditions.find("Suspended", in: status)
        guard isSuspended ? told.text("status") != "True" : told.text("status") == "True" else { return }
        let (reason, message) = isSuspended ? ("JobSuspended", "Job suspended") : ("JobResumed", "Job resumed")
        let condition = JobFacts.newCondition(
            "Suspended", reason, message, now: plan.now, status: isSuspended ? "True" : "False")
        Conditions.set(condition, in: &status)
        if isSuspended {
            status.remove("startTime")
        } else {
            status["startTime"] = .string(Timestamp(plan.now).text)
        }
        turns.control.recorder.record(
            .normal, about: job, reason: isSuspended ? "Suspended" : "Resumed", message)
    }

    /// Takes pods that have lost their finalizer from the list into the counts.
    private func settle(_ job: inout JSON, _ pods: [JSON]) {
        let held = Set(pods.filter(JobFacts.hasFinalizer).map(\.uid))
        var status = job["status"]
        var list = status["uncountedTerminatedPods"]
        for name in ["succeeded", "failed"] {
            let uids = list[name].strings
            let left = uids.filter(held.contains)
            if name == "failed" || !JobFacts.isIndexed(job) {
                status.setCount(name, (status[name].int ?? 0) + uids.count - left.count)
            }
            if left.isEmpty { list.remove(name) } else { list[name] = JSON(left) }
        }
        status["uncountedTerminatedPods"] = list
        job["status"] = status
    }

    /// Names pods that have ended; a job that is going or has come to its end lets go of the others too.
    /// - Returns: those that may lose their finalizer.
    private func nameEnded(_ job: inout JSON) -> [JSON] {
        var list = job["status"]["uncountedTerminatedPods"]
        var (succeeded, failed) = (list["succeeded"].strings, list["failed"].strings)
        var ended: [JSON] = []
        let isOver = job.isBeingDeleted || ending != nil
        for pod in plan.pods where JobFacts.hasFinalizer(pod) {
            guard succeeded.count + failed.count < Self.mostUncounted else { break }
            let isFailed = plan.isFailed(pod)
            let hasSucceeded = PodFacts.phase(pod) == "Succeeded"
            guard isFailed || hasSucceeded || isOver else { continue }
            ended.append(pod)
            if hasSucceeded {
                if !JobFacts.isIndexed(job), !succeeded.contains(pod.uid) { succeeded.append(pod.uid) }
            } else if isFailed || ending?.text("type") == "FailureTarget", !failed.contains(pod.uid),
                PodFailurePolicy(job, pod) != .ignored
            {
                failed.append(pod.uid)
            }
        }
        if !succeeded.isEmpty { list["succeeded"] = JSON(succeeded) }
        if !failed.isEmpty { list["failed"] = JSON(failed) }
        job["status", "uncountedTerminatedPods"] = list
        return ended
    }

    /// Marks the job complete or failed once all pods are counted and none is going.
    private func finish(_ job: inout JSON) -> Bool {
        let list = job["status"]["uncountedTerminatedPods"]
        guard let ending, list["succeeded"].strings.isEmpty, list["failed"].strings.isEmpty else { return false }
        let left = turns.pods.controlled(by: job).filter { !PodFacts.isFinished($0) }
        guard left.isEmpty else { return false }
        let type = ending.text("type") == "FailureTarget" ? "Failed" : "Complete"
        let condition = JobFacts.newCondition(type, ending.text("reason"), ending.text("message"), now: turns.now())
        job["status", "conditions"] = .array(job["status"].list("conditions") + [condition])
        job.edit("status") { $0.remove("active") }
        job["status", "ready"] = 0
        job["status", "terminating"] = 0
        if type == "Complete" { job["status", "completionTime"] = condition["lastTransitionTime"] }
        return true
    }

    private func tell(_ job: JSON) {
        let recorder = turns.control.recorder
        guard JobFacts.ending(job) == "Complete" else {
            let failed = JobFacts.condition(job, "Failed")
            return recorder.record(.warning, about: job, reason: failed.text("reason"), failed.text("message"))
        }
        if let wanted = JobFacts.completions(job), job.count("succeeded") > wanted {
            recorder.record(
                .warning, about: job, reason: "TooManySucceededPods",
                "Too many succeeded pods running after completion count reached")
        }
        recorder.record(.normal, about: job, reason: "Completed", "Job completed")
    }
}
