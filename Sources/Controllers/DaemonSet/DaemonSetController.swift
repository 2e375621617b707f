import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Keeps a daemon set's pod on every node that it is for.
final class DaemonSetController: Controller {
    private let recorder: EventRecorder
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let account = "daemon-set-controller"
        let sets = context.informers[.daemonSets], pods = context.informers[.pods]
        let nodes = context.informers[.nodes]
        recorder = context.recorder(account, component: "daemonset-controller")
        let api = context.api(account)
        let deletions = PendingDeletions()
        deletions.follow(pods)
        let turns = DaemonSetTurns(
            api: api, sets: sets, pods: pods, nodes: nodes, revisions: context.informers[.controllerRevisions],
            control: PodControl(api: api, recorder: recorder), deletions: deletions, now: context.now)
        loop = ReconcileLoop(account, log: context.log) { try await turns.reconcile($0) }
        let owners = OwnerWatch(kind: "DaemonSet", owners: sets)
        sets.observe { [loop] in loop.enqueue($0.key) }
        pods.observe { [loop] change in for key in owners.keys(change) { loop.enqueue(key) } }
        nodes.observe { [loop] change in
            for set in sets.objects where Self.concerns(change, set) { loop.enqueue(ObjectKey(set)) }
        }
    }

    private static func concerns(_ change: ObjectChange, _ set: JSON) -> Bool {
        guard let old = change.old, let new = change.new else { return true }
        guard old.labels != new.labels || old["spec"]["taints"] != new["spec"]["taints"] else { return false }
        return DaemonSetPlan.placement(set, on: old) != DaemonSetPlan.placement(set, on: new)
    }

    func run() async { await runTogether([{ await self.loop.run() }, { await self.recorder.run() }]) }
}

private struct DaemonSetTurns: Sendable {
    /// Seconds between two replacements of a node's failed pod: at first and at most; doubled each time.
    private static let firstPause = 1.0, longestPause = 900.0

    let api: any ObjectAPI
    let sets: Informer
    let pods: Informer
    let nodes: Informer
    let revisions: Informer
    let control: PodControl
    let deletions: PendingDeletions
    let now: @Sendable () -> Double
    /// By set's UID and node: when the last failed pod was replaced, and the pause until the next.
    private let failures = NIOLockedValueBox<[String: (at: Double, pause: Double)]>([:])

    init(
        api: any ObjectAPI, sets: Informer, pods: Informer, nodes: Informer, revisions: Informer, control: PodControl,
        deletions: PendingDeletions, now: @escaping @Sendable () -> Double
    ) {
        self.api = api
        self.sets = sets
        self.pods = pods
        self.nodes = nodes
        self.revisions = revisions
        self.control = control
        self.deletions = deletions
        self.now = now
    }

    func reconcile(_ key: ObjectKey) async throws -> Next {
        guard let set = sets.object(key), !set.isBeingDeleted else { return .settled }
        if set["spec"]["selector"].isAlike([:]) {
            control.recorder.record(
                .warning, about: set, reason: "SelectingAll",
                "This daemon set is selecting all pods. A non-empty selector is required.")
            return .settled
        }
        let selector = OwnerWatch.objectSelector(set)
        let known = try await Claims(api: api, owners: .daemonSets, dependents: .controllerRevisions)
            .claim(revisions.candidates(of: set), owner: set, selector: selector)
        guard let current = try await revision(set, known) else { return .settled }
        let own = try await Claims(api: api, owners: .daemonSets, dependents: .pods)
            .claim(pods.candidates(of: set), owner: set, selector: selector)
        let hash = current.labels.text(RevisionHistory.hashLabel)
        var failure = try await carryOut(plan(set, own, hash).change(), set, hash)
        if failure == nil {
            let now = pods.controlled(by: set)
            failure = try await carryOut(plan(set, now, hash).rolling(), set, hash)
            let live = Set(now.map { "\(set.objectName)-\($0.labels.text(RevisionHistory.hashLabel))" })
            try await RevisionControl(api: api, revisions: revisions).delete(
                RevisionHistory.expired(
                    known, live: live.union([current.objectName]), limit: set["spec"]["revisionHistoryLimit"].int ?? 10
                ))
        }
        let next = try await writeStatus(set, hash)
        if let failure { throw failure }
        return next
    }

    private func plan(_ set: JSON, _ own: [JSON], _ hash: String) -> DaemonSetPlan {
        DaemonSetPlan(
            set: set, nodes: nodes.objects.sorted { $0.objectName < $1.objectName },
            pods: Dictionary(grouping: own, by: DaemonPod.node),
            isGoing: { $0.isBeingDeleted || deletions.contains($0) }, hash: hash,
            mayReplace: { mayReplace(set, $0) }, now: now())
    }

    private func writeStatus(_ set: JSON, _ hash: String) async throws -> Next {
        let own = pods.controlled(by: set)
        let status = plan(set, own, hash).status()
        if !status.isAlike(set["status"]) {
            var changed = set
            changed["status"] = status
            await sets.reached(try await api.updateStatus(.daemonSets, changed))
        }
        let seconds = set["spec"]["minReadySeconds"].int ?? 0
        let waits = [
            PodFacts.nextAvailability(own, minReadySeconds: seconds, now: now()),
            failures.withLockedValue {
                $0.filter { $0.key.hasPrefix(set.uid) }.map { $0.value.at + $0.value.pause }.min()
            }
            .map { $0 - now() },
        ].compactMap { $0 }.filter { $0 > 0 }
        return waits.min().map { .again(after: .seconds($0)) } ?? .settled
    }

    /// Whether the pause after the node's last failed pod is over; the next one begins then.
    private func mayReplace(_ set: JSON, _ node: String) -> Bool {
        let time = now()
        return failures.withLockedValue { failures in
            let key = "\(set.uid)/\(node)"
            guard let last = failures[key] else {
                failures[key] = (time, Self.firstPause)
                return true
            }
            if last.at + last.pause > time { return false }
            // A node that has been well for long begins anew.
            let isOld = time - last.at > 2 * Self.longestPause
            failures[key] = (time, isOld ? Self.firstPause : min(last.pause * 2, Self.longestPause))
            return true
        }
    }

    // MARK: Revisions

    /// The template's; nil when the name is another's and the next turn is to try again.
    private func revision(_ set: JSON, _ known: [JSON]) async throws -> JSON? {
        let data = RevisionHistory.data(of: set)
        let sorted = RevisionHistory.sort(known)
        let equal = sorted.filter { $0["data"].isAlike(data) }
        let others = sorted.filter { !$0["data"].isAlike(data) }
        let number = RevisionHistory.next(others)
        guard var current = equal.last else { return try await create(set, data, number) }
        for extra in equal.dropLast() {
            try await api.deleteIfThere(.controllerRevisions, extra.objectNamespace, extra.objectName)
        }
        if RevisionHistory.number(current) < number {
            current["revision"] = JSON(number)
            current = try await api.update(.controllerRevisions, current)
            await revisions.reached(current)
        }
        return current
    }

    private func create(_ set: JSON, _ data: JSON, _ number: Int) async throws -> JSON? {
        let collisions = set["status"]["collisionCount"].int
        let hash = TemplateHash.of(set["spec"]["template"], collisions: collisions)
        var revision = RevisionHistory.make(of: set, number: number, collisions: nil)
        revision["metadata", "name"] = .string("\(set.objectName)-\(hash)")
        revision["metadata", "labels", RevisionHistory.hashLabel] = .string(hash)
        do throws(APIStatus) {
            let made = try await api.create(.controllerRevisions, revision)
            await revisions.reached(made)
            return made
        } catch {
            guard error.isAlreadyExists else { throw error }
        }
        let there = try await api.get(.controllerRevisions, set.objectNamespace, revision.objectName)
        if there["data"].isAlike(data) { return there }
        var changed = set
        changed["status", "collisionCount"] = JSON((collisions ?? 0) + 1)
        await sets.reached(try await api.updateStatus(.daemonSets, changed))
        return nil
    }

    // MARK: Pods

    /// - Returns: why not all could be made or deleted.
    private func carryOut(_ change: DaemonSetPlan.Change, _ set: JSON, _ hash: String) async throws -> APIStatus? {
        for note in change.notes {
            control.recorder.record(note.isWarning ? .warning : .normal, about: set, reason: note.reason, note.message)
        }
        let new = change.create.prefix(DaemonSetPlan.burst).map { DaemonPod.make(set, node: $0, hash: hash) }
        let (made, failure) = await control.create(new, for: set)
        for pod in made { await pods.reached(pod) }
        for pod in change.delete.prefix(DaemonSetPlan.burst) {
            deletions.insert(pod)
            do throws(APIStatus) { try await control.delete(pod, for: set) } catch {
                deletions.remove(pod)
                if !error.isNotFound { return error }
            }
        }
        return failure
    }
}
