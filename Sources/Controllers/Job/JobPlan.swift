import JSON
import KubeModel

/// How a job stands and what it does next.
struct JobPlan: Sendable {
    /// Pods that are made or deleted in one turn.
    static let burst = 500
    /// Seconds between a pod's failure and its successor: at first and at most; doubled with each failure in a row.
    static let firstPause = 10.0, longestPause = 600.0

    let job: JSON
    let pods: [JSON]
    let isGoing: @Sendable (JSON) -> Bool
    /// Failures in a row and when the last one was, before this turn.
    let streak: (count: Int, last: Double)
    /// Seconds since 1970.
    let now: Double

    private var spec: JSON { job["spec"] }
    private var limit: Int { JobFacts.completions(job) ?? .max }

    var active: [JSON] { pods.filter { !PodFacts.isFinished($0) && !isGoing($0) } }
    var terminating: Int { pods.filter { !PodFacts.isFinished($0) && isGoing($0) }.count }

    func isFailed(_ pod: JSON) -> Bool { JobFacts.isFailed(pod, job, isGoing: isGoing(pod)) }

    // MARK: Counts

    private func uncounted(_ name: String) -> Set<String> {
        Set(job["status"]["uncountedTerminatedPods"][name].strings)
    }

    /// Pods that have ended and aren't in the status yet.
    var newSucceeded: [JSON] {
        let known = uncounted("succeeded").union(uncounted("failed"))
        return pods.filter {
            JobFacts.hasFinalizer($0) && PodFacts.phase($0) == "Succeeded" && !known.contains($0.uid)
        }
    }
    var newFailed: [JSON] {
        let known = uncounted("failed")
        return pods.filter { JobFacts.hasFinalizer($0) && isFailed($0) && !known.contains($0.uid) }
    }

    /// Of an indexed job: completions that are done.
    var succeededIndexes: IndexRanges {
        var indexes = IndexRanges(job["status"].text("completedIndexes"), below: limit)
        indexes.formUnion(
            pods.filter { JobFacts.hasFinalizer($0) && PodFacts.phase($0) == "Succeeded" }.compactMap(JobFacts.index)
                .filter { $0 < limit })
        return indexes
    }

    var succeeded: Int {
        if JobFacts.isIndexed(job) { return succeededIndexes.count }
        return job.count("succeeded") + uncounted("succeeded").count + newSucceeded.count
    }

    var failed: Int {
        job.count("failed") + uncounted("failed").count
            + newFailed.filter { PodFailurePolicy(job, $0) != .ignored }.count
    }

    // MARK: Indexes that may fail one by one

    private var limitPerIndex: Int? { JobFacts.isIndexed(job) ? spec["backoffLimitPerIndex"].int : nil }

    private func failures(_ pod: JSON) -> Int { pod.annotation(JobFacts.failureCount).flatMap { Int($0) } ?? 0 }

    /// Nil for jobs whose indexes don't fail one by one.
    var failedIndexes: IndexRanges? {
        guard let limitPerIndex else { return nil }
        var indexes = IndexRanges(job["status"].text("failedIndexes"), below: limit)
        indexes.formUnion(
            pods.filter { pod in
                guard isFailed(pod) else { return false }
                switch PodFailurePolicy(job, pod) {
                case .failsIndex: return true
                case .ignored: return false
                default: return failures(pod) >= limitPerIndex
                }
            }.compactMap(JobFacts.index))
        return indexes
    }

    /// How often the index has failed, for its next pod, and when it last did.
    func history(_ index: Int) -> (failures: Int, last: Double)? {
        let failed = pods.filter { JobFacts.index($0) == index && isFailed($0) }
        guard let last = failed.max(by: { failures($0) < failures($1) }) else { return nil }
        let counts = PodFailurePolicy(job, last) != .ignored
        return (failures(last) + (counts ? 1 : 0), JobFacts.finishTime(last) ?? now)
    }

    // MARK: The end

    /// Why the job is to end: `SuccessCriteriaMet` or `FailureTarget`; nil while it goes on.
    func ending() -> JSON? {
        for type in ["SuccessCriteriaMet", "FailureTarget"] {
            let told = JobFacts.condition(job, type)
            if !told.isNull { return told }
        }
        func failure(_ reason: String, _ message: String) -> JSON {
            JobFacts.newCondition("FailureTarget", reason, message, now: now)
        }
        for pod in pods where PodFacts.phase(pod) == "Failed" {
            if case .failsJob(let message) = PodFailurePolicy(job, pod) { return failure("PodFailurePolicy", message) }
        }
        if failed > spec["backoffLimit"].int ?? 6 || hasTooManyRestarts {
            return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
        if let left = deadlineLeft, left <= 0 {
            return failure("DeadlineExceeded", "Job was active longer than specified deadline")
        }
        if let failed = failedIndexes {
            if let most = spec["maxFailedIndexes"].int, failed.count > most {
                return failure(
                    "MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes")
            }
            if failed.count > 0, failed.count + succeededIndexes.count >= limit {
                return failure("FailedIndexes", "Job has failed indexes")
            }
        }
        return successPolicy
    }

    /// Seconds until `activeDeadlineSeconds` are over; nil without them.
    var deadlineLeft: Double? {
        guard let seconds = spec["activeDeadlineSeconds"].double, !JobFacts.isSuspended(job),
            let start = job["status"].time("startTime")?.time
        else { return nil }
        return start + seconds - now
    }

    /// Of pods that restart their containers themselves, the restarts count.
    private var hasTooManyRestarts: Bool {
        guard spec["template"]["spec"].text("restartPolicy") == "OnFailure" else { return false }
        let restarts = pods.filter { ["Running", "Pending"].contains(PodFacts.phase($0)) }.reduce(0) { sum, pod in
            let statuses = pod["status"].list("initContainerStatuses") + pod["status"].list("containerStatuses")
            return sum + statuses.reduce(0) { $0 + ($1["restartCount"].int ?? 0) }
        }
        let limit = spec["backoffLimit"].int ?? 6
        return limit == 0 ? restarts > 0 : restarts >= limit
    }

    private var successPolicy: JSON? {
        guard JobFacts.isIndexed(job) else { return nil }
        for (number, rule) in spec["successPolicy"].list("rules").enumerated() {
            var done = succeededIndexes.indexes
            let named = rule["succeededIndexes"].string.map { IndexRanges($0, below: limit).indexes }
            if let named { done.formIntersection(named) }
            let wanted = rule["succeededCount"].int ?? named?.count ?? limit
            if done.count >= wanted {
                return JobFacts.newCondition(
                    "SuccessCriteriaMet", "SuccessPolicy", "Matched rules at index \(number)", now: now)
            }
        }
        return nil
    }

    /// When all that was wanted is done; asked for when nothing is left to make or delete.
    var success: JSON? {
        let isDone = JobFacts.completions(job).map { succeeded >= $0 } ?? (succeeded > 0)
        guard isDone else { return nil }
        return JobFacts.newCondition(
            "SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods", now: now)
    }

    // MARK: Pods

    struct Change: Equatable {
        /// Indexes, or nil for jobs without.
        var create: [Int?] = []
        var delete: [JSON] = []
        /// Seconds until pods may be made.
        var wait: Double?
    }

    func change() -> Change {
        let active = self.active
        if JobFacts.isSuspended(job) { return Change(delete: doomed(active, active.count)) }
        let parallelism = JobFacts.parallelism(job)
        var wanted = parallelism
        if let completions = JobFacts.completions(job) {
            wanted = max(0, min(parallelism, completions - succeeded))
        } else if succeeded > 0 {
            wanted = active.count
        }
        let delete = doomed(active, max(0, active.count - wanted))
        if !delete.isEmpty { return Change(delete: Array(delete.prefix(Self.burst))) }
        let going = JobFacts.replacesOnlyFailed(job) ? terminating : 0
        let missing = min(wanted - going - active.count, Self.burst)
        guard missing > 0 else { return Change() }
        if limitPerIndex == nil, let wait = pause(streak.count, since: streak.last) { return Change(wait: wait) }
        guard JobFacts.isIndexed(job) else { return Change(create: Array(repeating: Int?.none, count: missing)) }
        return indexed(missing, active)
    }

    /// Seconds left of the pause; nil when it is over.
    private func pause(_ failures: Int, since last: Double) -> Double? {
        guard failures > 0 else { return nil }
        let pause = min(Self.firstPause * Double(1 << min(failures - 1, 10)), Self.longestPause)
        let left = last + pause - now
        return left > 0 ? left : nil
    }

    private func indexed(_ missing: Int, _ active: [JSON]) -> Change {
        var taken = succeededIndexes
        taken.formUnion(active.compactMap(JobFacts.index))
        if JobFacts.replacesOnlyFailed(job) {
            taken.formUnion(pods.filter { !PodFacts.isFinished($0) }.compactMap(JobFacts.index))
        }
        if let failedIndexes { taken.formUnion(failedIndexes.indexes) }
        var change = Change()
        for index in 0..<(JobFacts.completions(job) ?? 0) where !taken.contains(index) {
            if change.create.count == missing { break }
            if limitPerIndex != nil, let history = history(index),
                let wait = pause(history.failures, since: history.last)
            {
                change.wait = min(change.wait ?? wait, wait)
                continue
            }
            change.create.append(index)
        }
        return change
    }

    /// Pods that go: those whose index is wrong or another's too first, then as replica sets choose.
    private func doomed(_ active: [JSON], _ count: Int) -> [JSON] {
        var (doomed, rest): ([JSON], [JSON]) = ([], active)
        if JobFacts.isIndexed(job) {
            (doomed, rest) = ([], [])
            var seen: Set<Int> = []
            for pod in active.sorted(by: DeploymentRevisions.isOlder) {
                guard let index = JobFacts.index(pod), index < limit, seen.insert(index).inserted else {
                    doomed.append(pod)
                    continue
                }
                rest.append(pod)
            }
        }
        guard doomed.count < count else { return doomed }
        return doomed + DeletionOrder.sorted(rest, related: [], now: now).prefix(count - doomed.count)
    }

    // MARK: New pods

    func pod(_ index: Int?) -> JSON {
        var pod = PodControl.pod(spec["template"], owner: job)
        let finalizers = pod.finalizers
        if !finalizers.contains(JobFacts.finalizer) {
            pod["metadata", "finalizers"] = JSON(finalizers + [JobFacts.finalizer])
        }
        guard let index else { return pod }
        pod.setAnnotation(JobFacts.indexName, "\(index)")
        pod["metadata", "labels", JobFacts.indexName] = .string("\(index)")
        if limitPerIndex != nil { pod.setAnnotation(JobFacts.failureCount, "\(history(index)?.failures ?? 0)") }
        pod["metadata", "generateName"] = .string(Self.generateName(job.objectName, index))
        pod["spec", "hostname"] = .string("\(job.objectName)-\(index)")
        for list in ["initContainers", "containers"] {
            pod.edit("spec") { $0.editEach(list) { Self.addIndex(&$0) } }
        }
        return pod
    }

    private static func generateName(_ job: String, _ index: Int) -> String {
        let end = "-\(index)-"
        return job.prefix(GeneratedName.prefixLimit - end.utf8.count) + end
    }

    private static func addIndex(_ container: inout JSON) {
        let environment = container.list("env")
        guard !environment.contains(where: { $0.text("name") == "JOB_COMPLETION_INDEX" }) else { return }
        let variable: JSON = [
            "name": "JOB_COMPLETION_INDEX",
            "valueFrom": ["fieldRef": ["fieldPath": .string("metadata.labels['\(JobFacts.indexName)']")]],
        ]
        container["env"] = .array(environment + [variable])
    }
}
