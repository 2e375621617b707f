import JSON

/// Checks of what a Job's controller, ours or another, reports.
enum JobStatus {
    @Sendable static func faults(_ new: JSON, _ old: JSON) -> [FieldError] {
        let change = Change(new, old)
        return formFaults(new["status"]) + change.conditionFaults() + change.timeFaults() + change.finishFaults()
            + change.indexFaults() + change.countFaults() + change.successFaults() + change.stepFaults()
    }

    static let path = FieldPath("status")

    private static func formFaults(_ status: JSON) -> [FieldError] {
        var faults = SpecFaults.negative(status, path, "active", "succeeded", "failed", "ready", "terminating")
        var seen: Set<String> = []
        for list in ["succeeded", "failed"] {
            let path = path["uncountedTerminatedPods"][list]
            for (index, uid) in status["uncountedTerminatedPods"].list(list).enumerated() {
                if uid == "" {
                    faults.append(.invalid(path[index], uid, "must not be empty"))
                } else if !seen.insert(uid.string ?? "").inserted {
                    faults.append(.duplicate(path[index], uid))
                }
            }
        }
        return faults
    }

    static func has(_ condition: String, _ object: JSON) -> Bool {
        object["status"].list("conditions").contains { $0.text("type") == condition && $0.text("status") == "True" }
    }

    /// One update of the status. A rule looks only at what the update touches, so that objects from before the rule
    /// can still be changed.
    struct Change {
        let new: JSON, old: JSON
        let status: JSON

        init(_ new: JSON, _ old: JSON) {
            (self.new, self.old) = (new, old)
            status = new["status"]
        }

        var isComplete: Bool { has("Complete", new) }
        var isFailed: Bool { has("Failed", new) }
        var isFinished: Bool { isComplete || isFailed }

        func changed(_ conditions: String...) -> Bool { conditions.contains { has($0, new) != has($0, old) } }
        func touches(_ members: String...) -> Bool {
            members.contains { !SemanticEquality.equal(new["status"][$0], old["status"][$0]) }
        }
        var finishChanged: Bool { isFinished != (has("Complete", old) || has("Failed", old)) }

        func fault(_ member: String, _ detail: String) -> FieldError {
            SpecFaults.invalid(path[member], status[member], detail)
        }
        func condition(_ detail: String) -> FieldError { SpecFaults.invalid(path["conditions"], detail) }
    }
}

extension JobStatus.Change {
    func conditionFaults() -> [FieldError] {
        var faults: [FieldError] = []
        if changed("Complete", "Failed"), isComplete, isFailed {
            faults.append(condition("cannot set Complete=True and Failed=true conditions"))
        }
        if changed("Complete", "FailureTarget"), isComplete, JobStatus.has("FailureTarget", new) {
            faults.append(condition("cannot set Complete=True and FailureTarget=true conditions"))
        }
        return faults
    }

    func timeFaults() -> [FieldError] {
        var faults: [FieldError] = []
        let (start, end) = (status["startTime"].string, status["completionTime"].string)
        if changed("Complete") || touches("completionTime") {
            if end != nil, !isComplete {
                let detail = "cannot set completionTime when there is no Complete=True condition"
                faults.append(fault("completionTime", detail))
            }
            if end == nil, isComplete {
                let detail = "completionTime is required for Complete jobs"
                faults.append(.required(JobStatus.path["completionTime"], detail))
            }
        }
        if touches("startTime", "completionTime"), let start, let end,
            let from = try? Timestamp(parsing: start), let to = try? Timestamp(parsing: end), to < from
        {
            faults.append(fault("completionTime", "completionTime cannot be set before startTime"))
        }
        return faults
    }

    func finishFaults() -> [FieldError] {
        var faults: [FieldError] = []
        if changed("Failed", "FailureTarget"), isFailed, !JobStatus.has("FailureTarget", new) {
            faults.append(condition("cannot set Failed=True condition without the FailureTarget=true condition"))
        }
        if changed("Complete", "SuccessCriteriaMet"), isComplete, !JobStatus.has("SuccessCriteriaMet", new) {
            faults.append(
                condition("cannot set Complete=True condition without the SuccessCriteriaMet=true condition"))
        }
        guard isFinished else { return faults }
        if finishChanged || touches("active"), status["active"].int ?? 0 > 0 {
            faults.append(fault("active", "active>0 is invalid for finished job"))
        }
        let isEmptyAndSuspended = new["spec"].flag("suspend") && new["spec"]["completions"].int == 0
        if finishChanged || touches("startTime"), !isEmptyAndSuspended, !status.has("startTime") {
            faults.append(.required(JobStatus.path["startTime"], "startTime is required for finished job"))
        }
        let uncounted = status["uncountedTerminatedPods"]
        if finishChanged || touches("uncountedTerminatedPods"),
            !uncounted.list("failed").isEmpty || !uncounted.list("succeeded").isEmpty
        {
            let detail = "uncountedTerminatedPods needs to be empty for finished job"
            faults.append(fault("uncountedTerminatedPods", detail))
        }
        return faults
    }

    func indexFaults() -> [FieldError] {
        let spec = new["spec"]
        let (completed, failed) = (status.text("completedIndexes"), status["failedIndexes"].string)
        var faults: [FieldError] = []
        if let completions = spec["completions"].int {
            if touches("completedIndexes") {
                do { _ = try IndexIntervals.count(completed, below: completions) } catch {
                    let text = JSON.string(completed)
                    faults.append(
                        .invalid(
                            JobStatus.path["completedIndexes"], text, "error parsing completedIndexes: \(error)"))
                }
            }
            if touches("failedIndexes"), let failed, spec.has("backoffLimitPerIndex") {
                do { _ = try IndexIntervals.count(failed, below: completions) } catch {
                    faults.append(fault("failedIndexes", "error parsing failedIndexes: \(error)"))
                }
            }
        }
        if touches("completedIndexes"), !completed.isEmpty, spec.text("completionMode") != "Indexed" {
            let detail = "cannot set non-empty completedIndexes when non-indexed completion mode"
            faults.append(fault("completedIndexes", detail))
        }
        if touches("failedIndexes"), failed != nil, !spec.has("backoffLimitPerIndex") {
            let detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null"
            faults.append(fault("failedIndexes", detail))
        }
        if touches("failedIndexes", "completedIndexes"), let failed, let completions = spec["completions"].int,
            let index = IndexIntervals.overlap(completed, failed, below: completions)
        {
            let detail = "failedIndexes and completedIndexes overlap at index: \(index)"
            faults.append(fault("failedIndexes", detail))
        }
        return faults
    }

    func countFaults() -> [FieldError] {
        var faults: [FieldError] = []
        if finishChanged || touches("terminating"), isFinished, status["terminating"].int ?? 0 > 0 {
            faults.append(fault("terminating", "terminating>0 is invalid for finished job"))
        }
        if touches("ready", "active"), let ready = status["ready"].int, ready > status["active"].int ?? 0 {
            faults.append(fault("ready", "cannot set more ready pods than active"))
        }
        return faults
    }

    func successFaults() -> [FieldError] {
        let isMet = JobStatus.has("SuccessCriteriaMet", new)
        var faults: [FieldError] = []
        if isMet, isFailed {
            faults.append(condition("cannot set SuccessCriteriaMet=True and Failed=true conditions"))
        }
        if isMet, JobStatus.has("FailureTarget", new) {
            faults.append(condition("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"))
        }
        if new["spec"].has("successPolicy"), !isMet, isComplete {
            faults.append(
                condition("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True"))
        }
        return faults
    }

    /// What must not go back.
    func stepFaults() -> [FieldError] {
        let (before, spec) = (old["status"], new["spec"])
        var faults: [FieldError] = []
        for type in ["Failed", "Complete", "FailureTarget"]
        where JobStatus.has(type, old) && !JobStatus.has(type, new) {
            faults.append(condition("cannot disable the terminal \(type)=True condition"))
        }
        func isLess(_ member: String) -> Bool { status[member].int ?? 0 < before[member].int ?? 0 }
        if isLess("failed") { faults.append(decreased("failed")) }
        let mayShrink =
            spec.text("completionMode") == "Indexed" && spec["completions"].int == spec["parallelism"].int
        if isLess("succeeded"), !mayShrink { faults.append(decreased("succeeded")) }
        if status.has("completionTime"), before.has("completionTime"), touches("completionTime") {
            faults.append(fault("completionTime", "completionTime cannot be mutated"))
        }
        if touches("startTime"), before.has("startTime"), !spec.flag("suspend") {
            let detail = "startTime cannot be removed for unsuspended job"
            faults.append(.required(JobStatus.path["startTime"], detail))
        }
        let (wasMet, isMet) = (JobStatus.has("SuccessCriteriaMet", old), JobStatus.has("SuccessCriteriaMet", new))
        if wasMet, !isMet { faults.append(condition("cannot disable the SuccessCriteriaMet=True condition")) }
        if JobStatus.has("Complete", old), !wasMet, isMet {
            faults.append(
                condition("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"))
        }
        return faults
    }

    private func decreased(_ member: String) -> FieldError {
        .invalid(JobStatus.path[member], .init(status[member].int ?? 0), "cannot decrease the \(member) counter")
    }
}
