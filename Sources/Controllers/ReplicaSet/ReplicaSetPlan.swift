import JSON
import KubeModel

/// What a replica set or replication controller does next, and what its status says.
enum ReplicaSetPlan {
    /// Pods that are made or deleted in one turn.
    static let burst = 500

    struct Change: Equatable {
        var create = 0
        var delete: [JSON] = []
    }

    /// - Parameters:
    ///   - pods: its active ones.
    ///   - related: active pods of all sets that have the same owner as this one.
    static func change(_ set: JSON, pods: [JSON], related: [JSON], now: Double) -> Change {
        let surplus = pods.count - replicas(set)
        if surplus < 0 { return Change(create: min(-surplus, burst)) }
        let count = min(surplus, burst)
        if count == 0 { return Change() }
        if count >= pods.count { return Change(delete: pods) }
        return Change(delete: Array(DeletionOrder.sorted(pods, related: related, now: now).prefix(count)))
    }

    static func replicas(_ set: JSON) -> Int { set["spec"]["replicas"].int ?? 1 }

    /// - Parameters:
    ///   - terminating: its pods that are being deleted; nil for kinds that don't count them.
    ///   - failure: why pods couldn't be made or deleted, and whether there were too few.
    static func status(_ set: JSON, pods: [JSON], terminating: [JSON]?, failure: String?, now: Double) -> JSON {
        let spec = set["spec"]
        let seconds = spec["minReadySeconds"].int ?? 0
        let template = LabelSelector(equalTo: spec["template"].labels.stringMap)
        let ready = pods.filter(PodFacts.isReady)
        var status = set["status"].isNull ? [:] : set["status"]
        status["replicas"] = JSON(pods.count)
        status.setCount("fullyLabeledReplicas", pods.filter { template.matches($0.labels) }.count)
        status.setCount("readyReplicas", ready.count)
        status.setCount(
            "availableReplicas",
            ready.filter { PodFacts.isAvailable($0, minReadySeconds: seconds, now: now) }.count)
        if let terminating { status["terminatingReplicas"] = JSON(terminating.count) }
        status.setCount("observedGeneration", set.generation)
        let old = Conditions.find("ReplicaFailure", in: status)
        if let failure, old.isNull {
            let surplus = pods.count - replicas(set)
            var condition: JSON = [
                "type": "ReplicaFailure", "status": "True", "lastTransitionTime": .string(Timestamp(now).text),
            ]
            if surplus != 0 { condition["reason"] = surplus < 0 ? "FailedCreate" : "FailedDelete" }
            condition["message"] = .string(failure)
            Conditions.set(condition, in: &status)
        } else if failure == nil, !old.isNull {
            Conditions.remove("ReplicaFailure", from: &status)
        }
        return status
    }
}
