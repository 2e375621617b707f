import JSON
import KubeClient
import KubeModel

/// One turn for one deployment: at most one step of its rollout; the changes it makes bring about the next turn.
struct DeploymentTurn {
    let shared: DeploymentTurns
    private(set) var deployment: JSON
    private var newest: JSON?
    private var old: [JSON]
    private let sets: [JSON]

    init(shared: DeploymentTurns, deployment: JSON, sets: [JSON]) {
        self.shared = shared
        self.deployment = deployment
        self.sets = sets
        (newest, old) = DeploymentRevisions.split(deployment, sets)
    }

    mutating func run() async throws -> Next {
        let spec = deployment["spec"]
        if deployment.isBeingDeleted {
            try await settleRevision(creating: false)
            return try await writeStatus(status.counted())
        }
        try await markPause()
        if spec.flag("paused") { return try await scale() }
        if let revision = deployment.annotation(DeploymentRevisions.rollbackTo).flatMap({ Int($0) }) {
            return try await rollBack(to: revision)
        }
        try await settleRevision(creating: false)
        if DeploymentPlan.isScaling(deployment, all) { return try await scale() }
        switch spec["strategy"].text("type") {
        case "Recreate": return try await recreate()
        case "RollingUpdate": return try await roll()
        case let type: throw ClaimFailure("unexpected deployment strategy type: \(type)")
        }
    }

    private var all: [JSON] { old + [newest].compactMap { $0 } }
    private var status: DeploymentStatus {
        DeploymentStatus(deployment: deployment, newest: newest, old: old, now: shared.now())
    }

    // MARK: Strategies

    private mutating func roll() async throws -> Next {
        try await settleRevision(creating: true)
        guard let newest else { return .settled }
        if let growth = DeploymentPlan.growth(deployment, newest: newest, old: old) {
            try await resize([growth])
        } else {
            let shrinking = DeploymentPlan.shrinking(deployment, newest: newest, old: old)
            try await resize(shrinking)
            if shrinking.isEmpty { try await cleanUpIfComplete() }
        }
        return try await writeRolloutStatus()
    }

    private mutating func recreate() async throws -> Next {
        let doomed = old.active.map { DeploymentPlan.Resize(set: $0, size: 0) }
        if !doomed.isEmpty {
            try await resize(doomed)
            return try await writeRolloutStatus()
        }
        if hasOldPods { return try await writeRolloutStatus() }
        try await settleRevision(creating: true)
        guard let newest else { return .settled }
        let replicas = DeploymentSize(deployment).replicas
        if newest.wanted != replicas { try await resize([DeploymentPlan.Resize(set: newest, size: replicas)]) }
        try await cleanUpIfComplete()
        return try await writeRolloutStatus()
    }

    private var hasOldPods: Bool {
        old.count("replicas") > 0
            || old.contains { set in shared.pods.controlled(by: set).contains { !PodFacts.isFinished($0) } }
    }

    private mutating func scale() async throws -> Next {
        try await settleRevision(creating: false)
        try await resize(DeploymentPlan.scaling(deployment, newest: newest, old: old))
        if deployment["spec"].flag("paused") { try await cleanUp() }
        return try await writeStatus(status.counted())
    }

    // MARK: Revisions

    /// Numbers the newest set and tells of it in the deployment; makes it when there is none.
    private mutating func settleRevision(creating: Bool) async throws {
        guard var set = newest else {
            if creating { try await create() }
            return
        }
        let seconds = deployment["spec"]["minReadySeconds"].int ?? 0
        let revision = DeploymentRevisions.highest(old) + 1
        let isChanged = DeploymentRevisions.annotate(&set, as: revision, of: deployment, exists: true)
        if isChanged || (set["spec"]["minReadySeconds"].int ?? 0) != seconds {
            set["spec", "minReadySeconds"] = JSON(seconds)
            newest = try await write(set)
            return
        }
        var condition: JSON?
        if DeploymentStatus.hasDeadline(deployment),
            Conditions.find("Progressing", in: deployment["status"]).isNull
        {
            condition = progress("True", "FoundNewReplicaSet", "Found new replica set \"\(set.objectName)\"")
        }
        try await note(revision: set.annotation(DeploymentRevisions.revision) ?? "", condition)
    }

    /// Writes the revision and a condition into the deployment where they are new.
    private mutating func note(revision: String, _ condition: JSON?) async throws {
        var changed = deployment
        if changed.annotation(DeploymentRevisions.revision) != revision {
            changed.setAnnotation(DeploymentRevisions.revision, revision)
        }
        if let condition {
            var status = changed["status"]
            Conditions.set(condition, in: &status, keepsTransition: true)
            changed["status"] = status
        }
        if changed != deployment { try await writeWhole(changed) }
    }

    private func progress(_ status: String, _ reason: String, _ message: String) -> JSON {
        DeploymentStatus.condition("Progressing", status, reason, message, now: shared.now())
    }

    private mutating func create() async throws {
        let set = NewReplicaSet.make(deployment, old: old)
        let revision = set.annotation(DeploymentRevisions.revision) ?? ""
        do throws(APIStatus) {
            let made = try await shared.api.create(.replicaSets, set)
            await shared.sets.reached(made)
            newest = made
        } catch {
            return try await createFailed(set, error)
        }
        if set.wanted > 0 {
            shared.recorder.record(
                .normal, about: deployment, reason: "ScalingReplicaSet",
                "Scaled up replica set \(set.objectName) from 0 to \(set.wanted)")
        }
        var condition: JSON?
        if DeploymentStatus.hasDeadline(deployment) {
            condition = progress("True", "NewReplicaSetCreated", "Created new replica set \"\(set.objectName)\"")
        }
        try await note(revision: revision, condition)
    }

    private mutating func createFailed(_ set: JSON, _ error: APIStatus) async throws {
        if error.isAlreadyExists {
            let there = try await shared.api.get(.replicaSets, set.objectNamespace, set.objectName)
            if there.controllerReference?.text("uid") == deployment.uid,
                DeploymentRevisions.isSameTemplate(there["spec"]["template"], deployment["spec"]["template"])
            {
                newest = there
                return try await note(revision: set.annotation(DeploymentRevisions.revision) ?? "", nil)
            }
            // Another template with the same hash: the next one counts the collision in.
            var changed = deployment
            changed["status", "collisionCount"] = JSON((deployment["status"]["collisionCount"].int ?? 0) + 1)
            try await writeWhole(changed)
            throw error
        }
        if error.isNamespaceTerminating { throw error }
        let message = "Failed to create new replica set \"\(set.objectName)\": \(error)"
        if DeploymentStatus.hasDeadline(deployment) {
            var changed = deployment
            var status = changed["status"]
            Conditions.set(progress("False", "ReplicaSetCreateError", message), in: &status, keepsTransition: true)
            changed["status"] = status
            if changed != deployment { try? await writeWhole(changed) }
        }
        shared.recorder.record(.warning, about: deployment, reason: "ReplicaSetCreateError", message)
        throw error
    }

    // MARK: Rollback

    /// The deprecated way: an annotation names the revision to go back to, 0 the last one.
    private mutating func rollBack(to wanted: Int) async throws -> Next {
        try await settleRevision(creating: true)
        let revision = wanted == 0 ? DeploymentRevisions.last(all) : wanted
        var changed = deployment
        changed.edit("metadata") { $0.edit("annotations") { $0.remove(DeploymentRevisions.rollbackTo) } }
        guard revision != 0 else {
            warn("DeploymentRollbackRevisionNotFound", "Unable to find last revision.")
            return try await write(spec: changed)
        }
        guard let set = all.first(where: { DeploymentRevisions.number($0) == revision }) else {
            warn("DeploymentRollbackRevisionNotFound", "Unable to find the revision to rollback to.")
            return try await write(spec: changed)
        }
        let name = deployment.objectName
        guard !DeploymentRevisions.isSameTemplate(deployment["spec"]["template"], set["spec"]["template"]) else {
            warn(
                "DeploymentRollbackTemplateUnchanged",
                "The rollback revision contains the same template as current deployment \"\(name)\"")
            return try await write(spec: changed)
        }
        changed["spec", "template"] = DeploymentRevisions.withoutHash(set["spec"]["template"])
        let own = changed["metadata"].map("annotations").filter { DeploymentRevisions.own.contains($0.key) }
        let theirs = set["metadata"].map("annotations").filter { !DeploymentRevisions.own.contains($0.key) }
        changed["metadata", "annotations"] = .object(
            JSONObject(own.map { ($0.key, $0.value) } + theirs.map { ($0.key, $0.value) }))
        let next = try await write(spec: changed)
        shared.recorder.record(
            .normal, about: deployment, reason: "DeploymentRollback",
            "Rolled back deployment \"\(name)\" to revision \(revision)")
        return next
    }

    private func warn(_ reason: String, _ message: String) {
        shared.recorder.record(.warning, about: deployment, reason: reason, message)
    }

    private func write(spec changed: JSON) async throws -> Next {
        await shared.deployments.reached(try await shared.api.update(.deployments, changed))
        return .settled
    }

    // MARK: Writing

    private mutating func resize(_ steps: [DeploymentPlan.Resize]) async throws {
        for step in steps {
            var set = step.set
            let before = set.wanted
            guard step.always || before != step.size else { continue }
            set["spec", "replicas"] = JSON(step.size)
            let isNoted = DeploymentRevisions.setReplicas(&set, deployment)
            guard isNoted || before != step.size else { continue }
            let written = try await write(set)
            replace(written)
            guard before != step.size else { continue }
            shared.recorder.record(
                .normal, about: deployment, reason: "ScalingReplicaSet",
                "Scaled \(before < step.size ? "up" : "down") replica set \(set.objectName) from \(before) to \(step.size)"
            )
        }
    }

    private func write(_ set: JSON) async throws -> JSON {
        let written = try await shared.api.update(.replicaSets, set)
        await shared.sets.reached(written)
        return written
    }

    private mutating func replace(_ set: JSON) {
        if newest?.uid == set.uid { return newest = set }
        for at in old.indices where old[at].uid == set.uid { old[at] = set }
    }

    private func cleanUpIfComplete() async throws {
        if DeploymentStatus.isComplete(deployment, deployment["status"]) { try await cleanUp() }
    }

    private func cleanUp() async throws {
        for set in DeploymentPlan.expired(deployment, old: old) {
            try await shared.api.deleteIfThere(.replicaSets, set.objectNamespace, set.objectName)
        }
    }

    private mutating func markPause() async throws {
        guard DeploymentStatus.hasDeadline(deployment) else { return }
        let reason = Conditions.find("Progressing", in: deployment["status"]).text("reason")
        if reason == "ProgressDeadlineExceeded" { return }
        let isPaused = deployment["spec"].flag("paused")
        let isNoted = reason == "DeploymentPaused"
        guard isPaused != isNoted else { return }
        var changed = deployment
        var status = changed["status"]
        Conditions.set(
            isPaused
                ? progress("Unknown", "DeploymentPaused", "Deployment is paused")
                : progress("Unknown", "DeploymentResumed", "Deployment is resumed"), in: &status, keepsTransition: true)
        changed["status"] = status
        try await writeWhole(changed)
    }

    private mutating func writeRolloutStatus() async throws -> Next {
        let status = self.status
        let new = status.ofRollout()
        if new.isAlike(deployment["status"]) {
            return status.nextCheck(new).map { .again(after: .seconds($0)) } ?? .settled
        }
        return try await writeStatus(new)
    }

    private mutating func writeStatus(_ new: JSON) async throws -> Next {
        guard !new.isAlike(deployment["status"]) else { return .settled }
        var changed = deployment
        changed["status"] = new
        try await writeWhole(changed)
        return .settled
    }

    /// The status, and the annotations with it.
    private mutating func writeWhole(_ changed: JSON) async throws {
        deployment = try await shared.api.updateStatus(.deployments, changed)
        await shared.deployments.reached(deployment)
    }
}
