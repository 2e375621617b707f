import JSON
import KubeClient
import KubeModel
import Logging

/// Keeps stateful sets' pods and their claims.
final class StatefulSetController: Controller {
    private let recorder: EventRecorder
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let account = "statefulset-controller"
        let sets = context.informers[.statefulSets], pods = context.informers[.pods]
        let revisions = context.informers[.controllerRevisions]
        recorder = context.recorder(account)
        let api = context.api(account)
        let deletions = PendingDeletions()
        deletions.follow(pods)
        let turns = StatefulSetTurns(
            api: api, sets: sets, pods: pods, revisions: revisions,
            claims: context.informers[.persistentVolumeClaims], recorder: recorder, deletions: deletions,
            now: context.now)
        loop = ReconcileLoop(account, log: context.log) { try await turns.reconcile($0) }
        let owners = OwnerWatch(kind: "StatefulSet", owners: sets)
        sets.observe { [loop] in loop.enqueue($0.key) }
        pods.observe { [loop] change in for key in owners.keys(change) { loop.enqueue(key) } }
    }

    func run() async { await runTogether([{ await self.loop.run() }, { await self.recorder.run() }]) }
}

private struct StatefulSetTurns: Sendable {
    let api: any ObjectAPI
    let sets: Informer
    let pods: Informer
    let revisions: Informer
    let claims: Informer
    let recorder: EventRecorder
    let deletions: PendingDeletions
    let now: @Sendable () -> Double

    func reconcile(_ key: ObjectKey) async throws -> Next {
        guard let set = sets.object(key) else { return .settled }
        let selector = OwnerWatch.objectSelector(set)
        let known = try await Claims(api: api, owners: .statefulSets, dependents: .controllerRevisions)
            .claim(revisions.candidates(of: set), owner: set, selector: selector)
        let candidates = pods.candidates(of: set).filter {
            $0.controllerReference != nil || StatefulPod.isMember($0, of: set)
        }
        let own = try await Claims(api: api, owners: .statefulSets, dependents: .pods)
            .claim(candidates, owner: set, selector: selector)
        do {
            return try await act(set, own, known)
        } catch let error as APIStatus {
            if error.isNamespaceTerminating { return .settled }
            throw error
        }
    }

    private func act(_ set: JSON, _ own: [JSON], _ known: [JSON]) async throws -> Next {
        var collisions = set["status"]["collisionCount"].int ?? 0
        let control = RevisionControl(api: api, revisions: revisions)
        let update = try await control.latest(of: set, known: known, collisions: &collisions)
        let current = known.first { $0.objectName == set["status"].text("currentRevision") } ?? update
        let plan = StatefulSetPlan(
            set: set, current: current.objectName, update: update.objectName, currentSet: applying(current, to: set),
            updateSet: applying(update, to: set), pods: own,
            isGoing: { $0.isBeingDeleted || deletions.contains($0) }, hasClaimOwners: { hasOwners($0, set) },
            now: now())
        var failure: (any Error)?
        do { for step in plan.steps() { try await take(step, set) } } catch { failure = error }
        let status = plan.status(collisions: collisions)
        if !status.isAlike(set["status"]) {
            var changed = set
            changed["status"] = status
            await sets.reached(try await api.updateStatus(.statefulSets, changed))
        }
        if let failure { throw failure }
        let live = Set([current.objectName, update.objectName] + own.map(StatefulPod.revision))
        let limit = set["spec"]["revisionHistoryLimit"].int ?? 10
        try await control.delete(RevisionHistory.expired(known, live: live, limit: limit))
        return plan.nextAvailability.map { .again(after: .seconds($0)) } ?? .settled
    }

    private func applying(_ revision: JSON, to set: JSON) -> JSON {
        var set = set
        set["spec", "template"] = RevisionHistory.template(revision)
        return set
    }

    // MARK: Steps

    private func take(_ step: StatefulSetPlan.Step, _ set: JSON) async throws {
        switch step {
        case .create(let pod): try await create(pod, set)
        case .claims(let pod): try await makeClaims(pod, set)
        case .repair(let pod): try await repair(pod, set)
        case .delete(let pod): try await delete(pod, set)
        }
    }

    private func create(_ pod: JSON, _ set: JSON) async throws {
        if set["spec"]["persistentVolumeClaimRetentionPolicy"].text("whenScaled") == "Delete",
            ownClaims(pod, set).contains(where: { ClaimOwners.isStale($0, ofFormer: pod) })
        {
            throw ClaimFailure("claims of the former pod \(pod.objectName) are still there")
        }
        do {
            try await makeClaims(pod, set)
            let made = try await api.create(.pods, pod)
            await pods.reached(made)
            try await ownClaims(made, set, write: true)
        } catch {
            if (error as? APIStatus)?.isAlreadyExists == true { throw error }
            tell("create", pod, set, error)
            throw error
        }
        tell("create", pod, set)
    }

    private func delete(_ pod: JSON, _ set: JSON) async throws {
        deletions.insert(pod)
        do throws(APIStatus) {
            try await api.deleteIfThere(.pods, pod.objectNamespace, pod.objectName)
        } catch {
            deletions.remove(pod)
            tell("delete", pod, set, error)
            throw error
        }
        tell("delete", pod, set)
    }

    private func repair(_ pod: JSON, _ set: JSON) async throws {
        let ordinal = StatefulPod.ordinal(pod) ?? 0
        try await ownClaims(pod, set, write: true)
        var changed = pod
        StatefulPod.setIdentity(&changed, ordinal)
        if !StatefulPod.hasStorage(pod, set, ordinal) {
            try await makeClaims(pod, set)
            StatefulPod.setStorage(&changed, set, ordinal)
        }
        guard changed != pod else { return }
        do throws(APIStatus) {
            await pods.reached(try await api.update(.pods, changed))
        } catch {
            tell("update", pod, set, error)
            throw error
        }
        tell("update", pod, set)
    }

    // MARK: Claims

    private func ownClaims(_ pod: JSON, _ set: JSON) -> [JSON] {
        StatefulPod.claims(set, StatefulPod.ordinal(pod) ?? 0).compactMap {
            claims.object($0.objectNamespace, $0.objectName)
        }
    }

    private func hasOwners(_ pod: JSON, _ set: JSON) -> Bool {
        ownClaims(pod, set).allSatisfy { ClaimOwners.isUpToDate($0, set, pod) }
    }

    private func ownClaims(_ pod: JSON, _ set: JSON, write: Bool) async throws {
        for claim in ownClaims(pod, set) where !ClaimOwners.isUpToDate(claim, set, pod) {
            var changed = claim
            changed["metadata", "ownerReferences"] = .array(ClaimOwners.wanted(claim, set, pod))
            await claims.reached(try await api.update(.persistentVolumeClaims, changed))
        }
    }

    private func makeClaims(_ pod: JSON, _ set: JSON) async throws {
        for claim in StatefulPod.claims(set, StatefulPod.ordinal(pod) ?? 0) {
            if let there = claims.object(claim.objectNamespace, claim.objectName) {
                if there.isBeingDeleted { throw ClaimFailure("pvc \(claim.objectName) is being deleted") }
                continue
            }
            let what = "Claim \(claim.objectName) "
            do throws(APIStatus) {
                await claims.reached(try await api.create(.persistentVolumeClaims, claim))
                recorder.record(
                    .normal, about: set, reason: "SuccessfulCreate",
                    "Create \(what)Pod \(pod.objectName) in StatefulSet \(set.objectName) success")
            } catch {
                if error.isAlreadyExists { continue }
                recorder.record(
                    .warning, about: set, reason: "FailedCreate",
                    "Create \(what)for Pod \(pod.objectName) in StatefulSet \(set.objectName) failed error: \(error)")
                throw error
            }
        }
    }

    private func tell(_ verb: String, _ pod: JSON, _ set: JSON, _ error: (any Error)? = nil) {
        let title = verb.prefix(1).uppercased() + verb.dropFirst()
        let what = "\(title) Pod \(pod.objectName) in StatefulSet \(set.objectName)"
        if let error {
            recorder.record(.warning, about: set, reason: "Failed\(title)", "\(what) failed error: \(error)")
        } else {
            recorder.record(.normal, about: set, reason: "Successful\(title)", "\(what) successful")
        }
    }
}
