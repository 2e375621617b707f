import DockerModel
import Fault
import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Keeps the Node and its Lease: registers, renews the lease every ten seconds, and tells the status every five minutes
/// and whenever the node was silent for so long that others may have written it off.
struct NodeKeeper: Sendable {
    /// The original's.
    private static let statusPeriod = Duration.seconds(300), leaseSeconds = 40, leasePeriod = Duration.seconds(10)
    /// Pause before another try when the server can't be reached, doubled up to the most.
    private static let firstPause = Duration.milliseconds(200), longestPause = Duration.seconds(7)
    private static let leaseNamespace = "kube-node-lease"

    private let parts: PodParts
    private let object: NodeObject
    private let watch: PressureWatch

    /// - Parameter workers: of the node's pods.
    init(_ parts: PodParts, _ capacity: NodeCapacity, workers: @escaping @Sendable () -> [PodWorker]) {
        self.parts = parts
        object = NodeObject(settings: parts.settings, capacity: capacity, info: NodeInfo.here)
        watch = PressureWatch(parts, reference: Self.reference(parts.settings.nodeName), workers: workers) {
            NodeObservation.here(parts.settings, memory: capacity.memory)
        }
    }

    private var name: String { parts.settings.nodeName }

    /// Until its task is cancelled.
    func run() async {
        parts.events.record(.normal, about: reference, reason: "Starting", "Starting kubelet.")
        var node: JSON = .null
        await insistently("the node can't be registered") { () throws(APIStatus) in node = try await register() }
        parts.node.saw(node)
        if Task.isCancelled { return }
        for kind in NodePressureKind.allCases { tell(kind, false) }
        parts.events.record(
            .normal, about: reference, reason: "NodeAllocatableEnforced",
            "Updated Node Allocatable limit across pods")
        let uid = node["metadata"]["uid"]
        let (beats, beat) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in beats { await look() } }
            group.addTask {
                while !Task.isCancelled {
                    await insistently("the node's status can't be written") { () throws(APIStatus) in
                        try await writeStatus()
                    }
                    await collectImages()
                    try? await Task.sleep(for: Self.statusPeriod)
                }
            }
            group.addTask {
                var renewed = ContinuousClock.now
                while !Task.isCancelled {
                    await insistently("the node's lease can't be renewed") { () throws(APIStatus) in
                        try await renew(uid: uid)
                    }
                    if renewed.duration(to: .now) > .seconds(Self.leaseSeconds) / 2 {
                        await insistently("the node's status can't be written") { () throws(APIStatus) in
                            try await writeStatus()
                        }
                    }
                    renewed = .now
                    // What is looked for may take long: pods that are evicted get time.
                    beat.yield()
                    try? await Task.sleep(for: Self.leasePeriod)
                }
            }
        }
    }

    /// The node as events of it name it.
    private var reference: JSON { Self.reference(name) }

    private static func reference(_ name: String) -> JSON {
        ["kind": "Node", "apiVersion": "v1", "metadata": ["name": .string(name), "uid": .string(name)]]
    }

    // MARK: Pressure

    private func look() async {
        await watch.look { before, now in
            for kind in NodePressureKind.allCases where before.contains(kind) != now.contains(kind) {
                tell(kind, now.contains(kind))
            }
            await insistently("the node's status can't be written") { () throws(APIStatus) in try await writeStatus() }
        }
    }

    private func tell(_ kind: NodePressureKind, _ holds: Bool) {
        let reason = "Node" + kind.words(holds).reason
        parts.events.record(.normal, about: reference, reason: reason, "Node \(name) status is now: \(reason)")
    }

    private func collectImages() async {
        guard parts.settings.imageHighMark < 100 else { return }
        let levels = NodeObservation.here(parts.settings, memory: object.capacity.memory).levels
        guard let failure = await parts.images.collect(levels[.imageAvailable] ?? levels[.nodeAvailable]) else {
            return
        }
        parts.events.record(.warning, about: reference, reason: "FreeDiskSpaceFailed", failure)
    }

    private func insistently(_ problem: String, _ work: () async throws(APIStatus) -> Void) async {
        var pause = Self.firstPause
        while !Task.isCancelled {
            do throws(APIStatus) { return try await work() } catch {
                parts.log.log(level: pause == Self.firstPause ? .debug : .warning, "\(problem): \(error.message)")
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    // MARK: Registration

    private func register() async throws(APIStatus) -> JSON {
        do { return try await parts.api.create(.nodes, await full(object.fresh)) } catch  where error.code == 409 {
            // It has been here before; labels that we give may have changed since.
            let node = try await parts.api.get(.nodes, "", name)
            let fresh = object.fresh["metadata"]
            let labels = fresh["labels"].stringMap.filter { node["metadata"]["labels"][$0.key].string != $0.value }
            guard !labels.isEmpty else { return node }
            return try await parts.api.patch(
                .nodes, "", name, subresource: "", .strategic(["metadata": ["labels": JSON(labels)]]))
        }
    }

    /// With the status, so that a new node is ready at once.
    private func full(_ node: JSON) async -> JSON {
        var node = node
        node["status"] = await status([:])
        return node
    }

    // MARK: Status

    private func status(_ old: JSON) async -> JSON {
        let images =
            (try? await parts.engine.listImages(
                all: false, digests: true, sharedSize: false, manifests: false, filters: Filters())) ?? []
        let version = (try? await parts.engine.version())?.text("Version") ?? ""
        return object.status(
            old, images: images, pressures: parts.pressures.withLockedValue { $0 }, runtimeVersion: version,
            time: Timestamp(parts.now()).text)
    }

    private func writeStatus() async throws(APIStatus) {
        let node = try await parts.api.get(.nodes, "", name)
        parts.node.saw(node)
        let new = await status(node["status"])
        var changed = node
        for (member, value) in new.object ?? JSONObject() { changed["status"][member] = value }
        let wasReady = Self.isReady(node)
        _ = try await parts.api.updateStatus(.nodes, changed)
        if !wasReady {
            parts.events.record(
                .normal, about: reference, reason: "NodeReady", "Node \(name) status is now: NodeReady")
        }
    }

    private static func isReady(_ node: JSON) -> Bool {
        node["status"].list("conditions").contains { $0.text("type") == "Ready" && $0.text("status") == "True" }
    }

    // MARK: Lease

    private func renew(uid: JSON) async throws(APIStatus) {
        let time = JSON.string(Timestamp(parts.now()).microText)
        do {
            var lease = try await parts.api.get(.leases, Self.leaseNamespace, name)
            lease["spec"]["renewTime"] = time
            lease["spec"]["holderIdentity"] = .string(name)
            lease["spec"]["leaseDurationSeconds"] = JSON(Self.leaseSeconds)
            _ = try await parts.api.update(.leases, lease)
        } catch  where error.code == 404 {
            _ = try await parts.api.create(
                .leases,
                [
                    "kind": "Lease", "apiVersion": "coordination.k8s.io/v1",
                    "metadata": [
                        "name": .string(name), "namespace": .string(Self.leaseNamespace),
                        "ownerReferences": [
                            ["apiVersion": "v1", "kind": "Node", "name": .string(name), "uid": uid]
                        ],
                    ],
                    "spec": [
                        "holderIdentity": .string(name), "leaseDurationSeconds": JSON(Self.leaseSeconds),
                        "renewTime": time,
                    ],
                ])
        }
    }
}
