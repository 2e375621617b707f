import JSON
import KubeModel

/// Why a job isn't done.
struct JobDiagnosis {
    let job: JSON
    let situation: Situation

    private var path: String { "job/\(job["metadata"].text("name"))" }
    private var flag: String { Changeable.flag(job["metadata"].text("namespace")) }

    /// The condition that says that it has ended, `Complete` or `Failed`; nil while it hasn't.
    static func ending(_ job: JSON) -> JSON? {
        (job["status"]["conditions"].array ?? []).first {
            ["Complete", "Failed"].contains($0.text("type")) && $0.text("status") == "True"
        }
    }

    func find() -> Finding {
        let succeeded = job["status"]["succeeded"].int ?? 0
        if let ending = Self.ending(job) {
            if ending.text("type") == "Failed" { return failed(ending) }
            return Finding(.none, "\(path) has succeeded: \(count(succeeded, "pod")) ended well.")
        }
        if job["spec"]["suspend"].bool == true {
            return Finding(
                .paused, "\(path) is suspended: it runs no pods.", fix: "Let it go on.",
                command: "kubectl patch \(path)\(flag) --type=merge -p '{\"spec\":{\"suspend\":false}}'")
        }
        let wanted = job["spec"]["completions"].int ?? 1
        let start = "\(path) has \(succeeded) of \(wanted) pods succeeded"
        let workload = workload
        return workload.withoutPods(job) ?? workload.ofPods(situation.owned(by: job, situation.pods), start + ".")
            ?? Finding(.waiting, "\(start); the others are on their way.")
    }

    private var workload: WorkloadDiagnosis {
        var object = job
        object["kind"] = "Job"
        return WorkloadDiagnosis(object: object, situation: situation)
    }

    /// It won't try again.
    private func failed(_ condition: JSON) -> Finding {
        let start = "\(path) has failed for good (\(condition.text("reason"))), and starts nothing again."
        let pods = situation.owned(by: job, situation.pods)
        if let why = workload.ofPods(pods, start) {
            return Finding(why.cause, why.text, nodes: why.nodes, fix: why.fix, command: why.command)
        }
        switch condition.text("reason") {
        case "DeadlineExceeded":
            let seconds = job["spec"]["activeDeadlineSeconds"].int ?? 0
            return Finding(
                .crash, "\(start) It ran longer than its activeDeadlineSeconds of \(seconds).",
                fix: "Give it more time, or less to do, and create it again.",
                command: "kubectl describe \(path)\(flag)")
        default:
            let message = condition.text("message")
            return Finding(
                .crash, "\(start) \(message)\(message.hasSuffix(".") ? "" : ".") Its pods are gone.",
                fix: "Create it again, and look at its pods' output meanwhile.",
                command: "kubectl describe \(path)\(flag)")
        }
    }

    private func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
}
