import JSON
import KubeModel

/// What a stateful set does next. Pods come in order and go in the reverse one, each only when the others are well;
/// with `Parallel` all at once.
struct StatefulSetPlan: Sendable {
    enum Step: Equatable {
        case create(JSON)
        /// Claims of a pod that waits for them.
        case claims(JSON)
        /// Name labels, volumes or the claims' owners aren't as they are to be.
        case repair(JSON)
        case delete(JSON)
    }

    let set: JSON
    /// Names of revisions.
    let current: String, update: String
    /// The set with the templates of the two revisions.
    let currentSet: JSON, updateSet: JSON
    /// Those of the set, whose deletion may have been asked for already.
    let pods: [JSON]
    let isGoing: @Sendable (JSON) -> Bool
    /// Whether the owners of a pod's claims are as the retention policy wants them.
    let hasClaimOwners: @Sendable (JSON) -> Bool
    /// Seconds since 1970.
    let now: Double

    private var isOrdered: Bool { self.set["spec"].text("podManagementPolicy") != "Parallel" }
    private var minReadySeconds: Int { self.set["spec"]["minReadySeconds"].int ?? 0 }

    private func isAvailable(_ pod: JSON) -> Bool {
        PodFacts.isAvailable(pod, minReadySeconds: minReadySeconds, now: now)
    }
    private func isRunning(_ pod: JSON) -> Bool { PodFacts.phase(pod) == "Running" && PodFacts.isReady(pod) }
    private func isUnavailable(_ pod: JSON) -> Bool { !isAvailable(pod) || isGoing(pod) }
    private func isThere(_ pod: JSON) -> Bool { !PodFacts.phase(pod).isEmpty }

    func steps() -> [Step] {
        if set.isBeingDeleted { return [] }
        var byOrdinal: [Int: JSON] = [:]
        for pod in pods { if let ordinal = StatefulPod.ordinal(pod) { byOrdinal[ordinal] = pod } }
        let range = StatefulPod.ordinals(set)
        let replicas = range.map { byOrdinal[$0] ?? new($0) }
        let condemned = byOrdinal.filter { !range.contains($0.key) }.sorted { $0.key > $1.key }.map(\.value)
        var steps: [Step] = []
        for pod in replicas {
            let (own, waits) = keep(pod)
            steps += own
            if isOrdered, waits { return steps }
        }
        for pod in condemned where !hasClaimOwners(pod) { steps.append(.repair(pod)) }
        let sick = replicas.first(where: isUnavailable) ?? condemned.last(where: isUnavailable)
        for pod in condemned {
            if isGoing(pod) {
                if isOrdered { return steps }
                continue
            }
            if isOrdered, !isRunning(pod) || !isAvailable(pod), pod.uid != sick?.uid { return steps }
            steps.append(.delete(pod))
            if isOrdered { return steps }
        }
        return steps + rolling(replicas)
    }

    private func new(_ ordinal: Int) -> JSON {
        let rolling = set["spec"]["updateStrategy"]["rollingUpdate"]
        let isRolling = set["spec"]["updateStrategy"].text("type") == "RollingUpdate"
        let old = rolling.isNull ? set.count("currentReplicas") : rolling["partition"].int ?? 0
        if isRolling, ordinal < StatefulPod.first(set) + old {
            return StatefulPod.make(currentSet, ordinal, revision: current)
        }
        return StatefulPod.make(updateSet, ordinal, revision: update)
    }

    /// - Returns: what the pod needs, and whether those after it wait for it.
    private func keep(_ pod: JSON) -> (steps: [Step], waits: Bool) {
        if PodFacts.isFinished(pod) { return (isGoing(pod) ? [] : [.delete(pod)], true) }
        if !isThere(pod) { return ([.create(pod)], true) }
        var steps: [Step] = []
        if PodFacts.phase(pod) == "Pending" { steps.append(.claims(pod)) }
        if isOrdered, isGoing(pod) || !isRunning(pod) || !isAvailable(pod) { return (steps, true) }
        let ordinal = StatefulPod.ordinal(pod) ?? 0
        if !StatefulPod.hasIdentity(pod) || !StatefulPod.hasStorage(pod, set, ordinal) || !hasClaimOwners(pod) {
            steps.append(.repair(pod))
        }
        return (steps, false)
    }

    /// Of pods with an old template the last one goes, when those after it are well.
    private func rolling(_ replicas: [JSON]) -> [Step] {
        let strategy = set["spec"]["updateStrategy"]
        if strategy.text("type") == "OnDelete" { return [] }
        let partition = strategy["rollingUpdate"]["partition"].int ?? 0
        for at in replicas.indices.reversed() where at >= partition {
            let pod = replicas[at]
            if StatefulPod.revision(pod) != update, !isGoing(pod) { return [.delete(pod)] }
            if isUnavailable(pod) { return [] }
        }
        return []
    }

    // MARK: Status

    func status(collisions: Int) -> JSON {
        let there = pods.filter(isThere)
        let staying = there.filter { !isGoing($0) }
        let running = pods.filter(isRunning)
        let updated = staying.filter { StatefulPod.revision($0) == update }.count
        var status: JSON = [:]
        status.setCount("observedGeneration", set.generation)
        status["replicas"] = JSON(there.count)
        status.setCount("readyReplicas", running.count)
        status.setCount("currentReplicas", staying.filter { StatefulPod.revision($0) == current }.count)
        status.setCount("updatedReplicas", updated)
        status["currentRevision"] = .string(current)
        status["updateRevision"] = .string(update)
        status["collisionCount"] = JSON(collisions)
        status["availableReplicas"] = JSON(running.filter(isAvailable).count)
        let wanted = StatefulPod.replicas(set)
        if set["spec"]["updateStrategy"].text("type") == "RollingUpdate", updated == wanted, running.count == wanted,
            there.count == wanted
        {
            status.setCount("currentReplicas", updated)
            status["currentRevision"] = .string(update)
        }
        let conditions = set["status"].list("conditions")
        if !conditions.isEmpty { status["conditions"] = .array(conditions) }
        return status
    }

    /// Seconds until a pod has been ready for long enough; nil when none waits for that.
    var nextAvailability: Double? {
        PodFacts.nextAvailability(pods, minReadySeconds: minReadySeconds, now: now)
    }
}
