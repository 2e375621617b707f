import JSON
import KubeClient

/// What the scheduler is told.
enum SchedulingInput: Sendable {
    case node(ObjectChange)
    case pod(ObjectChange)
    case related(ResourceID, ObjectChange)
    case bound(uid: String)
    case bindingFailed(uid: String)
    /// What there was to say of a pod that isn't bound has been said; its victims are asked to go, or that failed.
    case told(uid: String, hasFailed: Bool)

    /// Whether it ends what an action began: every action has one answer.
    var isAnswer: Bool {
        switch self {
        case .node, .pod, .related: false
        case .bound, .bindingFailed, .told: true
        }
    }
}

/// What the scheduler does then.
enum SchedulingAction: Sendable {
    case bind(PodFacts, node: String, volumes: [VolumeChoice])
    case reject(RejectedPod)
    /// The pod is being deleted.
    case skip(PodFacts)
}

struct RejectedPod: Sendable {
    let pod: PodFacts
    /// `Unschedulable`, or `SchedulerError`.
    let reason: String
    let message: String
    /// The node that room is made on; "" takes that back, nil leaves it as it is.
    var nominatedNode: String?
    /// Pods to be evicted for it.
    var victims: [PodFacts] = []
    /// Less important pods that lose the room that was made for them there.
    var displaced: [PodFacts] = []
}

/// All decisions, and no input or output: changes are taken in order, then it says what to do, one pod at a time.
struct SchedulingCore {
    /// Whose pods these are: `spec.schedulerName`.
    static let schedulerName = "default-scheduler"

    private(set) var cluster = ClusterState()
    private var queue = SchedulingQueue()
    private var nominations = Nominations()
    private var groups = PodGroups()
    private var choice: NodeChoice
    /// Pods whose binding is under way.
    private var binding: [String: QueuedPod] = [:]
    /// Pods whose victims are being told.
    private var evicting: Set<String> = []

    init(_ profile: SchedulingProfile = .standard, random: any RandomNumberGenerator = QuickRandom()) {
        choice = NodeChoice(profile, random: random)
    }

    /// Pods that have no node, without those being bound.
    var waitingCount: Int { queue.count }

    /// When `next` has something to say though nothing happens; nil: never.
    var due: Double? { queue.due }

    // MARK: Changes

    mutating func take(_ input: SchedulingInput, _ now: Double) {
        switch input {
        case .node(let change): takeNode(change, now)
        case .pod(let change): takePod(change, now)
        case .related(let resource, let change):
            cluster.related.set(resource, change.key, change.new)
            if let new = change.new { wake(.related(resource, new), now) }
        case .bound(let uid): binding[uid] = nil
        case .bindingFailed(let uid):
            guard let queued = binding.removeValue(forKey: uid) else { return }
            // The answer may be lost, and the pod bound all the same.
            guard cluster.placement(of: uid)?.isAssumed ?? false, let pod = cluster.removePod(uid) else { return }
            queue.retry(queued, now)
            wake(.podRemoved(pod), now)
        case .told(let uid, let hasFailed):
            evicting.remove(uid)
            if hasFailed { queue.wake(now) { $0.pod.uid == uid } }
        }
    }

    private mutating func takeNode(_ change: ObjectChange, _ now: Double) {
        guard let new = change.new.map({ NodeFacts($0) }) else {
            if let gone = cluster.removeNode(change.key.name) { wake(.nodeRemoved(gone), now) }
            return
        }
        guard let old = cluster.setNode(new) else { return wake(.nodeAdded(new), now) }
        if old != new { wake(.nodeChanged(old: old, new: new), now) }
    }

    private mutating func takePod(_ change: ObjectChange, _ now: Double) {
        let uid = change.new?["metadata"]["uid"].string
        if let old = change.old?["metadata"]["uid"].string, old != uid { forget(old, now) }
        guard let object = change.new, let uid else { return }
        let phase = object["status"]["phase"].string
        if phase == "Succeeded" || phase == "Failed" {
            forget(uid, now)
        } else if !(object["spec"]["nodeName"].string ?? "").isEmpty {
            takePlaced(object, uid, now)
        } else if object["spec"]["schedulerName"].string == Self.schedulerName {
            takePending(object, uid, now)
        }
    }

    private mutating func forget(_ uid: String, _ now: Double) {
        let nominated = nominations.node(of: uid) == nil ? nil : queue.pod(uid)
        queue.remove(uid)
        nominations.remove(uid)
        if let gone = cluster.removePod(uid) ?? nominated { wake(.podRemoved(gone), now) }
    }

    private mutating func takePlaced(_ object: JSON, _ uid: String, _ now: Double) {
        queue.remove(uid)
        nominations.remove(uid)
        let node = object["spec"]["nodeName"].string ?? ""
        guard let known = cluster.placement(of: uid), known.node == node else {
            let pod = PodFacts(object, &groups)
            cluster.place(pod, on: node)
            return wake(.podPlaced(pod), now)
        }
        if known.isAssumed {
            cluster.confirm(uid)
            wake(.podPlaced(known.pod), now)
        }
        guard !known.pod.weighsLike(object) else { return }
        let pod = PodFacts(object, &groups)
        cluster.place(pod, on: node)
        wake(.podChanged(old: known.pod, new: pod), now)
    }

    private mutating func takePending(_ object: JSON, _ uid: String, _ now: Double) {
        let pod = PodFacts(object, &groups)
        if binding[uid] != nil {
            binding[uid]?.pod = pod
            // Its binding will fail.
            if pod.isTerminating, let gone = cluster.removePod(uid) { wake(.podRemoved(gone), now) }
            return
        }
        guard let old = queue.pod(uid) else {
            nominations.set(pod, pod.nominatedNode)
            return queue.add(pod, now)
        }
        if old.nominatedNode != pod.nominatedNode { nominations.set(pod, pod.nominatedNode) }
        let isSame =
            old.object["spec"] == object["spec"] && old.group == pod.group && old.isTerminating == pod.isTerminating
        if isSame { queue.replace(pod) } else { queue.change(pod, now) }
    }

    /// Has pods tried again for which the change may make a difference.
    private mutating func wake(_ event: ClusterEvent, _ now: Double) {
        let (profile, cluster) = (choice.profile, cluster)
        queue.wake(now) { queued in
            queued.rejectors.isEmpty
                || queued.rejectors.contains { profile.filter($0)?.mayHelp(event, queued.pod, cluster) ?? false }
        }
    }

    // MARK: Decisions

    /// nil when there is nothing to do before the next change, or `due`.
    mutating func next(_ now: Double) -> SchedulingAction? {
        guard let queued = queue.next(now) else { return nil }
        let pod = queued.pod
        if pod.isTerminating { return .skip(pod) }
        guard !cluster.nodes.isEmpty else {
            queue.park(queued, [], now)
            return .reject(
                RejectedPod(
                    pod: pod, reason: "Unschedulable", message: "no nodes available to schedule pods", nominatedNode: ""
                ))
        }
        switch choice.choose(pod, cluster, nominations) {
        case .node(let node):
            nominations.remove(pod.uid)
            cluster.place(pod, on: node, isAssumed: true)
            binding[pod.uid] = queued
            let volumes =
                pod.claims.isEmpty
                ? nil : cluster.node(node).map { VolumeChoice.all(of: pod, on: $0.facts, cluster.related) }
            return .bind(pod, node: node, volumes: (volumes ?? nil) ?? [])
        case .none(let diagnosis, let filters):
            queue.park(queued, diagnosis.rejectors, now)
            return .reject(makeRoom(for: pod, diagnosis, filters))
        }
    }

    /// What is said of a pod that no node will do for, and what is done so that one will.
    private mutating func makeRoom(for pod: PodFacts, _ diagnosis: Diagnosis, _ filters: PodFilters) -> RejectedPod {
        var diagnosis = diagnosis
        var outcome = Preemption.Outcome()
        if !evicting.contains(pod.uid) {
            outcome = Preemption(pod: pod, cluster: cluster, nominations: nominations)
                .attempt(diagnosis, filters, start: choice.start)
            diagnosis.afterword = outcome.afterword
        }
        var rejected = RejectedPod(
            pod: pod, reason: "Unschedulable", message: diagnosis.message, nominatedNode: outcome.node)
        if let node = outcome.node {
            if !outcome.victims.isEmpty {
                rejected.victims = outcome.victims.filter { !$0.isTerminating }
                rejected.displaced = nominations.lessImportant(than: pod, on: node)
                evicting.insert(pod.uid)
            }
            nominations.set(pod, node)
        }
        return rejected
    }
}

extension PodFacts {
    /// Whether the object, of a pod that has a node, counts as this one does.
    func weighsLike(_ object: JSON) -> Bool {
        let metadata = object["metadata"]
        return isTerminating == !metadata["deletionTimestamp"].isNull
            && (startTime == nil) == object["status"]["startTime"].isNull
            && group.labels == metadata["labels"].stringMap && requests == PodRequests(object)
    }
}
