import DockerModel
import Fault
import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// One pod from its arrival at the node to the end of its last trace: looks at what is there, lets `PodPlan` decide,
/// and carries out. It looks again when something happens to the pod: a change of the object, an end of a container, an
/// answer of a probe, the end of a pause.
///
/// What may take long (pulls, stops, hooks) runs beside it, and wakes it when it is over.
actor PodWorker {
    enum Life: Sendable, Equatable {
        case running
        /// Its containers are being ended.
        case ending
        /// Nothing of it runs any more; its containers are kept for their logs.
        case ended
        /// Every trace is gone.
        case removed
    }

    /// Why a container isn't running, as its status tells.
    struct Wait: Sendable, Equatable {
        let reason: String, message: String
    }

    nonisolated let uid: String
    let parts: PodParts
    var situation: PodSituation
    var life = Life.running
    /// The object is no more.
    var isGone = false
    /// By container name.
    var waits: [String: Wait] = [:]
    /// No try before that time, by container name, or `POD`; with how many have failed in a row.
    var holds: [String: (until: Double, failures: Int)] = [:]
    var imageBackOff = BackOff(first: Limit.firstBackOff, longest: Limit.longestBackOff)
    /// What the last pull of an image failed of.
    var pullFaults: [String: Wait] = [:]
    /// The most restarts so far, by container name.
    var attempts: [String: Int] = [:]
    /// Makes the sandbox and starts containers, one after the other.
    var starter: Task<Void, Never>?
    /// The containers that it starts, by name: it has counted their last ends, so that they would seem to wait.
    private var starting: Set<String> = []
    var ender: Task<Void, Never>?
    /// Why the pod has failed as a whole; nil: it hasn't.
    var verdict: Wait?
    /// The most seconds that it gets to end, when it has failed as a whole; nil: its own.
    var allowedGrace: Int?
    /// Why its node ended it, when the reason isn't the pod itself.
    var disruption: String?
    /// Its ended containers are gone, since their disk was full; the last status stands.
    var isFreed = false
    /// Seconds that the end under way was given.
    var endGrace = Int.max
    var probers: [String: [ProbeKind: Task<Void, Never>]] = [:]
    /// Containers that ran before this kubelet did, by ID.
    let adopted: Set<String>
    /// The last status that was given to be written.
    var status: JSON
    /// The images' digests or IDs as statuses show them, by container ID.
    var imageIDs: [String: String] = [:]
    /// What it was given of the node, and how far that is in effect.
    var allocation: PodAllocation
    var resizing = ResizeProgress()
    var resizer: Task<Void, Never>?
    /// Its control group as it was made, or changed, last; nil: not by this kubelet.
    var group: PodGroup?
    /// The object as it came, with what the pod asks for.
    private var wished: JSON
    var alarm: (due: Double, task: Task<Void, Never>)?
    private var isDeletionDone = false
    var isAdmitted = false

    private nonisolated let news = NIOLockedValueBox<(object: JSON?, isGone: Bool)>((nil, false))
    private let pokes: AsyncStream<Void>
    private nonisolated let poker: AsyncStream<Void>.Continuation

    /// - Parameter found: the pod's containers that are there already.
    init(_ pod: JSON, _ parts: PodParts, found: [ObservedContainer] = []) {
        allocation = PodAllocation(pod)
        wished = pod
        let spec = PodSpec(allocation.applied(to: pod))
        uid = spec.uid
        self.parts = parts
        if !found.isEmpty { parts.ledger.hold(spec) }
        situation = PodSituation(pod: spec)
        status = pod["status"]
        adopted = Set(found.filter { $0.phase == .running }.map(\.id))
        (pokes, poker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        for container in found.sorted(by: { $0.attempt < $1.attempt }) {
            if container.name == ContainerIdentity.sandboxName {
                situation.sandbox = container
            } else {
                situation.containers[container.name, default: []].append(container)
            }
            attempts[container.name] = container.attempt
        }
        for name in ["containerStatuses", "initContainerStatuses"] {
            for old in pod["status"].list(name) where !old.text("containerID").isEmpty || old["restartCount"] != 0 {
                let count = old["restartCount"].int ?? 0
                attempts[old.text("name")] = max(attempts[old.text("name")] ?? 0, count)
            }
        }
    }

    var pod: PodSpec { situation.pod }

    // MARK: What happens

    nonisolated func poke() { poker.yield() }

    /// The object has changed.
    nonisolated func update(_ object: JSON) {
        news.withLockedValue { $0.object = object }
        poke()
    }

    /// The object is no more.
    nonisolated func forget() {
        news.withLockedValue { $0.isGone = true }
        poke()
    }

    private func takeNews() {
        let (object, isGone) = news.withLockedValue { news in
            defer { news.object = nil }
            return (news.object, news.isGone)
        }
        self.isGone = isGone
        guard object != nil || allocation.differs(from: PodSpec(wished)) else { return }
        wished = object ?? wished
        let new = PodSpec(allocated(wished))
        forgetHolds(of: new)
        situation.pod = new
        if life == .ending, pod.isDeleted, pod.grace < endGrace { endSooner() }
    }

    /// One of its containers ended, or was taken away.
    func containerChanged(_ id: String) async {
        await refresh(id)
        poke()
    }

    /// A container whose definition has changed is tried at once.
    private func forgetHolds(of new: PodSpec) {
        for container in new.containers + new.initContainers {
            let name = container.text("name")
            if pod.container(name)?["image"] != container["image"] { holds[name] = nil }
        }
    }

    /// Something that it refers to has changed: what failed is tried at once.
    func retry() {
        let names = holds.keys.filter { waits[$0]?.reason == "CreateContainerConfigError" || waits[$0] == nil }
        for name in names { holds[name] = nil }
        poke()
    }

    // MARK: The loop

    /// Until every trace of the pod is gone, or its task is cancelled; then the containers run on.
    func run() async {
        for await _ in pokes {
            await sync()
            if life == .removed { break }
        }
        alarm?.task.cancel()
        starter?.cancel()
        resizer?.cancel()
        for tasks in probers.values { for task in tasks.values { task.cancel() } }
    }

    private func sync() async {
        takeNews()
        if life == .running {
            if !pod.isDeleted, !isTerminal(pod.pod["status"]) { await admit() }
            checkDeadline()
            if verdict != nil || pod.isDeleted || isGone || isTerminal(status) || isTerminal(pod.pod["status"]) {
                end()
            } else {
                resize()
                act()
            }
        }
        keepProbes()
        publish()
        if life == .ended {
            parts.ledger.remove(uid)
            await leave()
        }
    }

    /// `activeDeadlineSeconds`, counted from the pod's arrival.
    private func checkDeadline() {
        guard let seconds = pod.spec["activeDeadlineSeconds"].int,
            let start = status["startTime"].string.flatMap({ try? Timestamp(parsing: $0) })
        else { return }
        let due = start.time + Double(seconds)
        guard parts.now() >= due else { return wake(at: due) }
        verdict = Wait(
            reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline")
        if let verdict { parts.tell(.normal, pod, verdict.reason, verdict.message) }
    }

    private func isTerminal(_ status: JSON) -> Bool { ["Succeeded", "Failed"].contains(status.text("phase")) }

    private func act() {
        situation.now = parts.now()
        var names: [String] = []
        var sandbox: Int?
        for action in PodPlan.actions(for: situation) {
            switch action {
            case .makeSandbox(let attempt): if mayTry(ContainerIdentity.sandboxName) { sandbox = attempt }
            case .start(let name): if mayTry(name) { names.append(name) }
            case .wait(let name, let until, let delay):
                if !starting.contains(name) { wait(name, until: until, delay: delay) }
            case .kill(let id, let name, let message, let reason, let restarts):
                kill(id: id, name: name, message: message, reason: reason, restarts: restarts)
            case .endPod: return end()
            }
        }
        guard starter == nil, sandbox != nil || !names.isEmpty else { return }
        starting = Set(names)
        starter = Task {
            if let sandbox { await self.makeSandbox(attempt: sandbox) } else { await self.start(names) }
            self.starting = []
            self.starter = nil
            self.poke()
        }
    }

    func mayTry(_ name: String) -> Bool {
        guard let hold = holds[name], hold.until > situation.now else { return true }
        wake(at: hold.until)
        return false
    }

    /// A failed container's pause; told once.
    private func wait(_ name: String, until: Double, delay: Double) {
        wake(at: until)
        let message =
            "back-off \(DurationText.text(Int(delay * 1e9))) restarting failed container=\(name) pod=\(pod.fullName)"
        let wait = Wait(reason: "CrashLoopBackOff", message: message)
        guard waits[name] != wait || holds[name] == nil else { return }
        waits[name] = wait
        holds[name] = (until, 0)
        parts.tell(
            .warning, pod, container: name, "BackOff",
            "Back-off restarting failed container \(name) in pod \(pod.fullName)")
    }

    /// Looks again at that time; of several the earliest counts.
    func wake(at due: Double) {
        if let alarm, alarm.due <= due, alarm.due > parts.now() { return }
        alarm?.task.cancel()
        let delay = Swift.max(0, due - parts.now())
        alarm = (
            due,
            Task {
                do { try await Task.sleep(for: .milliseconds(Int(delay * 1_000) + 1)) } catch { return }
                self.alarm = nil
                self.poke()
            }
        )
    }

    // MARK: Looking

    /// Brings what is known of a container in line with the engine.
    func refresh(_ id: String) async {
        let observed: ObservedContainer?
        do {
            observed = ObservedContainer(inspected: try await parts.engine.inspectContainer(id, size: false))
        } catch let fault as Fault where fault.kind == .notFound {
            observed = nil
        } catch {
            parts.log.warning("container \(id.prefix(12)): \(sentence(error))")
            return
        }
        await take(observed, id)
    }

    func take(_ observed: ObservedContainer?, _ id: String) async {
        guard var new = observed else { return drop(id) }
        if new.name == ContainerIdentity.sandboxName {
            guard situation.sandbox.map({ $0.attempt <= new.attempt }) ?? true else { return }
            if new.addresses.isEmpty, situation.sandbox?.id == id {
                new.addresses = situation.sandbox?.addresses ?? []
            }
            return situation.sandbox = new
        }
        if new.phase != .running {
            situation.dying.remove(id)
            stopProbes(of: id)
        }
        if new.phase == .exited {
            let old = situation.containers[new.name]?.first { $0.id == id }
            new.message = old?.phase == .exited ? old?.message ?? "" : await terminationMessage(new)
        }
        if imageIDs[id] == nil { imageIDs[id] = await shownImage(new.imageID) }
        var list = situation.containers[new.name] ?? []
        if let at = list.firstIndex(where: { $0.id == id }) { list[at] = new } else { list.append(new) }
        situation.containers[new.name] = list.sorted { $0.attempt < $1.attempt }
    }

    private func drop(_ id: String) {
        situation.dying.remove(id)
        stopProbes(of: id)
        if situation.sandbox?.id == id { situation.sandbox?.phase = .exited }
        for name in situation.containers.keys { situation.containers[name]?.removeAll { $0.id == id } }
    }

    // MARK: Leaving

    /// Nothing runs any more: tells the last status, gives the object back, and cleans up when it is gone.
    private func leave() async {
        if isGone {
            await removeTraces()
            life = .removed
            return
        }
        guard pod.isDeleted, !isDeletionDone else { return }
        isDeletionDone = true
        await parts.volumes.remove(podUID: uid)
        await parts.statuses.flush(uid)
        let options: JSON = ["gracePeriodSeconds": 0, "preconditions": ["uid": .string(uid)]]
        do throws(APIStatus) { try await parts.api.delete(.pods, pod.namespace, pod.name, options) } catch {
            // Somebody else was faster: the news of it is on its way.
            if error.code == 404 || error.code == 409 { return }
            parts.log.warning("pod \(pod.fullName) can't be given back: \(error.message)")
            isDeletionDone = false
            wake(at: parts.now() + Limit.sandboxRetry)
        }
    }

    private func removeTraces() async {
        await parts.volumes.remove(podUID: uid)
        let ids = situation.containers.values.flatMap { $0 }.map(\.id) + [situation.sandbox?.id].compactMap { $0 }
        for id in ids { await remove(id) }
        parts.statuses.forget(uid)
        NodeFiles.removeTree(parts.settings.podFolder(uid))
        await removeGroup()
    }

    func remove(_ id: String) async {
        do { try await parts.engine.removeContainer(id, force: true, volumes: true, link: false) } catch {
            if let fault = error as? Fault, fault.kind == .notFound { return }
            parts.log.warning("container \(id.prefix(12)) can't be removed: \(sentence(error))")
        }
    }
}
