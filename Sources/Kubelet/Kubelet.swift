import DockerModel
import Fault
import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// The kubelet of one node: makes the engine's containers match the pods that are bound to the node, and tells what
/// became of them. Containers outlive it: what it finds when it starts it takes over.
package final class Kubelet: Sendable {
    package typealias NodeEngine = any (ContainerBackend & ImageBackend & SystemBackend)

    private struct State {
        var workers: [String: PodWorker] = [:]
        var tasks: [String: Task<Void, Never>] = [:]
        /// Containers that were there at the start and whose pods haven't come yet, by the pod's UID.
        var found: [String: [ObservedContainer]] = [:]
        var isOver = false
    }

    /// Pause before the engine's events are asked for again when they broke off.
    private static let eventsPause = Duration.seconds(1)

    package let settings: KubeletSettings
    let parts: PodParts
    private let pods: Informer
    private let node: NodeKeeper
    private let staticPods = NIOLockedValueBox<StaticPods?>(nil)
    private let log: Logger
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - api: as the user `system:node:NAME`.
    ///   - removeImage: takes an image away that nothing uses, by its ID; nil: none ever goes.
    ///   - now: seconds since 1970, with fractions.
    package init(
        _ settings: KubeletSettings, api: any ObjectAPI, engine: NodeEngine, volumes: any VolumeManager,
        environment: any EnvironmentBuilder, groups: any PodGroups,
        removeImage: (@Sendable (String) async throws -> Void)? = nil, log: Logger,
        now: @escaping @Sendable () -> Double
    ) {
        self.settings = settings
        self.log = log
        let capacity = NodeCapacity.here(settings)
        parts = PodParts(
            settings: settings, api: api, engine: engine, volumes: volumes, environment: environment,
            events: EventRecorder(api, component: "kubelet", host: settings.nodeName, log: log, now: now),
            statuses: StatusWriter(api, log: log), groups: groups,
            images: ImageCollector(settings, engine, removeImage, log, now: now),
            ledger: NodeLedger(capacity.allocatable(settings.evictionThresholds)),
            node: OwnNode(api, NodeObject(settings: settings, capacity: capacity, info: NodeInfo.here).whole),
            log: log, now: now,
            memory: capacity.memory)
        pods = Informer(
            api, .pods, selection: ObjectSelection(fields: "spec.nodeName=\(settings.nodeName)"), log: log)
        let state = state
        node = NodeKeeper(parts, capacity, workers: { state.withLockedValue { Array($0.workers.values) } })
        if let folder = settings.manifestFolder {
            let made = StaticPods(
                parts, folder: folder, informer: pods, come: { [weak self] in self?.begin($0) },
                go: { [weak self] in self?.gone($0) })
            staticPods.withLockedValue { $0 = made }
        }
        parts.workers.withLockedValue { find in find = { uid in state.withLockedValue { $0.workers[uid] } } }
        pods.observe { [weak self] in self?.podChanged($0) }
    }

    /// Until its task is cancelled; then the containers run on.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.parts.events.run() }
            group.addTask { await self.parts.statuses.run() }
            group.addTask { await self.node.run() }
            group.addTask { await self.followEngine() }
        }
        let tasks = state.withLockedValue { state in
            state.isOver = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    // MARK: The engine

    /// What became of containers, as the engine tells it. Pods are listened to only when it is known what is there.
    private func followEngine() async {
        await withTaskGroup(of: Void.self) { group in
            var isFirst = true
            while !Task.isCancelled {
                do {
                    var filters = Filters()
                    filters.add("type", "container")
                    filters.add("label", ContainerIdentity.Label.podUID)
                    for event in ["die", "destroy"] { filters.add("event", event) }
                    let events = try await parts.engine.events(since: nil, until: nil, filters: filters)
                    try await lookAround(isFirst: isFirst)
                    if isFirst { group.addTask { await self.followPods() } }
                    isFirst = false
                    try await withTaskCancellationHandler {
                        while let event = try await events.next() { await take(event) }
                    } onCancel: {
                        events.cancel()
                    }
                } catch {
                    if Task.isCancelled { break }
                    log.warning("the engine's events broke off: \(sentence(error))")
                }
                try? await Task.sleep(for: Self.eventsPause)
            }
        }
    }

    private func take(_ event: JSON) async {
        let uid = event["Actor"]["Attributes"].text(ContainerIdentity.Label.podUID)
        guard let worker = worker(uid) else { return }
        await worker.containerChanged(event["Actor"].text("ID"))
    }

    /// All containers of pods that are there now.
    private func lookAround(isFirst: Bool) async throws {
        var filters = Filters()
        filters.add("label", ContainerIdentity.Label.podUID)
        let list = try await parts.engine.listContainers(all: true, limit: nil, size: false, filters: filters)
        var found: [String: [ObservedContainer]] = [:]
        for entry in list {
            let id = entry.text("Id")
            guard let inspected = try? await parts.engine.inspectContainer(id, size: false),
                let container = ObservedContainer(inspected: inspected)
            else { continue }
            let uid = entry["Labels"][ContainerIdentity.Label.podUID].string ?? ""
            if isFirst {
                found[uid, default: []].append(container)
            } else if let worker = worker(uid) {
                await worker.containerChanged(id)
            }
        }
        if isFirst { state.withLockedValue { [found] in $0.found = found } }
    }

    // MARK: Pods

    private func followPods() async {
        await withTaskGroup(of: Void.self) { group in
            if let made = staticPods.withLockedValue({ $0 }) {
                made.scan()
                group.addTask { await made.run() }
            }
            group.addTask { await self.pods.run() }
            group.addTask {
                await self.pods.synced()
                if !Task.isCancelled { self.endOrphans() }
            }
        }
    }

    private func podChanged(_ change: ObjectChange) {
        if StaticManifest.mirrored(change.object) != nil {
            staticPods.withLockedValue { $0 }?.changed(change.key)
            return
        }
        let uid = change.object["metadata"].text("uid")
        // One name, another pod: the first one went while nobody looked.
        if let old = change.old?["metadata"].text("uid"), old != uid { gone(old) }
        guard let pod = change.new else { return gone(uid) }
        begin(pod)
    }

    private func gone(_ uid: String) { worker(uid)?.forget() }

    /// Objects that these pods refer to have changed: what failed because of them is tried again.
    package func retry(_ podUIDs: Set<String>) {
        for uid in podUIDs { if let worker = worker(uid) { Task { await worker.retry() } } }
    }

    /// Has `changed` called for every pod of this node that is there, or changes.
    package func observePods(_ changed: @escaping @Sendable (JSON) -> Void) {
        pods.observe { change in if let pod = change.new { changed(pod) } }
    }

    /// An event about one of this node's pods.
    package func report(_ pod: JSON, _ fault: PodFault) {
        parts.tell(.warning, PodSpec(pod), fault.reason, fault.message)
    }

    func worker(_ uid: String) -> PodWorker? { state.withLockedValue { $0.workers[uid] } }

    var workers: [PodWorker] { state.withLockedValue { Array($0.workers.values) } }

    /// Gives the object to the pod's worker, which is made when there is none.
    private func begin(_ object: JSON) {
        var pod = object
        // Elements of lists may come without them.
        pod["kind"] = "Pod"
        pod["apiVersion"] = "v1"
        let uid = pod["metadata"].text("uid")
        if let worker = worker(uid) { return worker.update(pod) }
        let made = state.withLockedValue { [pod] state -> PodWorker? in
            guard !state.isOver else { return nil }
            let worker = PodWorker(pod, parts, found: state.found.removeValue(forKey: uid) ?? [])
            state.workers[uid] = worker
            state.tasks[uid] = Task { [weak self] in
                await worker.run()
                self?.finished(uid)
            }
            return worker
        }
        made?.poke()
    }

    private func finished(_ uid: String) {
        state.withLockedValue { state in
            state.workers[uid] = nil
            state.tasks[uid] = nil
        }
    }

    /// Containers whose pods went while no kubelet ran.
    private func endOrphans() {
        let orphans = state.withLockedValue { state in
            defer { state.found = [:] }
            return state.found
        }
        for (uid, containers) in orphans {
            log.info("pod \(uid) is gone; its \(containers.count) containers go")
            Task {
                for container in containers.sorted(by: { $0.sandbox > $1.sandbox }) {
                    try? await parts.engine.stopContainer(container.id, signal: nil, timeout: nil)
                    try? await parts.engine.removeContainer(container.id, force: true, volumes: true, link: false)
                }
                await parts.volumes.remove(podUID: uid)
                NodeFiles.removeTree(settings.podFolder(uid))
                await parts.removeGroup(uid)
            }
        }
    }
}
