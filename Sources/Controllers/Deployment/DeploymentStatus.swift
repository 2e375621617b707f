import JSON
import KubeModel

/// A deployment's status and conditions.
struct DeploymentStatus {
    let deployment: JSON
    let newest: JSON?
    let old: [JSON]
    /// Seconds since 1970.
    let now: Double

    private var all: [JSON] { old + [newest].compactMap { $0 } }

    static func hasDeadline(_ deployment: JSON) -> Bool {
        guard let seconds = deployment["spec"]["progressDeadlineSeconds"].int else { return false }
        return seconds != Int(Int32.max)
    }

    static func condition(_ type: String, _ status: String, _ reason: String, _ message: String, now: Double) -> JSON {
        let time: JSON = .string(Timestamp(now).text)
        return [
            "type": .string(type), "status": .string(status), "lastUpdateTime": time, "lastTransitionTime": time,
            "reason": .string(reason), "message": .string(message),
        ]
    }

    static func isComplete(_ deployment: JSON, _ status: JSON) -> Bool {
        let replicas = DeploymentSize(deployment).replicas
        func count(_ name: String) -> Int { status[name].int ?? 0 }
        return count("updatedReplicas") == replicas && count("replicas") == replicas
            && count("availableReplicas") == replicas && count("observedGeneration") >= deployment.generation
    }

    /// The counts, and whether enough is available.
    func counted() -> JSON {
        let size = DeploymentSize(deployment)
        let available = all.count("availableReplicas")
        var status: JSON = [:]
        status.setCount("observedGeneration", deployment.generation)
        status.setCount("replicas", all.count("replicas"))
        status.setCount("updatedReplicas", newest?.count("replicas") ?? 0)
        status.setCount("readyReplicas", all.count("readyReplicas"))
        status.setCount("availableReplicas", available)
        status.setCount("unavailableReplicas", max(0, all.wanted - available))
        if let terminating { status["terminatingReplicas"] = JSON(terminating) }
        let old = deployment["status"]
        if !old["collisionCount"].isNull { status["collisionCount"] = old["collisionCount"] }
        if !old.list("conditions").isEmpty { status["conditions"] = old["conditions"] }
        let condition =
            available >= size.minAvailable
            ? Self.condition(
                "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", now: now)
            : Self.condition(
                "Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.",
                now: now)
        Conditions.set(condition, in: &status, keepsTransition: true)
        return status
    }

    /// Nil while a set hasn't counted its own.
    private var terminating: Int? {
        var sum = 0
        for set in all {
            let own = set["status"]["terminatingReplicas"].int
            if own == nil, set.count("observedGeneration") != 0 { return nil }
            sum += own ?? 0
        }
        return sum
    }

    /// The counts, and how the rollout goes.
    func ofRollout() -> JSON {
        var status = counted()
        let hasDeadline = Self.hasDeadline(deployment)
        if !hasDeadline { Conditions.remove("Progressing", from: &status) }
        let current = Conditions.find("Progressing", in: deployment["status"])
        let isDone =
            (status["replicas"].int ?? 0) == (status["updatedReplicas"].int ?? 0)
            && current.text("reason") == "NewReplicaSetAvailable"
        if hasDeadline, !isDone { setProgress(&status, current) }
        if let failure = failure {
            Conditions.set(failure, in: &status, keepsTransition: true)
        } else {
            Conditions.remove("ReplicaFailure", from: &status)
        }
        return status
    }

    private func setProgress(_ status: inout JSON, _ current: JSON) {
        let subject = newest.map { "ReplicaSet \"\($0.objectName)\"" } ?? "Deployment \"\(deployment.objectName)\""
        if Self.isComplete(deployment, status) {
            Conditions.set(
                Self.condition(
                    "Progressing", "True", "NewReplicaSetAvailable", "\(subject) has successfully progressed.", now: now
                ), in: &status, keepsTransition: true)
        } else if isProgressing(status) {
            var condition = Self.condition(
                "Progressing", "True", "ReplicaSetUpdated", "\(subject) is progressing.", now: now)
            if current.text("status") == "True" {
                condition["lastTransitionTime"] = current["lastTransitionTime"]
            }
            if !current.isNull { Conditions.remove("Progressing", from: &status) }
            Conditions.set(condition, in: &status, keepsTransition: true)
        } else if isTimedOut(status) {
            Conditions.set(
                Self.condition(
                    "Progressing", "False", "ProgressDeadlineExceeded", "\(subject) has timed out progressing.",
                    now: now), in: &status, keepsTransition: true)
        }
    }

    /// Whether more is new, ready or available than at the last time, or less is old.
    private func isProgressing(_ status: JSON) -> Bool {
        let old = deployment["status"]
        func count(_ status: JSON, _ name: String) -> Int { status[name].int ?? 0 }
        func outdated(_ status: JSON) -> Int { count(status, "replicas") - count(status, "updatedReplicas") }
        return count(status, "updatedReplicas") > count(old, "updatedReplicas") || outdated(status) < outdated(old)
            || count(status, "readyReplicas") > count(old, "readyReplicas")
            || count(status, "availableReplicas") > count(old, "availableReplicas")
    }

    private func isTimedOut(_ status: JSON) -> Bool {
        let condition = Conditions.find("Progressing", in: status)
        switch condition.text("reason") {
        case _ where condition.isNull: return false
        case "NewReplicaSetAvailable": return false
        case "ProgressDeadlineExceeded": return true
        default: return (secondsLeft(condition) ?? 0) < 0
        }
    }

    private func secondsLeft(_ condition: JSON) -> Double? {
        guard let from = condition.time("lastUpdateTime"), let limit = deployment["spec"]["progressDeadlineSeconds"].int
        else { return nil }
        return from.time + Double(limit) - now
    }

    /// A replica set's trouble with its pods, the newest one's first.
    private var failure: JSON? {
        for set in [newest].compactMap({ $0 }) + all {
            var condition = Conditions.find("ReplicaFailure", in: set["status"])
            guard !condition.isNull else { continue }
            condition["lastUpdateTime"] = condition["lastTransitionTime"]
            return condition
        }
        return nil
    }

    /// Seconds until the progress is to be judged again; nil when there is nothing to wait for.
    func nextCheck(_ status: JSON) -> Double? {
        let current = Conditions.find("Progressing", in: deployment["status"])
        guard Self.hasDeadline(deployment), !current.isNull, !Self.isComplete(deployment, status),
            current.text("reason") != "ProgressDeadlineExceeded", let left = secondsLeft(current)
        else { return nil }
        return max(left, 0) + 1
    }
}
